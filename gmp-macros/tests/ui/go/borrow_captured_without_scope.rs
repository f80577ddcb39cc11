use gmp::go;

fn main() {
    let text = String::from("local");
    let borrowed = &text;
    go! { println!("{borrowed}") };
}
