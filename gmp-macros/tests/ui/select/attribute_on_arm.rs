use gmp::select;

fn wait(rx: &gmp::chan::Receiver<u32>) {
    select! {
        #[cfg(unix)]
        v = <-rx => drop(v),
        default => {}
    }
}

fn main() {}
