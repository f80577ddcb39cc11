#[gmp::main]
extern "C" fn main() {}
