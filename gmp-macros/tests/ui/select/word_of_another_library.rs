use gmp::select;

fn wait(tx: &gmp::chan::Sender<u32>, rx: &gmp::chan::Receiver<u32>) {
    select! {
        v = rx.recv() => println!("{v:?}"),
        tx.send(1) => println!("sent"),
        _ => println!("neither"),
    }
}

fn main() {}
