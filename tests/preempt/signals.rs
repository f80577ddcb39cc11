//! The signal that preempts, and the program's own use of it.

use std::os::unix::thread::JoinHandleExt;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use gmp::{JoinHandle, go, gomaxprocs, gosched, stats};

use crate::os::{self, SIGURG};
use crate::support::child::main;
use crate::support::{join_thread, within};
use crate::work::{Hogs, Kind, compute, prepare};

/// Says when and in which shape the program installs its handler.
pub(crate) const HANDLER: &str = "GMP_TEST_HANDLER";

fn how() -> (String, String) {
    let how = std::env::var(HANDLER).unwrap_or_default();
    let (when, shape) = how.split_once(' ').unwrap_or((&how, ""));
    (when.into(), shape.into())
}

/// Each sets `errno` once and then looks at it while it is preempted again and again.
pub(crate) fn errno_is_kept() {
    prepare();
    let stop = Arc::new(AtomicBool::new(false));
    let keepers = 2 * gomaxprocs(0);
    let looks: Arc<[AtomicUsize]> = (0..keepers).map(|_| AtomicUsize::new(0)).collect();
    let keep = |n: usize| {
        let (stop, looks) = (Arc::clone(&stop), Arc::clone(&looks));
        // Some that the handler's own calls may leave behind, and some that nobody sets.
        let value = [os::EBADF, os::ENOENT, 11, 4, 110, 5_000][n % 6] + n as i32;
        go!(move || {
            os::set_errno(value);
            while !stop.load(SeqCst) {
                (0..5).for_each(|_| Kind::Integers.block());
                assert_eq!(os::errno(), value);
                looks[n].fetch_add(1, SeqCst);
            }
        })
    };
    let keepers: Vec<JoinHandle<()>> = (0..keepers).map(keep).collect();
    let before = stats().preemptions;
    let enough =
        || stats().preemptions > before + 40 && looks.iter().all(|looks| looks.load(SeqCst) > 10);
    assert!(within(Duration::from_secs(30), enough), "{looks:?} looks; {}", stats());
    stop.store(true, SeqCst);
    keepers.into_iter().for_each(|keeper| keeper.join().expect("errno is kept"));
}

// --- the program's own handler ------------------------------------------------------------

pub(crate) fn urgent() -> ExitCode {
    if how().0 == "before" {
        os::count_urgent(how().1 == "info");
    }
    main(|| {
        let hogs = Hogs::mixed(2 * gomaxprocs(0) + 1);
        hogs.all_get_on();
        if how().0 == "after" {
            os::count_urgent(how().1 == "info");
        }
        receives(&hogs);
        hogs.stop();
    })
}

/// Sends one signal and waits until it has been counted.
fn one(send: impl FnOnce()) {
    let before = os::handler_calls();
    send();
    assert!(within(Duration::from_secs(10), || os::handler_calls() > before), "a signal is lost");
}

const EACH: usize = 30;

fn receives(hogs: &Hogs) {
    let before = stats().preemptions;
    let sent = AtomicUsize::new(0);
    let count = || _ = sent.fetch_add(1, SeqCst);
    // From threads that the runtime never signals: nothing can get lost.
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let target = thread::spawn(move || {
        while !stopped.load(SeqCst) {
            thread::park();
        }
    });
    let id = target.as_pthread_t();
    thread::scope(|threads| {
        let sender = threads.spawn(|| {
            for _ in 0..EACH {
                one(|| os::raise(SIGURG));
                one(|| os::signal_thread(id, SIGURG));
                one(|| os::kill_self(SIGURG));
                (0..3).for_each(|_| count());
            }
            if how().1 == "info" {
                one(|| os::queue_to_self(SIGURG, 4711));
                count();
                assert_eq!(os::carried(), 4711);
            }
        });
        crate::support::until(|| sender.is_finished());
        sender.join().expect("all signals arrive");
    });
    stop.store(true, SeqCst);
    target.thread().unpark();
    join_thread(target);
    // From goroutines that are preempted themselves. The kernel makes one of two signals of
    // the same kind that are due to the same thread, so one may get lost now and then.
    let calls = os::handler_calls();
    for _ in 0..EACH {
        os::raise(SIGURG);
        count();
        Kind::Integers.block();
        gosched();
    }
    assert!(os::handler_calls() + 2 >= calls + EACH, "only {}", os::handler_calls() - calls);
    hogs.all_get_on();
    let preempted = stats().preemptions - before;
    assert!(preempted > 5, "{}", stats());
    assert_eq!(os::wrong_calls(), 0);
    // The runtime's own are not the program's business, but for a few that came too late to
    // be used.
    let surplus = os::handler_calls().saturating_sub(sent.load(SeqCst)) as u64;
    assert!(surplus <= 5 + preempted / 4, "{surplus} foreign ones among {preempted}");
    println!("sent={} calls={} preempted={preempted}", sent.load(SeqCst), os::handler_calls());
}

/// The signal is one that is ignored by default, and a program may say so.
pub(crate) fn ignored() -> ExitCode {
    if how().0 == "before" {
        os::ignore(SIGURG);
    }
    main(|| {
        let hogs = Hogs::mixed(3);
        hogs.all_get_on();
        if how().0 == "after" {
            os::ignore(SIGURG);
        }
        for _ in 0..EACH {
            os::raise(SIGURG);
            os::kill_self(SIGURG);
            gosched();
        }
        join_thread(thread::spawn(|| os::raise(SIGURG)));
        hogs.all_get_on();
        hogs.stop();
    })
}

/// Goroutines that let no signal through for some slices: nobody takes their P meanwhile, and
/// what comes in the end finds a goroutine that may have gone on to something else.
pub(crate) fn masked() {
    prepare();
    let stop = Arc::new(AtomicBool::new(false));
    let masked: Vec<_> = (0..2)
        .map(|n| {
            let stop = Arc::clone(&stop);
            go!(move || while !stop.load(SeqCst) {
                let home = os::tid();
                os::block_signal(SIGURG, true);
                compute(Kind::Memory, Duration::from_millis(15 + 10 * n));
                assert_eq!(os::tid(), home);
                os::block_signal(SIGURG, false);
                // At once, or after a while in which a late one comes.
                if n == 0 {
                    compute(Kind::Floats, Duration::from_millis(3));
                }
                gosched();
            })
        })
        .collect();
    let hogs = Hogs::mixed(gomaxprocs(0) + 1);
    (0..5).for_each(|_| hogs.all_get_on());
    let start = std::time::Instant::now();
    while start.elapsed() < Duration::from_millis(800) {
        assert_eq!(go!(|| 7).join().unwrap(), 7);
        gmp::time::sleep(Duration::from_millis(5));
    }
    stop.store(true, SeqCst);
    masked.into_iter().for_each(|handle| handle.join().expect("it stays on its thread"));
    hogs.stop();
}
