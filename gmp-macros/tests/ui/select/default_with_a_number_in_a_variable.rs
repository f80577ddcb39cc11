use gmp::select;

fn wait(rx: &gmp::chan::Receiver<u32>) {
    let timeout = 100;
    select! {
        v = <-rx => drop(v),
        default(timeout) => {}
    }
}

fn main() {}
