use gmp::select;

fn wait(tx: &gmp::chan::Sender<u32>, rx: &gmp::chan::Receiver<u32>) {
    select! {
        recv(rx) => println!("received"),
        send(tx, 1) => println!("sent"),
    }
}

fn main() {}
