#[gmp::main(4)]
fn main() {}
