use gmp::select;

fn wait() {
    let number = 5;
    select! {
        v = <-number => println!("{v:?}"),
        number <- 1 => {}
        default => {}
    }
}

fn main() {}
