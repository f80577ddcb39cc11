//! The goroutines of futures: what they are called, and where they come from.

use std::future::ready;

use gmp::{Builder, spawn_future};

use crate::support::watchdog;

/// As a dump or a panic would say it.
#[gmp::test]
fn names_and_results() {
    let _watchdog = watchdog();
    let name = || async { gmp::current().unwrap().name().map(str::to_owned) };
    assert_eq!(spawn_future(name()).join().unwrap(), None);
    let named = Builder::new().name("future").spawn_future(name()).unwrap();
    assert_eq!(named.name(), Some("future"));
    assert_eq!(named.join().unwrap().as_deref(), Some("future"));
    let owned = Builder::new().name(format!("future {}", 2)).spawn_future(name()).unwrap();
    assert_eq!(owned.join().unwrap().as_deref(), Some("future 2"));
    // What is no future yet, but becomes one.
    assert_eq!(spawn_future(spawn_future(ready(1))).join().unwrap().unwrap(), 1);
    let large = [7_u8; 100_000];
    assert_eq!(spawn_future(async move { large }).join().unwrap(), large);
    let error = Builder::new().stack_size(1).spawn_future(ready(())).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
}

/// Lines of this file, below, where futures are spawned.
const SITES: [u32; 2] = [36, 38];

pub(crate) fn lines() -> [String; 2] {
    SITES.map(|line| format!("spawned at tests/futures/names.rs:{line}:"))
}

pub(crate) fn spawn_sites() {
    let first = spawn_future(async { panic!("first") });
    let second = Builder::new().name("second");
    let second = second.spawn_future(async { panic!("second") }).unwrap();
    let payloads: [Box<dyn std::any::Any + Send>; 2] =
        [first.join().unwrap_err(), second.join().unwrap_err()];
    for (payload, text) in payloads.into_iter().zip(["first", "second"]) {
        assert_eq!(*payload.downcast::<&str>().unwrap(), text);
    }
}
