use gmp::select;

fn wait(rx: &gmp::chan::Receiver<u32>) {
    select! {
        x := <-rx => println!("{x:?}"),
        v, ok = <-rx => println!("{v:?} {ok}"),
    }
}

fn main() {}
