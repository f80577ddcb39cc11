const PROCS: &str = "4";

#[gmp::main(gomaxprocs = PROCS)]
fn main() {}
