#[gmp::test]
async fn waits() {
    work().await;
}

pub async fn work() {}

fn main() {}
