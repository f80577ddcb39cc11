use gmp::select;

fn wait(tx: &gmp::chan::Sender<u32>, rx: &gmp::chan::Receiver<u32>) {
    select! {
        tx <- <-rx => {}
        default => {}
    }
}

fn main() {}
