use gmp::select;

fn wait(rx: &gmp::chan::Receiver<u32>) {
    select! {
        closed(rx) => {}
        v = <-rx => drop(v),
    }
}

fn main() {}
