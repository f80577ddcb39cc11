#[gmp::main]
fn start() {}

fn main() {
    start();
}
