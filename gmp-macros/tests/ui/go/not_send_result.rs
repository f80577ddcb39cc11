use std::rc::Rc;

use gmp::go;

fn main() {
    let h = go!(Rc::new(3));
    let n = h.join().unwrap();
    println!("{n}");
}
