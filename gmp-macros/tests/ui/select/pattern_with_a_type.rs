use gmp::select;

fn wait(rx: &gmp::chan::Receiver<u32>) {
    select! {
        v: u32 = <-rx => println!("{v}"),
        let v = <-rx => println!("{v:?}"),
    }
}

fn main() {}
