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

/// What the kernel counts of a thread: nanoseconds on a CPU, and (after those it had to wait for
/// one) how often it got one.
const NS: usize = 0;
const TURNS: usize = 2;

/// How much the watcher's `count` grows in a nanosecond while this goroutine sleeps.
fn share(of: Duration, count: usize) -> f64 {
    let path = watcher();
    let used = || {
        let stat = fs::read_to_string(&path).expect("the thread lives");
        let number = stat.split_whitespace().nth(count);
        number.and_then(|number| number.parse::<u64>().ok()).expect("a number")
    };
    let (start, before) = (Instant::now(), used());
    sleep(of);
    (used() - before) as f64 / start.elapsed().as_nanos() as f64
}

/// The best of some rounds counts: the machine may have others to serve.
#[track_caller]
fn stays_below(most: f64, count: usize, round: Duration) {
    let mut shares = Vec::new();
    while shares.last().is_none_or(|&share| share > most) {
        assert!(shares.len() < 5, "{shares:?} a nanosecond; {}", gmp::stats());
        shares.push(share(round, count));
    }
    println!("{shares:?} a nanosecond");
}

/// With more hogs than Ps, so that it has something to do. `cargo bench --bench preempt` shows
/// less than one in a hundred; twice that is for other machines, and unoptimised builds.
pub(crate) fn busy() {
    let hogs = Hogs::mixed(gomaxprocs(0) + 2);
    hogs.all_get_on();
    stays_below(0.02, NS, Duration::from_secs(2));
    hogs.stop();
}

/// After work of all kinds: some twenty times, until it rests. (What each costs depends on who
/// else has used the CPU meanwhile.)
pub(crate) fn idle() {
    let hogs = Hogs::mixed(gomaxprocs(0) + 2);
    hogs.all_get_on();
    hogs.stop();
    let sleeper = go!(std::thread::sleep(Duration::from_millis(50)));
    sleeper.join().unwrap();
    stays_below(40e-9, TURNS, Duration::from_secs(1));
}
