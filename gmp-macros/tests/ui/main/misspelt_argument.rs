#[gmp::main(gomaxproc = 4)]
fn main() {}
