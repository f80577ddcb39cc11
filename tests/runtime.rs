//! The runtime as a whole: starting it, time, its numbers, and that it rests when there is
//! nothing to do.
//!
//! Each program is a process of its own.
#![expect(unsafe_code, reason = "starting a runtime signs its contract")]

mod support;

use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use gmp::chan::bounded;
use gmp::time::sleep;
use gmp::{JoinHandle, Runtime, Stats, go, gosched, stats};
use support::child::{child, main, programs};
use support::{Random, join_thread, process, spin_until, until, watchdog, within};

#[test]
fn program() {
    programs(&[
        ("without_runtime", without_runtime),
        ("started_twice", started_twice),
        ("embedded", embedded),
        ("counts", || main(counts)),
        ("accuracy", || main(accuracy)),
        ("sleepers", || main(sleepers)),
        ("zero", || main(zero)),
        ("for_ever", || main(for_ever)),
        ("alone", || main(alone)),
        ("beside_a_hog", || main(beside_a_hog)),
        ("rest", || main(rest)),
    ]);
}

// --- starting -----------------------------------------------------------------------------

fn without_runtime() -> ExitCode {
    let failed =
        catch_unwind(|| go!(|| ()).id()).is_err() && catch_unwind(|| gmp::gomaxprocs(0)).is_err();
    assert!(gmp::current().is_none());
    assert_eq!(gmp::num_goroutine(), 0);
    if failed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[test]
fn without_a_runtime_the_message_names_the_ways_to_start_one() {
    let _watchdog = watchdog();
    let ended = child("without_runtime").run();
    ended.exits(0).reports("#[gmp::main]").reports("#[gmp::test]").reports("Runtime::builder()");
}

fn started_twice() -> ExitCode {
    assert_eq!(stats(), Stats::default());
    for wrong in [
        Runtime::builder().gomaxprocs(0),
        Runtime::builder().gomaxprocs(65_537),
        Runtime::builder().max_threads(0),
        Runtime::builder().stack_size(16 * 1024 - 1),
        Runtime::builder().stack_size((1 << 30) + 1),
    ] {
        // SAFETY: nothing thread-bound is held across a park in this program.
        let error = unsafe { wrong.start() }.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
    let builder = Runtime::builder().gomaxprocs(3).max_threads(77).stack_size(40_000);
    // SAFETY: as above.
    let rt = unsafe { builder.start() }.unwrap();
    assert_eq!((gmp::gomaxprocs(0), gmp::set_max_threads(5)), (3, 77));
    for _ in 0..3 {
        // SAFETY: as above.
        let error = unsafe { Runtime::builder().gomaxprocs(7).start() }.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert!(error.to_string().contains("already"), "{error}");
    }
    assert_eq!(gmp::gomaxprocs(0), 3);
    // 40,000 was rounded up to a power of two.
    let stack = || usize::try_from(stats().stack_bytes_in_use).unwrap();
    assert_eq!(rt.block_on_goroutine(stack), 65_536);
    ExitCode::SUCCESS
}

#[test]
fn a_process_has_one_runtime() {
    let _watchdog = watchdog();
    child("started_twice").run().exits(0);
}

fn embedded() -> ExitCode {
    // SAFETY: nothing thread-bound is held across a park in this program.
    let rt = unsafe { Runtime::builder().start() }.unwrap();
    let text = String::from("borrowed");
    assert_eq!(rt.block_on_goroutine(|| (text.len(), gmp::current().is_some())), (8, true));
    let caught = catch_unwind(AssertUnwindSafe(|| rt.block_on_goroutine(|| panic!("as wanted"))));
    assert_eq!(*caught.unwrap_err().downcast::<&str>().unwrap(), "as wanted");
    // From several threads, and from goroutines.
    thread::scope(|threads| {
        for n in 0..4_u64 {
            let rt = &rt;
            threads.spawn(move || {
                assert_eq!(rt.block_on_goroutine(|| fib(rt, 8 + n)), [21, 34, 55, 89][n as usize]);
            });
        }
    });
    // Dropping it stops nothing.
    let (tx, rx) = bounded(0);
    go!(move || (0..10).for_each(|n| tx.send(n).unwrap()));
    let _ = rt;
    assert_eq!(rx.iter().sum::<u32>(), 45);
    ExitCode::SUCCESS
}

fn fib(rt: &Runtime, n: u64) -> u64 {
    if n < 2 { n } else { rt.block_on_goroutine(|| fib(rt, n - 1)) + fib(rt, n - 2) }
}

#[test]
fn threads_wait_for_goroutines() {
    let _watchdog = watchdog();
    for procs in [1, 4] {
        child("embedded").procs(procs).run().exits(0);
    }
}

// --- numbers ------------------------------------------------------------------------------

/// Parked goroutines to be counted.
const PARKED: usize = 50;

fn counts() {
    assert_eq!(gmp::num_goroutine(), 1);
    let before = stats();
    assert_eq!((before.goroutines, before.running, before.waiting), (1, 1, 0), "{before}");
    let (tx, rx) = bounded::<()>(0);
    let handles: Vec<_> = (0..PARKED)
        .map(|_| {
            let rx = rx.clone();
            go!(move || rx.recv_ok())
        })
        .collect();
    until(|| rx.waiting_receivers() == PARKED);
    assert_eq!(gmp::num_goroutine(), 1 + PARKED);
    // An M may still be on its way to sleep.
    assert!(within(Duration::from_secs(10), || stats().idle_procs == 3), "{}", stats());
    let now = stats();
    assert_eq!((now.gomaxprocs, now.local_queues.as_slice()), (4, &[0; 4][..]), "{now}");
    assert_eq!((now.goroutines, now.running, now.runnable), (1 + PARKED, 1, 0), "{now}");
    assert_eq!((now.waiting, now.global_queue), (PARKED, 0), "{now}");
    assert_eq!(now.spawned - before.spawned, PARKED as u64, "{now}");
    assert!(now.switches >= before.switches + PARKED as u64, "{now}");
    assert_eq!(now.steals, now.steals_by_proc.iter().sum::<u64>(), "{now}");
    assert_eq!((now.threads, now.blocked_threads), (gmp::num_threads(), 0), "{now}");
    // The Ps', a few spares, and what a busy machine makes besides.
    assert!((1..=16).contains(&now.threads) && now.threads_created <= now.threads as u64, "{now}");
    assert!(now.idle_threads < now.threads, "{now}");
    let stacks = now.stack_bytes_in_use - before.stack_bytes_in_use;
    assert_eq!(stacks, PARKED as u64 * gmp::DEFAULT_STACK_SIZE as u64, "{now}");
    let text = now.to_string();
    for part in ["procs 4 (3 idle)", "goroutines 51 (1 running, 0 runnable, 50 waiting)"] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    tx.close();
    handles.into_iter().for_each(|handle| assert_eq!(handle.join().unwrap(), (None, false)));
    assert!(within(Duration::from_secs(10), || gmp::num_goroutine() == 1), "{}", stats());
    let stacks = || stats().stack_bytes_in_use == before.stack_bytes_in_use;
    assert!(within(Duration::from_secs(10), stacks), "{} after {before}", stats());
}

#[test]
fn the_numbers_are_right_when_all_is_quiet() {
    let _watchdog = watchdog();
    child("counts").procs(4).run().exits(0);
}

// --- time ---------------------------------------------------------------------------------

fn late(wanted: Duration) -> Duration {
    let start = Instant::now();
    sleep(wanted);
    let slept = start.elapsed();
    assert!(slept >= wanted, "woke after {slept:?} of {wanted:?}");
    slept - wanted
}

#[gmp::test]
fn a_sleep_is_never_short() {
    let _watchdog = watchdog();
    let random = Arc::new(Random::new());
    let sleeps = |random: Arc<Random>| {
        (0..20).for_each(|_| _ = late(Duration::from_nanos(random.below(4_000_000))));
    };
    let handles: Vec<_> = (0..100).map(|_| go!(sleeps(Arc::clone(&random)))).collect();
    join_thread(thread::spawn(move || sleeps(random)));
    handles.into_iter().for_each(|handle| handle.join().unwrap());
}

/// The best of some rounds counts: the machine may have others to serve.
fn accuracy() {
    const ROUNDS: usize = 20;
    let mut medians = Vec::new();
    for _ in 0..ROUNDS {
        let mut lateness: Vec<_> = (0..50).map(|_| late(Duration::from_millis(2))).collect();
        lateness.sort_unstable();
        medians.push(lateness[25]);
        if lateness[25] < Duration::from_millis(1) {
            println!("late by {medians:?}");
            return;
        }
    }
    panic!("late by {medians:?}");
}

#[test]
fn a_sleep_is_less_than_a_millisecond_late() {
    let _watchdog = watchdog();
    for procs in [1, 2] {
        child("accuracy").procs(procs).run().exits(0);
    }
}

fn sleepers() {
    const SLEEPERS: usize = 10_000;
    let handles: Vec<JoinHandle<()>> =
        (0..SLEEPERS).map(|n| go!(sleep(Duration::from_millis(300 + n as u64 % 100)))).collect();
    assert!(within(Duration::from_secs(10), || stats().waiting >= SLEEPERS / 2), "{}", stats());
    // The Ps', a few spares, and what a busy machine makes besides.
    let threads = gmp::num_threads();
    assert!(threads <= 12, "{threads} threads for {}", stats());
    handles.into_iter().for_each(|handle| handle.join().unwrap());
    assert!(gmp::num_threads() <= 12, "{}", stats());
}

#[test]
fn sleepers_use_no_threads() {
    let _watchdog = watchdog();
    for procs in [1, 2] {
        child("sleepers").procs(procs).run().exits(0);
    }
}

fn zero() {
    let ran = Arc::new(AtomicBool::new(false));
    let other = Arc::clone(&ran);
    let handle = go!(move || other.store(true, SeqCst));
    for _ in 0..1_000 {
        sleep(Duration::ZERO);
    }
    assert!(!ran.load(SeqCst), "a sleep of nothing yielded");
    handle.join().unwrap();
}

#[test]
fn a_sleep_of_nothing_returns_at_once() {
    let _watchdog = watchdog();
    child("zero").in_order().procs(1).run().exits(0);
}

fn for_ever() {
    let long = [
        Duration::MAX,
        Duration::from_nanos(u64::MAX),
        Duration::from_nanos(u64::MAX - 1),
        Duration::from_nanos(i64::MAX as u64),
        Duration::from_secs(u64::from(u32::MAX)),
        Duration::from_secs(18_000_000_000),
        Duration::from_secs(3_600),
    ];
    let handles: Vec<_> = long.into_iter().map(|duration| go!(sleep(duration))).collect();
    for _ in 0..20 {
        late(Duration::from_millis(3));
        gosched();
    }
    assert!(!handles.iter().any(JoinHandle::is_finished));
    println!("done");
}

#[test]
fn long_sleeps_last() {
    let _watchdog = watchdog();
    for procs in [1, 2] {
        child("for_ever").procs(procs).run().exits(0).prints("done");
    }
}

/// What a sleeper may be late by when nobody hinders it but the rest of the machine.
const LATE: Duration = Duration::from_secs(3);

fn alone() {
    for n in 1..=30 {
        let late = go!(move || late(Duration::from_millis(n))).join().unwrap();
        assert!(late < LATE, "late by {late:?}; {}", stats());
    }
}

#[test]
fn a_sleeper_wakes_although_all_ps_are_idle() {
    let _watchdog = watchdog();
    for procs in [1, 2, 8] {
        child("alone").procs(procs).run().exits(0);
    }
}

fn beside_a_hog() {
    for round in 0..30 {
        let sleeper = go!(move || late(Duration::from_millis(1 + round % 7)));
        // Its timer is set, here or on the other P, before this P is kept busy.
        until(|| sleeper.is_finished() || stats().waiting == 1);
        let start = Instant::now();
        spin_until(|| sleeper.is_finished() || start.elapsed() > LATE);
        assert!(sleeper.is_finished(), "round {round}: nobody minds the timer; {}", stats());
        sleeper.join().unwrap();
    }
}

#[test]
fn a_sleeper_wakes_although_a_p_is_kept_busy() {
    let _watchdog = watchdog();
    for procs in [2, 4] {
        child("beside_a_hog").procs(procs).run().exits(0);
    }
}

// --- rest ---------------------------------------------------------------------------------

fn rest() {
    let handles: Vec<_> = (0..500)
        .map(|n| {
            go!(move || {
                sleep(Duration::from_micros(n));
                gosched();
            })
        })
        .collect();
    handles.into_iter().for_each(|handle| handle.join().unwrap());
    // One sleeps for long, one waits for a channel, main waits for a thread.
    go!(sleep(Duration::from_secs(3_600)));
    let (tx, rx) = bounded(0);
    let parked = rx.clone();
    go!(move || parked.recv_ok());
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        let before = process::cpu_ns();
        thread::sleep(Duration::from_secs(1));
        tx.send(process::cpu_ns() - before).unwrap();
        tx.send(process::cpu_ns() - before).unwrap();
    });
    let used = rx.recv().unwrap();
    println!("used={used}");
}

#[test]
fn an_idle_process_uses_no_cpu() {
    let _watchdog = watchdog();
    for procs in [1, 2, 8] {
        let ended = child("rest").procs(procs).run();
        let used: u64 = ended.exits(0).value("used").parse().unwrap();
        assert!(used < 20_000_000, "{used} ns of CPU time in a second of rest");
    }
    // With a GOMAXPROCS that follows the system, which takes looking at it.
    let ended = child("rest").run();
    let used: u64 = ended.exits(0).value("used").parse().unwrap();
    assert!(used < 20_000_000, "{used} ns of CPU time in a second of rest");
}
