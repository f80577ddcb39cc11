use gmp::select;

fn wait(rx: &gmp::chan::Receiver<u32>, other: Option<u8>) {
    select! {
        v = <-rx, if let Some(_) = other => drop(v),
        default => {}
    }
}

fn main() {}
