//! How many threads there may be, what happens when there are no more, and that surplus ones
//! go away.
//!
//! Each program is a process of its own.
#![expect(unsafe_code, reason = "starting a runtime signs its contract")]

#[path = "preempt/os.rs"]
mod os;
mod support;
#[path = "preempt/work.rs"]
mod work;

use std::io::{PipeWriter, Read, Write, pipe};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use gmp::__private::{MainOptions, run_main};
use gmp::chan::bounded;
use gmp::{JoinHandle, Runtime, go, gomaxprocs, num_threads, set_max_threads, stats};
use support::child::{Ended, child, main, programs};
use support::{join_thread, until, watchdog_of, within};
use work::{Kind, compute, prepare};

/// Several children, each with a watchdog of its own.
const LIMIT: Duration = Duration::from_secs(180);
const PATIENCE: Duration = Duration::from_secs(20);

fn limited(n: usize, body: fn()) -> ExitCode {
    run_main(MainOptions::new().max_threads(n), body)
}

#[test]
fn program() {
    programs(&[
        ("old_values", || main(old_values)),
        ("at_the_limit", || limited(4, at_the_limit)),
        ("at_one", || limited(1, at_the_limit)),
        ("below_the_limit", || limited(40, at_the_limit)),
        ("raised", || limited(3, raised)),
        ("exhausted", || main(exhausted)),
        ("exhausted_by_option", || {
            run_main(MainOptions::new().max_threads(10).max_threads_exit(true), locks_threads)
        }),
        ("exhausted_by_builder", exhausted_by_builder),
        ("exhausted_by_attribute", || {
            by_attribute::main();
            ExitCode::SUCCESS
        }),
        ("exhausted_by_pipes", || {
            run_main(MainOptions::new().max_threads(10).max_threads_exit(true), blocks_threads)
        }),
        ("within_the_limit", || {
            run_main(MainOptions::new().max_threads(40).max_threads_exit(true), at_the_limit)
        }),
        ("refused", || main(at_the_limit)),
        ("few_for_the_user", few_for_the_user),
        ("retire", || main(retire)),
    ]);
}

// --- the number ---------------------------------------------------------------------------

fn old_values() {
    assert_eq!(set_max_threads(50), 10_000);
    assert_eq!(set_max_threads(50), 50);
    assert_eq!(set_max_threads(usize::MAX), 50);
    // Go's is a 32-bit number, too.
    assert!(set_max_threads(10_000) >= u32::MAX as usize);
    assert_eq!(join_thread(thread::spawn(|| set_max_threads(70))), 10_000);
    assert_eq!(go!(set_max_threads(80)).join().unwrap(), 70);
}

#[test]
fn a_new_limit_returns_the_old_one() {
    let _watchdog = watchdog_of(LIMIT);
    child("old_values").run().exits(0).reports_no("gmp:");
}

// --- at the limit -------------------------------------------------------------------------

/// Blocked threads, locks, hogs and traffic, all of which end.
fn at_the_limit() {
    const BLOCKED: usize = 10;
    prepare();
    let running = Arc::new(AtomicUsize::new(0));
    let sleepers: Vec<JoinHandle<()>> = (0..BLOCKED)
        .map(|_| {
            let running = Arc::clone(&running);
            go!(move || for _ in 0..3 {
                running.fetch_add(1, SeqCst);
                thread::sleep(Duration::from_millis(10));
            })
        })
        .collect();
    let hogs: Vec<JoinHandle<()>> =
        (0..6).map(|_| go!(compute(Kind::Memory, Duration::from_millis(40)))).collect();
    let (tx, rx) = bounded(1);
    for n in 0..10 {
        let tx = tx.clone();
        go!(move || (0..10).for_each(|k| tx.send(10 * n + k).unwrap()));
    }
    drop(tx);
    assert_eq!(rx.iter().sum::<u32>(), 100 * 99 / 2);
    hogs.into_iter().for_each(|hog| hog.join().expect("right answers"));
    sleepers.into_iter().for_each(|sleeper| sleeper.join().unwrap());
    assert_eq!(running.load(SeqCst), 3 * BLOCKED);
    println!("threads={}", num_threads());
}

fn threads(ended: &Ended) -> usize {
    ended.value("threads").parse().unwrap()
}

/// How many lines of its stderr say so.
fn warnings(ended: &Ended, limit: usize) -> usize {
    ended.err.lines().filter(|line| line.contains(&format!("gmp: all {limit} threads"))).count()
}

