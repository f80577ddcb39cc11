use gmp::select;

fn wait(rx: gmp::chan::Receiver<u32>, tx: gmp::chan::Sender<gmp::chan::Receiver<u32>>) {
    drop(tx);
    select! {
        v = <-rx => drop(v),
        tx <- rx => {}
    }
}

fn main() {}
