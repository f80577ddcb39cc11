#[gmp::main(stack_size = 8 * 1024)]
fn main() {}
