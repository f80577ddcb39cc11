#[gmp::main(gomaxprocs = 0, stack = 4, stack_size = 1, max_threads = "many")]
fn main() {}
