use gmp::select;

fn wait(rx: &gmp::chan::Receiver<u32>) {
    select! {
        v = <-rx => v.,
        default => {}
    }
}

fn main() {}
