#[gmp::test]
#[test]
fn runs() {}

fn main() {}
