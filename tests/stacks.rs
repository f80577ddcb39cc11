//! Goroutine stacks: overflow, sizes, limits of the system, and giving memory back.
//!
//! Each program is a process of its own.
#![expect(unsafe_code, reason = "a program that faults on purpose")]

mod support;

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use gmp::__private::{MainOptions, run_main};
use gmp::chan::bounded;
use gmp::sync::WaitGroup;
use gmp::{Builder, JoinHandle, go, gosched};
#[cfg(not(feature = "generator"))]
use support::child::Child;
use support::child::{Ended, child, main, programs};
use support::{join_thread, process, until, watchdog, within};

#[test]
fn program() {
    programs(&[
        ("named", || main(named)),
        ("by_default", || run_main(MainOptions::new().stack_size(40_000), by_default)),
        ("wide_frames", || main(wide_frames)),
        ("of_main", || main(|| _ = dig(usize::MAX))),
        ("of_a_thread", || main(of_a_thread)),
        ("fault", || main(fault)),
        ("sizes", || main(sizes)),
        ("until_refused", || main(until_refused)),
        ("few_large", || main(few_large)),
        ("small", || main(small)),
        ("burst", || main(burst)),
        ("deep_burst", || main(deep_burst)),
        ("after_burst", || main(after_burst)),
    ]);
}

const SIGABRT: i32 = 6;
const SIGSEGV: i32 = 11;

/// Uses about a KiB of stack per level.
#[inline(never)]
fn dig(depth: usize) -> usize {
    let block = [depth as u8; 1024];
    let block = black_box(&block);
    if depth == 0 { 0 } else { 1 + dig(depth - 1) + usize::from(block[0] != depth as u8) }
}

// --- overflow -----------------------------------------------------------------------------

fn named() {
    let handle = go!(<name = "deep", stack = 64 * 1024> {
        println!("site={}", line!() - 1);
        println!("id={}", gmp::current().unwrap().id());
        dig(usize::MAX)
    });
    drop(handle.join());
    println!("not reached");
}

/// The report of an overflow: one line, with everything one needs to know.
#[track_caller]
fn overflows(ended: &Ended, parts: &[&str]) {
    ended.killed_by(SIGABRT).prints_no("not reached");
    let line = ended.err.lines().find(|line| line.contains("stack overflow"));
    let line = line.unwrap_or_else(|| panic!("no report: {ended}"));
    for part in parts {
        assert!(line.contains(part), "no {part:?} in {line:?}");
    }
}

/// Whether `child` could not run because this kernel has no guard markers.
fn refused(ended: &Ended) -> bool {
    let refused = ended.err.contains("MADV_GUARD_INSTALL");
    if refused {
        println!("skipped: this kernel has no guard markers (Linux 6.13 and later has)");
    }
    refused
}

#[test]
fn an_overflow_is_reported_in_one_line() {
    let _watchdog = watchdog();
    for guard in ["", "guard=mprotect", "guard=madvise"] {
        let ended = child("named").debug(guard).run();
        if guard == "guard=madvise" && refused(&ended) {
            continue;
        }
        let id = format!("goroutine {} \"deep\"", ended.value("id"));
        let site = format!("tests/stacks.rs:{}:", ended.value("site"));
        overflows(&ended, &[&id, "65536", &site, "stack = 131072", "Builder::stack_size"]);
    }
}

fn by_default() {
    drop(go!(dig(usize::MAX)).join());
    println!("not reached");
}

#[inline(never)]
fn wide(depth: usize) -> usize {
    let block = [depth as u8; 200 * 1024];
    black_box(&block);
    if depth == 0 { 0 } else { 1 + wide(depth - 1) }
}

fn wide_frames() {
    // Each frame is wider than the guard.
    drop(go!(<stack = 1 << 20> wide(usize::MAX)).join());
    println!("not reached");
}

#[test]
fn every_goroutine_s_stack_is_guarded() {
    let _watchdog = watchdog();
    // 40,000 was rounded up.
    overflows(&child("by_default").run(), &["65536", "tests/stacks.rs"]);
    overflows(&child("wide_frames").run(), &["1048576"]);
    overflows(&child("of_main").run(), &["goroutine 1 \"main\"", "8388608"]);
}

fn of_a_thread() {
    go!(gosched()).join().unwrap();
    let small = thread::Builder::new().name("plain".into()).stack_size(128 * 1024);
    join_thread(small.spawn(|| dig(usize::MAX)).unwrap());
    println!("not reached");
}

#[test]
fn overflows_of_plain_threads_are_still_std_s() {
    let _watchdog = watchdog();
    let ended = child("of_a_thread").run();
    ended.killed_by(SIGABRT).reports("has overflowed its stack").reports("plain");
    ended.reports_no("goroutine").prints_no("not reached");
}

fn fault() {
    let handle = go!(|| {
        // SAFETY: none: it reads where nothing is, and the process dies of it.
        unsafe { std::ptr::read_volatile(std::ptr::without_provenance::<u8>(8)) }
    });
    drop(handle.join());
    println!("not reached");
}

