use gmp::go;

struct Holder {
    f: fn(),
}

fn main() {
    let holder = Holder { f: || () };
    go!(holder.f);
}
