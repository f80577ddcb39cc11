use gmp::select;

fn wait(rx: &gmp::chan::Receiver<u32>) {
    select! {
        v = <-rx => drop(v),
        default(100) => {}
    }
}

fn main() {}
