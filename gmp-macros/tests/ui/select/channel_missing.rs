use gmp::select;

fn wait() {
    select! {
        v = <- => drop(v),
        recv() -> v => drop(v),
    }
}

fn main() {}
