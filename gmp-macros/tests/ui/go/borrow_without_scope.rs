use gmp::go;

fn length(text: &str) -> usize {
    text.len()
}

fn main() {
    let text = String::from("local");
    go!(length(&text));
}
