use gmp::go;

fn fib(n: u64) -> u64 {
    if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
}

fn main() {
    let n = 3;
    go!(|n: u64, m| fib(n + m));
    fib(n);
}
