use gmp::go;

fn main() {
    go!(std::thread::yield_now);
}
