#[gmp::main(crate = "renamed")]
fn main() {}
