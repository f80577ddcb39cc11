//! A locked goroutine has its thread for itself.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use gmp::chan::bounded;
use gmp::{JoinHandle, go, gomaxprocs, gosched, lock_os_thread, stats, unlock_os_thread};

use crate::support::{spin_until, within};
use crate::{Noise, PATIENCE, os, park, stays};

/// Many locked ones at once: all on threads of their own, where nobody else ever runs.
pub(crate) fn own_thread() {
    const LOCKED: usize = 12;
    let _noise = Noise::start();
    let (tell, told) = bounded(LOCKED);
    let (release, gate) = bounded::<()>(0);
    let locked: Vec<JoinHandle<bool>> = (0..LOCKED)
        .map(|_| {
            let (tell, gate) = (tell.clone(), gate.clone());
            go!(move || {
                lock_os_thread();
                tell.send(os::tid()).unwrap();
                let _ = gate.recv();
                let stays = stays();
                unlock_os_thread();
                stays
            })
        })
        .collect();
    let taken: BTreeSet<u32> = (0..LOCKED).map(|_| told.recv().unwrap()).collect();
    assert_eq!(taken.len(), LOCKED, "two on one thread: {taken:?}");
    assert!(within(PATIENCE, || stats().blocked_threads == LOCKED), "{}", stats());
    for _ in 0..300 {
        let place = go!(|| (0..3).map(|n| (park(n), os::tid()).1).collect::<Vec<_>>());
        let places = place.join().unwrap();
        assert!(!places.iter().any(|tid| taken.contains(tid)), "{places:?} on one of {taken:?}");
    }
    release.close();
    assert!(locked.into_iter().all(|handle| handle.join().unwrap()));
}

pub(crate) fn children_elsewhere() {
    let _noise = Noise::start();
    let locked = go!(|| {
        lock_os_thread();
        let home = os::tid();
        for n in 0..100 {
            let child = go!(move || (park(n), os::tid()).1);
            if n % 3 == 0 {
                gosched();
            }
            assert_ne!(child.join().unwrap(), home);
            assert_eq!(os::tid(), home);
        }
        let on_scope = gmp::scope(|s| s.spawn(os::tid).join().unwrap());
        assert_ne!(on_scope, home);
        unlock_os_thread();
    });
    locked.join().expect("children run elsewhere");
}

/// Both ends locked, one end, none: each hand-over of a locked one needs two threads.
pub(crate) fn ping_pong() {
    const ROUNDS: u32 = 500;
    for (left, right) in [(true, true), (true, false), (false, true)] {
        let (ping, pinged) = bounded(0);
        let (pong, ponged) = bounded(0);
        let answers = go!(move || {
            if right {
                lock_os_thread();
            }
            let home = os::tid();
            for n in pinged.iter() {
                assert!(!right || os::tid() == home);
                pong.send(n + 1).unwrap();
            }
        });
        let asks = go!(move || {
            if left {
                lock_os_thread();
            }
            let home = os::tid();
            for n in 0..ROUNDS {
                ping.send(n).unwrap();
                assert_eq!(ponged.recv(), Ok(n + 1));
                assert!(!left || os::tid() == home);
            }
        });
        asks.join().unwrap();
        answers.join().unwrap();
    }
}

pub(crate) fn beside_hogs() {
    let stop = Arc::new(AtomicBool::new(false));
    let hogs: Vec<_> = (0..=gomaxprocs(0))
        .map(|n| {
            let stop = Arc::clone(&stop);
            go!(move || {
                if n == 0 {
                    lock_os_thread();
                }
                let home = os::tid();
                spin_until(|| {
                    assert_eq!(os::tid(), home);
                    stop.load(SeqCst)
                })
            })
        })
        .collect();
    let locked = go!(|| {
        lock_os_thread();
        stays()
    });
    assert!(locked.join().unwrap());
    assert!(within(PATIENCE, || stats().preemptions > 0), "{}", stats());
    stop.store(true, SeqCst);
    hogs.into_iter().for_each(|hog| assert!(hog.join().unwrap() > 0));
}
