use gmp::select_biased;

fn wait(rx: &gmp::chan::Receiver<u32>) {
    select_biased! {
        biased;
        v = <-rx => drop(v),
    }
}

fn main() {}
