use gmp::go;

fn main() {
    go!(String::new().lenght());
}
