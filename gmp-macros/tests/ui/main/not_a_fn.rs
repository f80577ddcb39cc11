#[gmp::main]
struct Main;

fn main() {
    drop(Main);
}
