#[gmp::test]
const fn runs() {}

fn main() {}
