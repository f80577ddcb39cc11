use gmp::go;

fn main() {
    gmp::scope(|s| {
        go!(s,);
    });
}
