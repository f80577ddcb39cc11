#[gmp::main(gomaxprocs = 0)]
fn main() {}
