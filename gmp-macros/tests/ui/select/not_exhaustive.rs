use gmp::select;

fn wait(rx: &gmp::chan::Receiver<u32>) {
    const FIVE: Option<u32> = Some(5);
    select! {
        None | FIVE = <-rx => {}
    }
}

fn main() {}
