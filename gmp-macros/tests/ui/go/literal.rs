use gmp::go;

fn main() {
    let n: u8 = go!(42).join().unwrap();
    drop(n);
}
