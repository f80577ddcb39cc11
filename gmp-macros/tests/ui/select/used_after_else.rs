use gmp::select;

fn wait(rx: &gmp::chan::Receiver<u32>) {
    select! {
        Some(v) = <-rx => println!("{v}"),
        else => println!("{v}"),
    }
}

fn main() {}
