//! What watching costs: how often the thread that does it wakes. What a turn takes depends on
//! who else uses the machine; `cargo bench --bench preempt` measures that.

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

/// How often the watcher gets a CPU in a second, while this goroutine sleeps for one.
fn turns() -> f64 {
    let path = watcher();
    let count = || {
        let stat = fs::read_to_string(&path).expect("the thread lives");
        // After nanoseconds on a CPU, and those of waiting for one.
        let number = stat.split_whitespace().nth(2);
        number.and_then(|number| number.parse::<u64>().ok()).expect("a number")
    };
    let (start, before) = (Instant::now(), count());
    sleep(Duration::from_secs(1));
    (count() - before) as f64 / start.elapsed().as_secs_f64()
}

/// The best of some rounds counts: the machine may have others to serve.
#[track_caller]
fn stays_below(most: f64) {
    let mut rounds = Vec::new();
    while rounds.last().is_none_or(|&turns| turns > most) {
        assert!(rounds.len() < 5, "{rounds:?} turns a second; {}", gmp::stats());
        rounds.push(turns());
    }
    println!("{rounds:?} turns a second");
}

/// With more hogs than Ps, so that it has something to do: 200 to 450 turns of some 30
/// microseconds. That is a hundredth of one CPU.
pub(crate) fn busy() {
    let hogs = Hogs::mixed(gomaxprocs(0) + 2);
    hogs.all_get_on();
    stays_below(1000.0);
    hogs.stop();
}

/// After work of all kinds: some twenty times, until it rests.
pub(crate) fn idle() {
    let hogs = Hogs::mixed(gomaxprocs(0) + 2);
    hogs.all_get_on();
    hogs.stop();
    let sleeper = go!(std::thread::sleep(Duration::from_millis(50)));
    sleeper.join().unwrap();
    stays_below(40.0);
}
