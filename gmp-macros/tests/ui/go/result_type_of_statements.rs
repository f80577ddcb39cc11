use gmp::go;

fn fib(n: u64) -> u64 {
    if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
}

fn main() {
    let h = go! {
        <u64>
        let n = fib(3);
        fib(n);
    };
    let n: u64 = h.join().unwrap();
    drop(n);
}
