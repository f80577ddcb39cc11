use gmp::select;

fn wait(rx: &gmp::chan::Receiver<u32>) {
    select! {
        Ok(v) = <-rx => println!("{v}"),
        else => {}
    }
    select! {
        Err(e) = <-rx => println!("{e}"),
        else => {}
    }
}

fn main() {}
