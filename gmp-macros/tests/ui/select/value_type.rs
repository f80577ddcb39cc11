use gmp::select;

fn wait(tx: &gmp::chan::Sender<u32>, rx: &gmp::chan::Receiver<u32>) {
    select! {
        tx <- "one" => {}
        default => {}
    }
    select! {
        tx <- "one" => {}
        v = <-rx => drop(v),
    }
}

fn main() {}
