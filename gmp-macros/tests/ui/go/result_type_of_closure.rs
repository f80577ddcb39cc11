use gmp::go;

fn main() {
    go!(<u64> || "three");
}
