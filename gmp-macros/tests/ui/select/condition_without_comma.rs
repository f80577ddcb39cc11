use gmp::select;

fn wait(tx: &gmp::chan::Sender<u32>, rx: &gmp::chan::Receiver<u32>) {
    let ready = true;
    select! {
        v = <-rx if ready => drop(v),
        tx <- 1, ready => {}
    }
}

fn main() {}
