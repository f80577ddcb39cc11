#[gmp::main(crate = 3)]
fn main() {}
