use gmp::select;

fn wait(all: &Vec<gmp::chan::Receiver<u32>>) {
    select! {
        v = <-all => println!("{v:?}"),
        default => {}
    }
}

fn main() {}
