//! How late goroutines run beside others that keep their P.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use gmp::time::sleep;
use gmp::{go, gosched};

use crate::print;
use crate::stretches::{Stretch, watch};

const SLICE: Duration = Duration::from_millis(10);
const TICK: Duration = Duration::from_millis(5);
const BLOCK: Duration = Duration::from_millis(10);

pub(crate) fn slice(name: &str, quick: bool) {
    gmp::gomaxprocs(1);
    let stop = Arc::new(AtomicBool::new(false));
    let hogs = [0, 1].map(|hog| {
        let stop = stop.clone();
        go!(move || (hog, watch(SLICE / 10, || stop.load(Relaxed))))
    });
    sleep(Duration::from_millis(if quick { 200 } else { 8_000 }));
    stop.store(true, Relaxed);

    let mut all: Vec<(usize, Stretch)> = Vec::new();
    for hog in hogs {
        let (hog, stretches) = hog.join().unwrap();
        all.extend(stretches.into_iter().map(|stretch| (hog, stretch)));
    }
    all.sort_by_key(|(_, stretch)| stretch.from);
    // The kernel may have run another program in between.
    all.dedup_by(|(next_hog, next), (hog, stretch)| {
        let same = next_hog == hog;
        if same {
            stretch.to = next.to;
        }
        same
    });
    // Without the first, in which hogs were being started, and the last, which was stopped.
    let turns: Vec<_> = all.windows(2).skip(1).map(|two| (two[0].1, two[1].1)).collect();
    let turns = &turns[..turns.len().saturating_sub(1)];
    let late = |(turn, next): &(Stretch, Stretch)| (next.from - turn.from).saturating_sub(SLICE);
    let handoff = |(turn, next): &(Stretch, Stretch)| next.from - turn.to;
    print::latencies(&format!("{name}/late"), turns.iter().map(late).collect());
    print::latencies(&format!("{name}/handoff"), turns.iter().map(handoff).collect());
}

pub(crate) fn ticker(name: &str, quick: bool) {
    gmp::gomaxprocs(1);
    let stop = Arc::new(AtomicBool::new(false));
    let hogs = [(); 6].map(|()| {
        let stop = stop.clone();
        go!(move || while !stop.load(Relaxed) {})
    });
    let (start, mut late) = (Instant::now(), Vec::new());
    let time = Duration::from_millis(if quick { 200 } else { 10_000 });
    while start.elapsed() < time {
        let due = Instant::now() + TICK;
        sleep(TICK);
        late.push(due.elapsed());
    }
    stop.store(true, Relaxed);
    for hog in hogs {
        hog.join().unwrap();
    }
    print::latencies(&format!("{name}/6_hogs"), late);
}

pub(crate) fn stall_unannotated(name: &str, quick: bool) {
    stall(name, quick, || thread::sleep(BLOCK));
}

pub(crate) fn stall_blocking(name: &str, quick: bool) {
    stall(name, quick, || gmp::blocking(|| thread::sleep(BLOCK)));
}

fn stall(name: &str, quick: bool, block: fn()) {
    gmp::gomaxprocs(1);
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    let hog = go!(move || watch(Duration::from_micros(10), || stopped.load(Relaxed)));
    let rounds = if quick { 10 } else { 300 };
    let neighbour = go! {
        let mut runs = Vec::with_capacity(rounds);
        for _ in 0..rounds {
            // By this it has the P, and keeps it when it blocks.
            gosched();
            let from = Instant::now();
            runs.push(Stretch { from, to: Instant::now() });
            block();
        }
        runs
    };
    let runs = neighbour.join().unwrap();
    stop.store(true, Relaxed);
    let stretches = hog.join().unwrap();

    let (mut stalls, mut blocked) = (Vec::new(), Vec::new());
    for two in stretches.windows(2) {
        let (pause, resumed) = (two[0].to, two[1].from);
        let block = runs.partition_point(|run| run.to <= pause);
        let Some(run) = runs.get(block).filter(|run| run.to < resumed) else {
            continue;
        };
        stalls.push((resumed - pause).saturating_sub(run.to - run.from));
        blocked.push(resumed - run.to);
    }
    print::latencies(name, stalls);
    print::latencies(&format!("{name}/blocked"), blocked);
}
