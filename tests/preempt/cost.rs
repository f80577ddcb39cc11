//! What watching costs: the CPU time of the thread that does it.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use gmp::time::sleep;
use gmp::{go, gomaxprocs};

use crate::work::Hogs;

/// Where the kernel keeps the books of the one thread with that name.
fn watcher() -> PathBuf {
    let tasks = fs::read_dir("/proc/self/task").expect("/proc is mounted");
    let named = |path: &PathBuf| {
        fs::read_to_string(path.join("comm")).is_ok_and(|comm| comm.trim() == "gmp-sysmon")
    };
    let mut found = tasks.filter_map(|task| Some(task.ok()?.path())).filter(named);
    let path = found.next().expect("a thread named gmp-sysmon");
    assert!(found.next().is_none(), "more than one gmp-sysmon");
    path.join("schedstat")
}

/// The watcher's part of one CPU while this goroutine sleeps.
fn share(of: Duration) -> f64 {
    let path = watcher();
    let used = || {
        let stat = fs::read_to_string(&path).expect("the thread lives");
        stat.split(' ').next().and_then(|ns| ns.parse::<u64>().ok()).expect("a number")
    };
    let (start, before) = (Instant::now(), used());
    sleep(of);
    (used() - before) as f64 / start.elapsed().as_nanos() as f64
}

/// The best of some rounds counts: the machine may have others to serve.
#[track_caller]
fn stays_below(most: f64, round: Duration) {
    let mut shares = Vec::new();
    while shares.last().is_none_or(|&share| share > most) {
        assert!(shares.len() < 5, "{shares:?} of a CPU; {}", gmp::stats());
        shares.push(share(round));
    }
    println!("{shares:?} of a CPU");
}

/// With more hogs than Ps, so that it has something to do. `cargo bench --bench preempt` shows
/// less than one in a hundred; twice that is for other machines, and unoptimised builds.
pub(crate) fn busy() {
    let hogs = Hogs::mixed(gomaxprocs(0) + 2);
    hogs.all_get_on();
    stays_below(0.02, Duration::from_secs(2));
    hogs.stop();
}

/// After work of all kinds.
pub(crate) fn idle() {
    let hogs = Hogs::mixed(gomaxprocs(0) + 2);
    hogs.all_get_on();
    hogs.stop();
    let sleeper = go!(std::thread::sleep(Duration::from_millis(50)));
    sleeper.join().unwrap();
    stays_below(0.0005, Duration::from_secs(1));
}
