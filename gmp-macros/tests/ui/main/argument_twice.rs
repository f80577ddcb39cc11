#[gmp::main(gomaxprocs = 4, max_threads = 100, gomaxprocs = 2)]
fn main() {}
