use gmp::select;

fn wait(tx: &gmp::chan::Sender<u32>, rx: &gmp::chan::Receiver<u32>) {
    select! {
        recieve(rx) -> v => println!("{v:?}"),
        sned(tx, 1) -> r => println!("{r:?}"),
        defualt => {}
    }
}

fn main() {}
