use gmp::select;

fn wait(rx: &gmp::chan::Receiver<(u8, u8, u8)>) {
    select! {
        (x, y, z) = <-rx => println!("{}", x + y + z),
        default => {}
    }
}

fn main() {}
