//! Locks and unlocks are counted.

use gmp::{JoinHandle, go, gosched, lock_os_thread, unlock_os_thread};

use crate::{Noise, moves, stays};

pub(crate) fn nesting() {
    let _noise = Noise::start();
    let handles: Vec<JoinHandle<()>> = (1..=4)
        .map(|depth| {
            go!(move || {
                (0..depth).for_each(|_| lock_os_thread());
                for left in (1..=depth).rev() {
                    assert!(stays(), "moved with {left} of {depth} locks held");
                    unlock_os_thread();
                }
                // And once more.
                lock_os_thread();
                assert!(stays());
                unlock_os_thread();
            })
        })
        .collect();
    handles.into_iter().for_each(|handle| handle.join().expect("it stays"));
}

/// On one P, too: who is put back into the queue is found by another thread when one blocks.
pub(crate) fn unpinned() {
    let _noise = Noise::start();
    for depth in [0, 1, 2] {
        let free = go!(move || {
            (0..depth).for_each(|_| lock_os_thread());
            gosched();
            (0..depth).for_each(|_| unlock_os_thread());
            moves()
        });
        assert!(free.join().unwrap(), "stays after {depth} unlocks");
    }
}

pub(crate) fn surplus_unlocks() {
    let _noise = Noise::start();
    let handle = go!(|| {
        unlock_os_thread();
        unlock_os_thread();
        lock_os_thread();
        assert!(stays(), "an unlock counted before the lock");
        unlock_os_thread();
        (0..3).for_each(|_| unlock_os_thread());
        lock_os_thread();
        assert!(stays(), "an unlock counted behind the last one");
        unlock_os_thread();
    });
    handle.join().unwrap();
    // One that is pinned for another reason stays so.
    let pinned = go!(<pinned = true> {
        lock_os_thread();
        unlock_os_thread();
        unlock_os_thread();
        stays()
    });
    assert!(pinned.join().unwrap());
}
