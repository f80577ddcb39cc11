use gmp::select;

fn wait(rx: &gmp::chan::Receiver<u32>) {
    select! {
        v = <-rx => drop(v),
        after(std::time::Duration::ZERO) -> now => println!("{now:?}"),
    }
}

fn main() {}
