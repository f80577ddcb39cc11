#[gmp::test]
pub const N: u64 = 3;

fn main() {}
