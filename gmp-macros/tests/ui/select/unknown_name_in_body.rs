use gmp::select;

fn wait(rx: &gmp::chan::Receiver<u32>) {
    select! {
        a = <-rx => println!("{a:?} {unknown}"),
        b = rx => println!("{b:?}"),
    }
}

fn main() {}
