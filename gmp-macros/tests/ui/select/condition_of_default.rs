use gmp::select;

fn wait(rx: &gmp::chan::Receiver<u32>) {
    let ready = true;
    select! {
        Some(v) = <-rx => println!("{v}"),
        default, if ready => {}
        else, if ready => {}
    }
}

fn main() {}
