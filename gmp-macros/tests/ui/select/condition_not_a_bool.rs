use gmp::select;

fn wait(rx: &gmp::chan::Receiver<u32>) {
    let ready = 1;
    select! {
        v = <-rx, if ready => drop(v),
        <-rx => {}
    }
}

fn main() {}
