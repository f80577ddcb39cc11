use gmp::select;

fn wait(tx: &gmp::chan::Sender<u32>) {
    select! {
        send(tx, 1, 2) -> result => drop(result),
    }
}

fn main() {}
