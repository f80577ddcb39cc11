use gmp::go;

fn fib(n: u64) -> u64 {
    if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
}

fn main() {
    let n = 3;
    let h = go!(<String> fib(n));
    let text: String = h.join().unwrap();
    drop(text);
}