#[test]
fn at_the_limit_everything_goes_on_and_one_line_says_why_it_is_slow() {
    let _watchdog = watchdog_of(LIMIT);
    for (program, limit) in [("at_the_limit", 4), ("at_one", 1)] {
        for procs in [1, 2, 4] {
            let ended = child(program).procs(procs).run();
            ended.exits(0);
            assert!(threads(&ended) <= limit, "{ended}");
            assert_eq!(warnings(&ended, limit), 1, "{ended}");
        }
    }
}

#[test]
fn below_the_limit_nothing_is_said() {
    let _watchdog = watchdog_of(LIMIT);
    for procs in [1, 2, 4] {
        let ended = child("below_the_limit").procs(procs).run();
        ended.exits(0).reports_no("gmp:");
        assert!((10..40).contains(&threads(&ended)), "{ended}");
        child("within_the_limit").procs(procs).run().exits(0).reports_no("thread");
    }
}

/// Blocked readers, and what releases each.
fn readers(n: usize, begun: &Arc<AtomicUsize>) -> (Vec<JoinHandle<u8>>, Vec<PipeWriter>) {
    let read = |_| {
        let ((mut reader, writer), begun) = (pipe().unwrap(), Arc::clone(begun));
        let reads = go!(move || {
            let mut byte = [0];
            begun.fetch_add(1, SeqCst);
            reader.read_exact(&mut byte).unwrap();
            byte[0]
        });
        (reads, writer)
    };
    (0..n).map(read).unzip()
}

/// All threads are blocked for good; a plain thread raises the limit.
fn raised() {
    let begun = Arc::new(AtomicUsize::new(0));
    let (readers, writers) = readers(12, &begun);
    let raiser = {
        let begun = Arc::clone(&begun);
        thread::spawn(move || {
            while begun.load(SeqCst) < 3 {
                thread::yield_now();
            }
            // Three threads, three blocked readers: nobody else gets on, main included.
            thread::sleep(Duration::from_millis(50));
            let stuck = begun.load(SeqCst);
            let old = set_max_threads(30);
            while begun.load(SeqCst) < 12 {
                thread::yield_now();
            }
            (stuck, old)
        })
    };
    until(|| begun.load(SeqCst) == 12);
    assert!(within(PATIENCE, || stats().blocked_threads == 12), "{}", stats());
    for (n, mut writer) in writers.into_iter().enumerate() {
        writer.write_all(&[n as u8]).unwrap();
    }
    for (n, reader) in readers.into_iter().enumerate() {
        assert_eq!(reader.join().unwrap(), n as u8);
    }
    assert_eq!(join_thread(raiser), (3, 3));
}

#[test]
fn a_higher_limit_takes_effect_at_once() {
    let _watchdog = watchdog_of(LIMIT);
    for procs in [1, 2] {
        let ended = child("raised").procs(procs).run();
        ended.exits(0);
        assert_eq!(warnings(&ended, 3), 1, "{ended}");
    }
}

// --- Go's rule ----------------------------------------------------------------------------

/// What Go's own test does: a hundred that keep their threads and wait for ever.
fn locks_threads() {
    for _ in 0..100 {
        go! {
            gmp::lock_os_thread();
            gmp::select! {}
        };
        gmp::gosched();
    }
    // Enough for all of them to have locked theirs.
    gmp::time::sleep(Duration::from_secs(4));
    println!("not reached");
}

fn blocks_threads() {
    let (readers, _writers) = readers(100, &Arc::default());
    // Not something that can be caught.
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        readers.into_iter().for_each(|reader| _ = reader.join());
    }));
    println!("not reached: {caught:?}");
}

fn exhausted() {
    set_max_threads(10);
    locks_threads();
}

mod by_attribute {
    #[gmp::main(max_threads = 10, max_threads_exit = true)]
    pub(super) fn main() {
        super::locks_threads();
    }
}

fn exhausted_by_builder() -> ExitCode {
    let builder = Runtime::builder().max_threads(10).max_threads_exit(true);
    // SAFETY: nothing thread-bound is held across a park in this program.
    let rt = unsafe { builder.start() }.unwrap();
    rt.block_on_goroutine(locks_threads);
    ExitCode::SUCCESS
}

#[test]
fn exhaustion_may_end_the_process() {
    let _watchdog = watchdog_of(LIMIT);
    for program in [
        "exhausted_by_option",
        "exhausted_by_builder",
        "exhausted_by_attribute",
        "exhausted_by_pipes",
    ] {
        for procs in [1, 2] {
            let ended = child(program).procs(procs).run();
            ended.exits(2).prints_no("not reached");
            let lines = "runtime: program exceeds 10-thread limit\n\
                         fatal error: thread exhaustion\n";
            assert_eq!(ended.err, lines, "{program}: {ended}");
        }
    }
}

