use gmp::go;

fn main() {
    go!();
}
