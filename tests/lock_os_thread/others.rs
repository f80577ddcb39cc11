//! Main, and plain threads.

use std::thread;

use gmp::chan::bounded;
use gmp::{Builder, go, lock_os_thread, unlock_os_thread};

use crate::stays;
use crate::support::join_thread;

/// It may end locked: the process ends, as ever.
pub(crate) fn of_main() {
    lock_os_thread();
    lock_os_thread();
    assert!(stays());
    unlock_os_thread();
    assert!(stays());
    println!("main is done");
}

pub(crate) fn main_panics() {
    lock_os_thread();
    panic!("main has had enough");
}

pub(crate) fn on_threads() {
    let plain = join_thread(thread::spawn(|| {
        unlock_os_thread();
        lock_os_thread();
        let (tx, rx) = bounded(0);
        go!(move || tx.send(1).unwrap());
        let got = rx.recv();
        unlock_os_thread();
        unlock_os_thread();
        got
    }));
    assert_eq!(plain, Ok(1));
    let named = Builder::new().name("locked").spawn(|| {
        lock_os_thread();
        stays()
    });
    assert!(named.unwrap().join().unwrap());
}
