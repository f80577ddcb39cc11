#[gmp::main(max_thread_exit = true)]
fn main() {}
