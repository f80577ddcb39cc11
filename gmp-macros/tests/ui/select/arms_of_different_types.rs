use gmp::select;

fn wait(tx: &gmp::chan::Sender<u32>, rx: &gmp::chan::Receiver<u32>) -> u32 {
    select! {
        Some(v) = <-rx => v,
        tx <- 1 => "sent",
        else => 0,
    }
}

fn main() {}
