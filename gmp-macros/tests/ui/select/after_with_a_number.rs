use gmp::select;

fn wait(rx: &gmp::chan::Receiver<u32>) {
    select! {
        v = <-rx => drop(v),
        after(1.5) => {}
    }
}

fn main() {}
