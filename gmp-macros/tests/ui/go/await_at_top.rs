use gmp::go;

async fn future() {}

fn main() {
    go!(future().await);
}
