use gmp::go;

fn fib(n: u64) -> u64 {
    if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
}

fn main() {
    let name = String::from("n");
    go!(<name = name.as_str()> fib(3));
}
