#[gmp::test]
fn takes(n: u64) {
    assert_eq!(n, 3);
}

fn main() {}
