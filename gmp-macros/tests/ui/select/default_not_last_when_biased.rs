use gmp::select;

fn wait(rx: &gmp::chan::Receiver<u32>) {
    select! {
        biased;
        default => println!("nothing"),
        v = <-rx => drop(v),
    }
}

fn main() {}
