#[gmp::main(colour = "blue")]
fn main() {}
