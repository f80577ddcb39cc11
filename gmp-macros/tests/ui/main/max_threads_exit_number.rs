#[gmp::main(max_threads_exit = 500)]
fn main() {}
