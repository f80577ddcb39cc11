use gmp::select;

fn wait(mut rx: gmp::chan::Receiver<u32>, mut all: Vec<gmp::chan::Receiver<u32>>) {
    let other = &mut rx;
    let first = &mut all[0];
    select! {
        v = <-rx => drop(v),
        v = <-all[1] => drop(v),
        default => {}
    }
    drop((other, first));
}

fn main() {}
