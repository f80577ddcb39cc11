use std::rc::Rc;

use gmp::go;

fn main() {
    let rc = Rc::new(String::new());
    go!(rc.len());
}
