use gmp::go;

fn fib(n: u64) -> u64 {
    if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
}

fn main() {
    let h = go!(fib(30) + fib(31));
    assert!(h.join().unwrap() > 1);
}
