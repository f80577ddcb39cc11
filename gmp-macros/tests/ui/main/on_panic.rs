#[gmp::main(on_panic = "explode")]
fn main() {}
