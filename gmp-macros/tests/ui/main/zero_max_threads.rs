#[gmp::main(max_threads = 0)]
fn main() {}
