use gmp::select;

fn wait(tx: &gmp::chan::Sender<u32>) {
    select! {
        tx <- => {}
        send(tx) -> result => drop(result),
    }
}

fn main() {}
