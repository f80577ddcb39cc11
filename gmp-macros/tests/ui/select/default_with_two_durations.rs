use gmp::select;

fn wait(rx: &gmp::chan::Receiver<u32>) {
    let ms = std::time::Duration::from_millis;
    select! {
        v = <-rx => drop(v),
        default(ms(1), ms(2)) => {}
    }
}

fn main() {}
