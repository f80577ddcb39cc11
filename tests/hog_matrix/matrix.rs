//! All kinds of goroutines at once, and some of them several times.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gmp::{JoinHandle, go, gomaxprocs, stats};

use crate::jobs::{JOBS, Job, Shared, Wanted, Weight};
use crate::support::{Random, join_thread};
use crate::watch::{All, Watched};
use crate::{time, work};

/// Chosen at random besides one of each kind.
const EXTRA: u64 = 6;

/// How long a unit of `job` may take among `goroutines`.
///
/// A round, a slice for each, takes `goroutines` slices of a P. What is light gets on once a
/// round, or waits for the holder of a lock who gets on once a round, and for the holders
/// before that one: four. What is heavy blocks up to ten times in a unit and waits for its
/// turn each time. The second besides is for the machine.
fn bound(job: &Job, goroutines: usize) -> Duration {
    let slices = (goroutines / gomaxprocs(0).min(gmp::num_cpu()) + 1) as u32;
    let round = Duration::from_millis(11) * slices;
    let second = Duration::from_secs(1);
    match job.weight {
        Weight::Prompt => second,
        Weight::Light => second + 4 * round,
        Weight::Heavy => second + 12 * round,
    }
}

/// How long the prompt ones' units took, in microseconds.
static TOOK: Mutex<Vec<u64>> = Mutex::new(Vec::new());

fn percentiles() -> String {
    let mut took = TOOK.lock().unwrap();
    took.sort_unstable();
    let part = |n: usize| took[(took.len() - 1) * n / 1_000];
    format!("{} / {} / {}", part(500), part(990), part(1_000))
}

fn live(all: &All, me: usize, job: &Job, shared: &Shared) {
    let Watched { units, .. } = &all.watched[me];
    let mut n = me as u64 * 1_000;
    while !all.stop.load(Relaxed) {
        let start = Instant::now();
        (job.unit)(shared, n);
        if job.weight == Weight::Prompt {
            TOOK.lock().unwrap().push(start.elapsed().as_micros() as u64);
        }
        n += 1;
        units.fetch_add(1, Relaxed);
    }
    all.watched[me].ended.store(true, Relaxed);
}

/// One of each kind, and some at random; or those that `GMP_STRESS_JOBS` names, by hand.
fn chosen() -> Vec<&'static Job> {
    if let Ok(names) = std::env::var("GMP_STRESS_JOBS") {
        let named = |name| JOBS.iter().find(|job| job.name == name).expect("a job's name");
        return names.split(',').map(named).collect();
    }
    let random = Random::new();
    let extra = (0..EXTRA).map(|_| &JOBS[random.below(JOBS.len() as u64) as usize]);
    JOBS.iter().chain(extra).collect()
}

pub(crate) fn matrix() {
    work::prepare();
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !info.payload().is::<Wanted>() {
            usual(info);
        }
    }));
    let jobs = chosen();
    let watched = jobs.iter().enumerate().map(|(n, job)| Watched {
        name: format!("{n} {}", job.name),
        units: AtomicU64::new(0),
        ended: AtomicBool::new(false),
        bound: bound(job, jobs.len()),
    });
    let all = Arc::new(All { stop: AtomicBool::new(false), watched: watched.collect() });
    let shared = Arc::new(Shared::default());
    let watchdog = all.watch();
    let start = |(n, job): (usize, &&'static Job)| {
        let (all, shared, job) = (Arc::clone(&all), Arc::clone(&shared), *job);
        go!(move || live(&all, n, job, &shared))
    };
    let handles: Vec<JoinHandle<()>> = jobs.iter().enumerate().map(start).collect();
    gmp::time::sleep(time());
    all.stop.store(true, Relaxed);
    for (n, handle) in handles.into_iter().enumerate() {
        assert!(handle.join().is_ok(), "{} has failed", all.watched[n].name);
        assert!(all.watched[n].units.load(Relaxed) > 0, "nothing done by {all}");
    }
    join_thread(watchdog);
    let now = stats();
    println!(
        "\nprogress={all}; us a tick (p50 / p99 / most): {}; {} preemptions, {} hand-offs, \
         {} threads",
        percentiles(),
        now.preemptions,
        now.handoffs,
        now.threads,
    );
    assert!(now.preemptions > 0, "{now}");
}
