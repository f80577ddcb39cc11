//! The end of a locked goroutine is the end of its thread, and of what it did to it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use gmp::chan::bounded;
use gmp::{go, gomaxprocs, gosched, lock_os_thread, stats, unlock_os_thread};

use crate::support::within;
use crate::{PATIENCE, os, park};

fn alive(tid: u32) -> bool {
    Path::new(&format!("/proc/self/task/{tid}")).exists()
}

fn locked_tid(depth: usize) -> u32 {
    (0..depth).for_each(|_| lock_os_thread());
    gosched();
    os::tid()
}

/// However it ends: by returning, by a panic, by an exit.
pub(crate) fn ends() {
    for n in 0..30 {
        let (tell, told) = bounded(1);
        let handle = go!(move || {
            tell.send(locked_tid(1 + n % 2)).unwrap();
            match n % 3 {
                0 => {}
                1 => std::panic::panic_any(n),
                _ => gmp::goexit(),
            }
        });
        let tid = told.recv().unwrap();
        assert_eq!(handle.join().is_ok(), n % 3 == 0);
        assert!(within(PATIENCE, || !alive(tid)), "the thread of a locked one lives on");
    }
    assert!(gmp::num_threads() <= gomaxprocs(0) + 6, "{}", stats());
    // And there are others for those who come then.
    let handles: Vec<_> = (0..200).map(|n| go!(move || (park(n), n).1)).collect();
    handles.into_iter().enumerate().for_each(|(n, handle)| assert_eq!(handle.join().unwrap(), n));
}

pub(crate) fn unlocked_end() {
    for depth in [0, 1, 2] {
        let tid = go!(move || {
            let tid = locked_tid(depth);
            (0..depth).for_each(|_| unlock_os_thread());
            tid
        });
        // Its thread may have changed since, but none has ended: they are kept for seconds.
        let tid = tid.join().unwrap();
        (0..50).for_each(|n| park(n % 5));
        assert!(alive(tid), "a thread has ended after {depth} unlocks");
    }
}

/// The working directory of the calling thread, and its name, as the kernel sees them.
fn state() -> (PathBuf, String) {
    let directory = fs::read_link("/proc/thread-self/cwd").expect("/proc is mounted");
    let name = fs::read_to_string("/proc/thread-self/comm").expect("a name");
    (directory, name.trim().into())
}

/// A locked one changes what belongs to its thread: nobody else ever sees that, whether the
/// thread lives or has died, on old threads or on new ones.
pub(crate) fn taint() {
    let usual = state().0;
    for round in 0..5 {
        let (tell, told) = bounded(0);
        let (release, gate) = bounded::<()>(0);
        let tainted = go!(move || {
            lock_os_thread();
            let here = if os::own_working_directory() {
                std::env::set_current_dir("/proc").unwrap();
                PathBuf::from("/proc")
            } else {
                println!("a part is skipped: unshare is forbidden here");
                state().0
            };
            os::set_thread_name(c"tainted");
            tell.send(os::tid()).unwrap();
            let _ = gate.recv();
            // Children are started while it is what it is.
            let inherits = (0..10).map(|_| go!(|| state().0)).collect::<Vec<_>>();
            for child in inherits {
                assert_ne!(child.join().unwrap(), Path::new("/proc"));
            }
            assert_eq!(state(), (here, "tainted".into()));
        });
        let tid = told.recv().unwrap();
        clean(&usual);
        release.close();
        tainted.join().expect("its own state stays");
        assert!(within(PATIENCE, || !alive(tid)), "round {round}: the tainted thread lives on");
        clean(&usual);
    }
}

/// Looks from many goroutines at once, some of which need new threads.
fn clean(usual: &Path) {
    let looks: Vec<_> = (0..30)
        .map(|n| {
            go!(move || {
                park(n);
                if n % 2 == 0 {
                    thread::sleep(Duration::from_millis(1));
                }
                state()
            })
        })
        .collect();
    for look in looks {
        let (directory, name) = look.join().unwrap();
        assert_eq!(directory, usual, "of {name}");
        assert_ne!(name, "tainted");
    }
}

/// Threads that end while the world is stopped again and again.
pub(crate) fn exits_and_stops() {
    const STOPS: usize = 200;
    let stop = Arc::new(AtomicBool::new(false));
    let exits: Vec<_> = (0..2)
        .map(|_| {
            let stop = Arc::clone(&stop);
            go!(move || {
                let mut exits = 0;
                while !stop.load(SeqCst) {
                    go!(lock_os_thread()).join().unwrap();
                    exits += 1;
                }
                exits
            })
        })
        .collect();
    let procs = gomaxprocs(0);
    for n in 0..STOPS {
        gomaxprocs(1 + n % 4);
        gosched();
    }
    gomaxprocs(procs);
    stop.store(true, SeqCst);
    let exits: usize = exits.into_iter().map(|handle| handle.join().unwrap()).sum();
    println!("{exits} exits in {STOPS} stops");
    // Each ends a slice, so that who yields beside them has its turn: some 60 on each P, not
    // thousands.
    assert!((1..500 * STOPS).contains(&exits), "{exits} exits in {STOPS} stops");
    assert!(within(PATIENCE, || gmp::num_threads() <= procs.max(4) + 6), "{}", stats());
}
