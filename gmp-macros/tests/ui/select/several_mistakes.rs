use gmp::select;

fn wait(tx: &gmp::chan::Sender<u32>, rx: &gmp::chan::Receiver<u32>) {
    select! {
        a = rx => println!("{a:?}"),
        Ok(b) = <-rx => println!("{b}"),
        tx <- => println!("sent"),
        c = <-rx => println!("{c:?}"),
        timeout(1) => println!("late"),
        default => {}
        default => {}
    }
}

fn main() {}
