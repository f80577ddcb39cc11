#[gmp::test(crate = "not a path")]
fn runs() {}

fn main() {}
