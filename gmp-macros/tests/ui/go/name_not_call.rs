use gmp::go;

fn work() {}

fn main() {
    let h = go!(work);
    h.join().unwrap();
}
