//! Starting goroutines and switching between them.

use std::mem::replace;

use gmp::prelude::*;

/// A group that is never freed: a goroutine that need not count its references is the
/// cheapest. Go's escapes to the heap as well.
pub(crate) fn forever() -> &'static WaitGroup {
    Box::leak(Box::default())
}

/// A hundred at a time start and end.
pub(crate) fn spawn_exit(n: u64) {
    const BATCH: i64 = 100;
    let wg = forever();
    for _ in 0..n / BATCH as u64 {
        wg.add(BATCH);
        for _ in 0..BATCH {
            go!(|| wg.done());
        }
        wg.wait();
    }
}

/// One at a time starts, and is joined.
pub(crate) fn spawn_join(n: u64) {
    for i in 0..n {
        assert_eq!(go!(move || i).join().unwrap(), i);
    }
}

/// Two take turns.
pub(crate) fn yielding(n: u64) {
    let wg = forever();
    wg.add(2);
    for _ in 0..2 {
        go! {
            for _ in 0..n / 2 {
                gosched();
            }
            wg.done();
        };
    }
    wg.wait();
}

/// Questions and answers.
pub(crate) fn ping_pong(n: u64) {
    let (ping, pinged) = bounded::<u64>(0);
    let (pong, ponged) = bounded(0);
    go! {
        for i in pinged {
            pong.send(i + 1).unwrap();
        }
    };
    for i in 0..n {
        ping.send(i).unwrap();
        assert_eq!(ponged.recv(), Ok(i + 1));
    }
}

/// A thousand pass a number round that each makes greater by one.
pub(crate) fn ring(n: u64) {
    const LINKS: usize = 1000;
    let laps = n / LINKS as u64;
    let (start, end) = bounded::<u64>(0);
    let wg = forever();
    wg.add(LINKS as i64 - 1);
    let mut input = end.clone();
    for _ in 1..LINKS {
        let (out, next) = bounded(0);
        let input = replace(&mut input, next);
        go! {
            relay(&input, &out, laps);
            wg.done();
        };
    }
    let last = start.clone();
    go! {
        relay(&input, &last, laps);
    };
    start.send(0).unwrap();
    // Once the first has ended, what the last sends is for us.
    wg.wait();
    assert_eq!(end.recv(), Ok(n));
}

fn relay(input: &Receiver<u64>, out: &Sender<u64>, laps: u64) {
    for _ in 0..laps {
        out.send(input.recv().unwrap() + 1).unwrap();
    }
}
