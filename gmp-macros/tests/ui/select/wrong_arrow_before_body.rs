use gmp::select;

fn wait(rx: &gmp::chan::Receiver<u32>) {
    select! {
        a = <-rx -> println!("{a:?}"),
        b = <-rx = println!("{b:?}"),
        c = <-rx; println!("{c:?}"),
        d = <-rx { println!("{d:?}") }
        recv(rx) -> e -> println!("{e:?}"),
    }
}

fn main() {}