#[test]
fn other_faults_are_still_faults() {
    let _watchdog = watchdog();
    let ended = child("fault").run();
    ended.killed_by(SIGSEGV).reports_no("stack overflow").prints_no("not reached");
}

// --- sizes --------------------------------------------------------------------------------

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

fn sizes() {
    for bytes in [16 * KIB, 16 * KIB + 1, 100_000, 256 * KIB, MIB, 3 * MIB, 64 * MIB, 1 << 30] {
        // A quarter is always there for the program itself; small stacks hold less than that.
        let levels = if bytes < 32 * KIB { 4 } else { (bytes / KIB / 4).min(16_000) };
        let handle = Builder::new().stack_size(bytes).spawn(move || dig(levels)).unwrap();
        assert_eq!(handle.join().unwrap(), levels, "{bytes}");
    }
    // 64 MiB of frames, twice on the same stack.
    for _ in 0..2 {
        let deep = go!(<stack = 256 * MIB> dig(60 * KIB));
        assert_eq!(deep.join().unwrap(), 60 * KIB);
    }
    for bytes in [0, 1, 16 * KIB - 1, (1 << 30) + 1, usize::MAX] {
        let error = Builder::new().stack_size(bytes).spawn(|| ()).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
        let text = error.to_string();
        assert!(text.contains("16 KiB") && text.contains("1 GiB"), "{text}");
    }
}

#[test]
fn stacks_have_the_size_that_was_asked_for() {
    let _watchdog = watchdog();
    child("sizes").run().exits(0);
    child("sizes").debug("guard=mprotect").run().exits(0);
}

// --- limits -------------------------------------------------------------------------------

/// Starts goroutines that park until there are no more to be had.
fn until_refused() {
    let (tx, rx) = bounded::<()>(0);
    let mut handles: Vec<JoinHandle<usize>> = Vec::new();
    let error = loop {
        let (rx, n) = (rx.clone(), handles.len());
        let parks = move || {
            let _ = rx.recv();
            n
        };
        match Builder::new().stack_size(16 * KIB).spawn(parks) {
            Ok(handle) => handles.push(handle),
            Err(error) => break error,
        }
        assert!(handles.len() < 1_000_000, "nothing refuses");
        if handles.len().is_multiple_of(1_000) {
            gosched();
        }
    };
    println!("started={}", handles.len());
    println!("error={error}");
    assert_eq!(error.kind(), std::io::ErrorKind::OutOfMemory);
    // `go!` has no error to return.
    let failed = std::panic::catch_unwind(|| go!(<stack = 16 * 1024> {}).id());
    assert!(failed.is_err());
    // The others live, and their stacks serve again.
    until(|| rx.waiting_receivers() == handles.len());
    tx.close();
    for (n, handle) in handles.into_iter().enumerate() {
        assert_eq!(handle.join().unwrap(), n);
    }
    let again: Vec<_> = (0..1_000).map(|n| go!(<stack = 16 * 1024> { n })).collect();
    assert!(again.into_iter().enumerate().all(|(n, handle)| handle.join().is_ok_and(|m| m == n)));
}

#[cfg(not(feature = "generator"))]
#[test]
fn the_limit_of_protected_guards_is_an_error() {
    let _watchdog = watchdog();
    let ended = child("until_refused").debug("guard=mprotect").run();
    ended.exits(0).reports("cannot start a goroutine");
    let error = ended.value("error");
    assert!(error.contains("vm.max_map_count") && error.contains("mprotect"), "{error}");
    let started: usize = ended.value("started").parse().unwrap();
    assert!(started > 10_000, "{ended}");
}

#[cfg(feature = "generator")]
#[test]
fn the_limit_of_the_second_backend_is_an_error() {
    let _watchdog = watchdog();
    let ended = child("until_refused").run();
    ended.exits(0).reports("cannot start a goroutine");
    let error = ended.value("error");
    assert!(error.contains("vm.max_map_count") && error.contains("generator"), "{error}");
    let started: usize = ended.value("started").parse().unwrap();
    assert!(started > 10_000, "{ended}");
}

fn few_large() {
    let (tx, rx) = bounded::<()>(0);
    let mut handles = Vec::new();
    let error = loop {
        let rx = rx.clone();
        match Builder::new().stack_size(1 << 30).spawn(move || _ = rx.recv()) {
            Ok(handle) => handles.push(handle),
            Err(error) => break error,
        }
    };
    println!("started={}", handles.len());
    println!("error={error}");
    assert_eq!(error.kind(), std::io::ErrorKind::OutOfMemory);
    tx.close();
    handles.into_iter().for_each(|handle| handle.join().unwrap());
    go!(<stack = 1 << 30> dig(1_000)).join().unwrap();
    small();
}

fn small() {
    let handles: Vec<_> = (0..2_000).map(|n| go!(move || dig(n % 20))).collect();
    for (n, handle) in handles.into_iter().enumerate() {
        assert_eq!(handle.join().unwrap(), n % 20);
    }
    println!("works");
}

