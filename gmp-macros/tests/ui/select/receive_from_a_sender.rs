use gmp::select;

fn wait(tx: &gmp::chan::Sender<u32>) {
    select! {
        v = <-tx => println!("{v:?}"),
        default => {}
    }
}

fn main() {}
