use std::rc::Rc;

use gmp::go;

fn main() {
    let rc = Rc::new(3);
    go! {
        let n = 1;
        println!("{rc} {n}");
    };
}
