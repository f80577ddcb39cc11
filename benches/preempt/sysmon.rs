//! What the thread that watches the others takes itself.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use gmp::go;
use gmp::time::sleep;

use crate::print;

const THREAD: &str = "gmp-sysmon";
const HOGS: usize = 3;

pub(crate) fn idle(name: &str, quick: bool) {
    // What starting up left to do is not idling.
    sleep(Duration::from_millis(100));
    shares(name, quick);
}

pub(crate) fn hogs(name: &str, quick: bool) {
    for procs in [1, 2] {
        gmp::gomaxprocs(procs);
        let stop = Arc::new(AtomicBool::new(false));
        let hogs = [(); HOGS].map(|()| {
            let stop = stop.clone();
            go!(move || while !stop.load(Relaxed) {})
        });
        shares(&format!("{name}/{procs}P"), quick);
        stop.store(true, Relaxed);
        for hog in hogs {
            hog.join().unwrap();
        }
    }
}

/// The thread's share of a core, over some windows.
fn shares(name: &str, quick: bool) {
    let window = Duration::from_millis(if quick { 50 } else { 1_000 });
    let (mut shares, mut wakes) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let (start, before) = (Instant::now(), figures());
        sleep(window);
        let (time, after) = (start.elapsed().as_secs_f64(), figures());
        shares.push((after.0 - before.0) as f64 / 1e9 / time * 100.0);
        wakes.push((after.1 - before.1) as f64 / time);
    }
    print::rounds(name, "% of a core", shares);
    print::rounds(&format!("{name}/wakes"), "sleeps/s", wakes);
}

/// The nanoseconds it ran, and how often it slept.
fn figures() -> (u64, u64) {
    let mut tasks = fs::read_dir("/proc/self/task").unwrap().map(|task| task.unwrap().path());
    let named = tasks.find(|task| {
        fs::read_to_string(task.join("comm")).is_ok_and(|name| name.trim_end() == THREAD)
    });
    let task = named.unwrap_or_else(|| panic!("there is no thread {THREAD}"));
    let times = fs::read_to_string(task.join("schedstat")).unwrap();
    let ran = times.split(' ').next().and_then(|time| time.parse().ok());
    let status = fs::read_to_string(task.join("status")).unwrap();
    let mut lines = status.lines();
    let slept = lines.find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    (ran.unwrap(), slept.unwrap().trim().parse().unwrap())
}
