#[gmp::test(gomaxprocs = 4)]
fn runs() {}

fn main() {}
