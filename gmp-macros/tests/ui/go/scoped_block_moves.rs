use gmp::go;

fn main() {
    let text = String::from("local");
    gmp::scope(|s| {
        go!(s, { text.len() });
    });
    println!("{text}");
}
