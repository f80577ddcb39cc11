use gmp::select;

fn wait(tx: &gmp::chan::Sender<u32>, rx: &gmp::chan::Receiver<u32>) {
    select! {
        case x := <-rx:
            println!("{x:?}");
        case x, ok := <-rx:
            println!("{x:?} {ok}")
        case <-rx:
            println!("something");
        case tx <- 5:
            println!("sent");
        default:
            println!("nothing");
    }
}

fn main() {}
