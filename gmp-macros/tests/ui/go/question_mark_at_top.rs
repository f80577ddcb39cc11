use gmp::go;

fn main() {
    let h = go!("5".parse::<u64>()?);
    let n: u64 = h.join().unwrap();
    drop(n);
}