#[cfg(not(feature = "generator"))]
#[test]
fn a_limit_of_address_space_is_an_error_or_makes_it_smaller() {
    const GIB: u64 = 1 << 20;
    let _watchdog = watchdog();
    let ended = Child::with_address_space("small", 3 * GIB).run();
    ended.exits(1).reports("Error: gmp cannot start").reports("ulimit -v").prints_no("works");
    Child::with_address_space("small", 20 * GIB).run().exits(0).prints("works");
    let ended = Child::with_address_space("few_large", 150 * GIB).run();
    ended.exits(0).prints("works");
    let (started, error) = (ended.value("started"), ended.value("error"));
    assert!((1..150).contains(&started.parse::<u32>().unwrap()), "{ended}");
    assert!(error.contains(&format!("all {started} stacks of 1073741824 bytes")), "{error}");
}

// --- giving back --------------------------------------------------------------------------

/// More than the pool ever keeps.
fn burst_size() -> usize {
    if process::holds_a_crowd() { 200_000 } else { 10_000 }
}

/// Parks as many goroutines at once; says how much memory was in use then, in KiB.
fn parked_at_once(n: usize) -> u64 {
    let (tx, rx) = bounded::<()>(0);
    let all = WaitGroup::new();
    for _ in 0..n {
        let (rx, all) = (rx.clone(), all.clone());
        all.add(1);
        go!(move || {
            let _ = rx.recv();
            all.done();
        });
    }
    until(|| rx.waiting_receivers() == n);
    let peak = process::rss_kib();
    tx.close();
    all.wait();
    peak
}

fn burst() {
    // What is needed once stays: the pool's own, channels, queues.
    const KEPT: usize = 2_000;
    parked_at_once(KEPT);
    let burst = burst_size();
    let before = process::rss_kib();
    for round in 0..2 {
        let peak = parked_at_once(burst);
        let used = peak.saturating_sub(before);
        assert!(used >= (burst - KEPT) as u64 * 4, "a parked goroutine takes a page: {used} KiB");
        let spare = (used / 2).min(40 * 1024);
        let low = || process::rss_kib() < before + spare;
        let given_back = within(Duration::from_secs(15), low);
        println!("round {round}: {before} KiB, {peak}, then {} KiB", process::rss_kib());
        assert!(given_back, "the memory of {burst} goroutines is not given back");
    }
    // Goroutines still start, on stacks that hold nothing of the former ones.
    let handles: Vec<_> = (0..20_000).map(|n| go!(move || dig(n % 10))).collect();
    let results = handles.into_iter().map(|handle| handle.join().unwrap());
    assert_eq!(results.sum::<usize>(), 20_000 / 10 * 45);
    println!("works");
}

#[test]
fn the_memory_of_a_burst_is_given_back() {
    let _watchdog = watchdog();
    child("burst").run().exits(0).prints("works");
}

/// A few goroutines that used much of their large stacks.
fn deep_burst() {
    const DEPTH: usize = 16_000;
    go!(<stack = 64 * MIB> dig(10)).join().unwrap();
    let before = process::rss_kib();
    let handles: Vec<_> = (0..10).map(|_| go!(<stack = 64 * MIB> dig(DEPTH))).collect();
    handles.into_iter().for_each(|handle| assert_eq!(handle.join().unwrap(), DEPTH));
    let low = || process::rss_kib() < before + DEPTH as u64 / 4;
    assert!(
        within(Duration::from_secs(10), low),
        "{before} KiB, then {} KiB after stacks of {DEPTH} KiB were left",
        process::rss_kib()
    );
}

#[cfg(not(feature = "generator"))]
#[test]
fn the_memory_of_deep_stacks_is_given_back() {
    let _watchdog = watchdog();
    child("deep_burst").procs(1).run().exits(0);
}

/// The stack that overflows had its memory taken in between.
fn after_burst() {
    const CROWD: usize = 8_000;
    let before = process::rss_kib();
    let peak = parked_at_once(CROWD);
    assert!(
        within(Duration::from_secs(15), || process::rss_kib() < (before + peak) / 2),
        "{before} KiB, {peak}, then {} KiB",
        process::rss_kib()
    );
    // As many again, so that the last ones are not from the warm part of the pool.
    let (hold, ready) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
    for n in 1..=CROWD {
        let (hold, ready) = (Arc::clone(&hold), Arc::clone(&ready));
        go!(move || {
            ready.fetch_add(1, SeqCst);
            until(|| !hold.load(SeqCst));
            if n == CROWD {
                dig(usize::MAX);
            }
        });
    }
    until(|| ready.load(SeqCst) == CROWD);
    hold.store(false, SeqCst);
    gmp::time::sleep(Duration::from_secs(10));
    println!("not reached");
}

#[cfg(not(feature = "generator"))]
#[test]
fn guards_outlive_the_memory_of_their_stacks() {
    let _watchdog = watchdog();
    for guard in ["", "guard=mprotect"] {
        overflows(&child("after_burst").debug(guard).run(), &["262144"]);
    }
}
