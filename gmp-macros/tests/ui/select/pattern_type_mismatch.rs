use gmp::select;

fn wait(rx: &gmp::chan::Receiver<u32>) {
    select! {
        Some("one") = <-rx => {}
        else => {}
    }
}

fn main() {}
