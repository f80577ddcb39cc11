use gmp::select;

fn wait(tx: &gmp::chan::Sender<u32>, rx: &gmp::chan::Receiver<u32>) {
    select! {
        v = <-rx => drop(v),
        biased;
        tx <- 1 => {}
    }
}

fn main() {}
