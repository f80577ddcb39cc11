use gmp::go;

fn main() {
    loop {
        go!(break);
    }
}
