use gmp::select;

fn wait(tx: &gmp::chan::Sender<u32>, rx: &gmp::chan::Receiver<u32>) {
    select! {
        Some(v) = <-rx => println!("{v}"),
        else => println!("closed"),
        tx <- 1 => {}
    }
}

fn main() {}
