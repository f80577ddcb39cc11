use gmp::select;

fn wait(rx: &gmp::chan::Receiver<u32>) {
    select! {
        rx <- 1 => {}
        default => {}
    }
}

fn main() {}
