use gmp::go;

fn main() {
    let text = String::new();
    go!(<u64> text.len());
}
