use gmp::select;

fn wait(rx: &gmp::chan::Receiver<u32>) {
    select! {
        biased,
        v = <-rx => drop(v),
    }
}

fn main() {}
