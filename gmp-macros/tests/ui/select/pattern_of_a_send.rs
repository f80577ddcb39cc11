use gmp::select;

fn wait(tx: &gmp::chan::Sender<u32>) {
    select! {
        Ok(()) = tx <- 1 => {}
        send(tx, 1) -> Err(e) => println!("{e}"),
    }
}

fn main() {}
