use std::rc::Rc;

use gmp::go;

fn show(rc: Rc<u8>) {
    println!("{rc}");
}

fn main() {
    let rc = Rc::new(3);
    go!(show(rc));
}
