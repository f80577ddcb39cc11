//! The stress of preemption: goroutines of all kinds that never yield, with known answers, and
//! a watchdog that knows how long each may go without progress.
//!
//! Half a minute in all; `GMP_STRESS_SECS` sets another time, and `GMP_TEST_SEED` the seed of
//! what is chosen at random. One child runs at a time: those that measure progress would
//! otherwise hinder each other.

mod cap;
mod jobs;
mod matrix;
#[path = "../preempt/os.rs"]
mod os;
mod ownership;
#[path = "../support/mod.rs"]
mod support;
mod watch;
#[path = "../preempt/work.rs"]
mod work;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use gmp::__private::{MainOptions, run_main};
use support::child::{Child, Ended, child, main, programs};
use support::{Random, watchdog_of};

#[test]
fn program() {
    programs(&[
        ("matrix", || main(matrix::matrix)),
        ("ownership", || main(ownership::ownership)),
        ("capped_hogs_end", || run_main(MainOptions::new().max_threads(limit()), cap::hogs_end)),
        ("capped_hogs", || run_main(MainOptions::new().max_threads(limit()), cap::hogs)),
    ]);
}

// --- how long, and what else the parent tells ----------------------------------------------

/// Milliseconds that a child is to run for.
const TIME: &str = "GMP_TEST_TIME";
/// The thread limit of a child.
const THREADS: &str = "GMP_TEST_THREADS";
/// A child has a watchdog of its own, so a long run is made of several.
const LONGEST: Duration = Duration::from_secs(20);

fn number(key: &str) -> Option<u64> {
    std::env::var(key).ok()?.parse().ok()
}

fn time() -> Duration {
    Duration::from_millis(number(TIME).expect("the parent says how long"))
}

fn limit() -> usize {
    number(THREADS).expect("the parent says how many") as usize
}

/// The part of the whole time that is `thirtieths` of it.
fn part(thirtieths: f64) -> Duration {
    let all = number("GMP_STRESS_SECS").unwrap_or(30);
    Duration::from_secs(all).mul_f64(thirtieths / 30.0)
}

/// Runs children for `time`, each with another seed.
fn run(time: Duration, random: &Random, child: impl Fn(u64) -> Child) -> Vec<Ended> {
    static ONE: Mutex<()> = Mutex::new(());
    let rounds = time.div_duration_f64(LONGEST).ceil();
    let each = time.div_f64(rounds).as_millis();
    let round = |_| {
        let seed = random.below(u64::MAX);
        println!("for {each} ms with seed {seed}");
        let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let _watchdog = watchdog_of(LONGEST * 3);
        let child = child(seed).env(TIME, each.to_string());
        let ended = child.env("GMP_TEST_SEED", seed.to_string()).run();
        ended.exits(0);
        ended
    };
    (0..rounds as usize).map(round).collect()
}

// --- the tests ----------------------------------------------------------------------------

#[test]
fn hogs_of_all_kinds() {
    let random = Random::new();
    for (procs, slice, arenas) in [
        (1, 10, Some(1)),
        (1, 1, Some(1)),
        (2, 10, Some(1)),
        (2, 1, None),
        (4, 10, None),
        (4, 1, Some(1)),
    ] {
        println!("GOMAXPROCS={procs}, slices of {slice} ms, arenas of malloc: {arenas:?}");
        let program = |_| {
            let child = child("matrix").procs(procs).debug(&format!("slice={slice}"));
            match arenas {
                Some(n) => child.env("MALLOC_ARENA_MAX", n.to_string()),
                None => child,
            }
        };
        for ended in run(part(3.5), &random, program) {
            println!("{}", ended.value("progress"));
            ended.prints("a line of a hog's");
        }
    }
}

#[test]
fn ps_that_are_claimed_all_the_time_have_one_owner_each() {
    let random = Random::new();
    for procs in [1, 2, 4] {
        let program =
            |seed| child("ownership").procs(procs).debug(&format!("randomclaims={}", seed % 1000));
        for ended in run(part(1.6), &random, program) {
            println!("GOMAXPROCS={procs}: {}", ended.value("done"));
        }
    }
}

#[test]
fn hogs_under_a_limit_of_threads() {
    let random = Random::new();
    let capped = |program: &'static str, procs: usize, threads: usize| {
        move |_| child(program).procs(procs).env(THREADS, threads.to_string())
    };
    for (procs, threads) in [(1, 1), (1, 2), (2, 4), (4, 5)] {
        println!("GOMAXPROCS={procs}, {threads} threads");
        run(part(0.5), &random, capped("capped_hogs_end", procs, threads));
    }
    for (procs, threads) in [(1, 6), (2, 6)] {
        println!("GOMAXPROCS={procs}, {threads} threads");
        for ended in run(part(1.2), &random, capped("capped_hogs", procs, threads)) {
            println!("{}", ended.value("started"));
        }
    }
}
