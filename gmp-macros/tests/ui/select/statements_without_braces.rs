use gmp::select;

fn wait(rx: &gmp::chan::Receiver<u32>) {
    select! {
        v = <-rx => println!("got"); drop(v),
        default => {}
    }
}

fn main() {}
