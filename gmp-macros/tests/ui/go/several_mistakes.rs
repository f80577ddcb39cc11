use gmp::go;

fn fib(n: u64) -> u64 {
    if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
}

fn main() {
    go!(<pinned = "yes", prio = 1, stack = 12> fib(3));
}
