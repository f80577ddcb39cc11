#[gmp::main]
unsafe fn main() {}
