use gmp::select;

fn wait(tx: &gmp::chan::Sender<u32>, rx: &gmp::chan::Receiver<u32>) {
    select! {
        v = <-rx => println!("{v:?}")
        <-rx => println!("again")
        tx <- 1 => println!("sent")
        default => println!("neither")
    }
}

fn main() {}
