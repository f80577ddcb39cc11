#[gmp::main(gomaxprocs)]
fn main() {}