/// By default it is no reason to end.
#[test]
fn exhaustion_ends_nothing_by_default() {
    let _watchdog = watchdog_of(LIMIT);
    let ended = child("exhausted").procs(2).run();
    ended.exits(0).prints("not reached").reports_no("exhaustion");
    assert_eq!(warnings(&ended, 10), 1, "{ended}");
}

// --- what the system refuses --------------------------------------------------------------

#[test]
fn threads_that_the_system_refuses_are_done_without() {
    let _watchdog = watchdog_of(LIMIT);
    for refused in [1, 2, 5] {
        for procs in [1, 2, 4] {
            println!("at most {refused} threads, GOMAXPROCS={procs}");
            let ended = child("refused").procs(procs).debug(&format!("refusethreads={refused}"));
            let ended = ended.run();
            ended.exits(0);
            assert!(threads(&ended) <= refused, "{ended}");
            let lines = ended.err.lines().filter(|line| line.starts_with("gmp: ")).count();
            assert_eq!(lines, 1, "one warning: {ended}");
        }
    }
}

/// Threads of the user that this process is.
fn threads_of(uid: u32) -> u64 {
    let processes = std::fs::read_dir("/proc").expect("/proc is mounted");
    let threads = processes.filter_map(|process| {
        let process = process.ok()?;
        // Not `self`, which would count twice.
        process.file_name().to_str()?.parse::<u32>().ok()?;
        let text = std::fs::read_to_string(process.path().join("status")).ok()?;
        let field = |key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(key))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        };
        (field("Uid:")? == u64::from(uid)).then(|| field("Threads:"))?
    });
    threads.sum()
}

/// The real thing: a user who may have few threads. Root may have any number, and becomes
/// somebody else.
fn few_for_the_user() -> ExitCode {
    // Those that the runtime needs at least, and a few to work with.
    const MORE: u64 = 6;
    if os::uid() == 0 {
        // Somebody who has nothing else that runs.
        let uid = 200_000 + std::process::id() % 100_000;
        if let Err(error) = os::become_user(uid) {
            println!("skipped=cannot become another user: {error}");
            return ExitCode::SUCCESS;
        }
    }
    if os::may_exceed_limits() {
        println!("skipped=the limit does not hold for this user");
        return ExitCode::SUCCESS;
    }
    os::limit_threads_of_user(threads_of(os::uid()) + MORE);
    println!("skipped=");
    main(at_the_limit)
}

#[test]
fn a_user_may_have_few_threads() {
    let _watchdog = watchdog_of(LIMIT);
    for procs in [1, 4] {
        let ended = child("few_for_the_user").procs(procs).run();
        let why = ended.exits(0).value("skipped");
        if !why.is_empty() {
            println!("skipped: {why}");
            continue;
        }
        // Two are the runtime's own.
        assert!(threads(&ended) <= 4, "{ended}");
        ended.reports("gmp: the system refuses another thread");
    }
}

// --- going away ---------------------------------------------------------------------------

/// Many threads at once, twice; in between they go away.
fn retire() {
    const MANY: usize = 30;
    // As many as there are Ps, and a few to take over at once.
    let few = gomaxprocs(0) + 6;
    for round in 0..2 {
        let (readers, writers) = readers(MANY, &Arc::default());
        assert!(within(PATIENCE, || stats().blocked_threads == MANY), "{}", stats());
        assert!(num_threads() > MANY);
        writers.into_iter().for_each(|mut writer| writer.write_all(b"x").unwrap());
        readers.into_iter().for_each(|reader| assert_eq!(reader.join().unwrap(), b'x'));
        let gone = || num_threads() <= few && os::runtime_threads() <= few;
        let left = os::runtime_threads;
        assert!(within(PATIENCE, gone), "round {round}: {} in /proc; {}", left(), stats());
        // A few stay, and do all there is to do.
        assert!(num_threads() >= 1);
        let handles: Vec<_> = (0..1_000).map(|n| go!(move || n)).collect();
        assert_eq!(handles.into_iter().map(|handle| handle.join().unwrap()).sum::<u32>(), 499_500);
    }
    println!("{}", stats());
}

#[test]
fn surplus_threads_retire() {
    let _watchdog = watchdog_of(LIMIT);
    for procs in [1, 2, 4] {
        child("retire").procs(procs).debug("retire=200").run().exits(0);
    }
}
