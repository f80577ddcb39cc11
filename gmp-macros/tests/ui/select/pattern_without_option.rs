use gmp::select;

enum Event {
    Quit,
    Key(char),
}

fn wait(events: &gmp::chan::Receiver<Event>) {
    select! {
        Event::Quit = <-events => {}
        Event::Key(key) = <-events => println!("{key}"),
        else => {}
    }
}

fn main() {}
