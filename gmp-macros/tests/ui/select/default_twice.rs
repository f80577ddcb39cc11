use gmp::select;

fn wait(rx: &gmp::chan::Receiver<u32>) {
    select! {
        v = <-rx => drop(v),
        default => println!("first"),
        default(std::time::Duration::ZERO) => println!("second"),
    }
}

fn main() {}
