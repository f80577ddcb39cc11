use gmp::go;

fn main() {
    let text = String::from("local");
    go! { println!("{text}") };
    println!("{text}");
}
