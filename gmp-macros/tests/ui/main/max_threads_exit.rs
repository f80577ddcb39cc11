#[gmp::main(max_threads = 500, max_threads_exit = "yes")]
fn main() {}
