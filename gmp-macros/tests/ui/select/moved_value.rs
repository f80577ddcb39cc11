use gmp::select;

fn wait(texts: &gmp::chan::Sender<String>) {
    let text = String::from("text");
    select! {
        texts <- text => {}
        default => println!("{text}"),
    }
}

fn main() {}
