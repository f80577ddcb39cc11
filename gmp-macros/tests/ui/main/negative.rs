#[gmp::main(max_threads = -1)]
fn main() {}
