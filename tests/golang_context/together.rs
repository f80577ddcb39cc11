//! Many contexts, and many that use them at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use gmp::context::{Context, ContextError, background};
use gmp::sync::WaitGroup;
use gmp::{go, gomaxprocs, gosched, select};

use crate::rules::join;
use crate::support::{Random, join_thread, spin_until, until};
use crate::{FOREVER, SHORT, assert_ended, is_done};

/// TestSimultaneousCancels.
pub(crate) fn simultaneous_cancels() {
    const CONTEXTS: usize = 100;
    let mut all = vec![background().with_cancel()];
    let mut next = 0;
    while all.len() < CONTEXTS {
        let parent = all[next].0.clone();
        all.extend((0..4).map(|_| parent.with_cancel()));
        next += 1;
    }
    let random = Random::new();
    let cancels = WaitGroup::new();
    let (contexts, mut functions): (Vec<_>, Vec<_>) = all.into_iter().unzip();
    while !functions.is_empty() {
        let cancel = functions.swap_remove(random.below(functions.len() as u64) as usize);
        cancels.go(move || cancel.cancel());
    }
    for ctx in &contexts {
        assert_eq!(ctx.done().recv_ok(), (None, false));
    }
    cancels.wait();
    assert_ended(&contexts.iter().collect::<Vec<_>>(), ContextError::Canceled);
}

/// TestInterlockedCancels: who is woken by the parent's end cancels the child, while the
/// parent does.
pub(crate) fn interlocked_cancels() {
    for _ in 0..200 {
        let (parent, cancel) = background().with_cancel();
        let (child, cancel_child) = parent.with_cancel();
        let woken = parent.clone();
        let other = go!(move || {
            let _ = woken.done().recv();
            cancel_child();
        });
        gosched();
        cancel();
        assert_eq!(child.done().recv_ok(), (None, false));
        join(other);
    }
}

/// TestContextErrDoneRace: whoever sees an error can rely on it that the context is done.
pub(crate) fn err_means_done() {
    // Who spins sees more, but on one P he has to be interrupted for the other.
    let (rounds, spins) = if gomaxprocs(0) > 1 { (2_000, true) } else { (200, false) };
    for _ in 0..rounds {
        let (ctx, cancel) = background().with_cancel();
        let below = ctx.with_value(1_u8).with_cancel().0;
        let (done, done_below) = (ctx.done().clone(), below.done().clone());
        let canceller = go!(move || cancel.cancel());
        let wait = |ctx: &Context| match spins {
            true => _ = spin_until(|| ctx.err().is_some()),
            false => until(|| ctx.err().is_some()),
        };
        wait(&below);
        assert!(done_below.is_closed() && below.cause().is_some());
        // Top down.
        assert!(ctx.err().is_some() && done.is_closed() && is_done(&ctx));
        join(canceller);
    }
}

/// Layers of contexts by dice. The values are of types of their own, as keys are.
fn layers(with_timeouts: bool) {
    struct Marked<const N: usize>(usize);
    const MIN_LAYERS: usize = 30;
    let random = Random::new();
    let (mut ctx, mut cancels) = (background(), Vec::new());
    let (mut marks, mut timers, mut layer) = ([None; 3], 0, 0);
    while layer < MIN_LAYERS || timers == 0 || cancels.is_empty() || marks == [None; 3] {
        match random.below(3) {
            0 => {
                let kind = random.below(3) as usize;
                marks[kind] = Some(layer);
                ctx = match kind {
                    0 => ctx.with_value(Marked::<0>(layer)),
                    1 => ctx.with_value(Marked::<1>(layer)),
                    _ => ctx.with_value(Marked::<2>(layer)),
                };
            }
            1 => {
                let (child, cancel) = ctx.with_cancel();
                ctx = child;
                cancels.push(cancel);
            }
            _ => {
                let (child, cancel) = ctx.with_timeout(if with_timeouts { SHORT } else { FOREVER });
                ctx = child;
                cancels.push(cancel);
                timers += 1;
            }
        }
        layer += 1;
    }
    let check = |ctx: &Context| {
        let found = [
            ctx.value::<Marked<0>>().map(|mark| mark.0),
            ctx.value::<Marked<1>>().map(|mark| mark.0),
            ctx.value::<Marked<2>>().map(|mark| mark.0),
        ];
        assert_eq!(found, marks);
    };
    check(&ctx);
    if with_timeouts {
        assert_eq!(ctx.done().recv_ok(), (None, false));
        assert_ended(&[&ctx], ContextError::DeadlineExceeded);
    } else {
        assert!(!is_done(&ctx));
        cancels[random.below(cancels.len() as u64) as usize]();
        assert_ended(&[&ctx], ContextError::Canceled);
    }
    check(&ctx);
}

/// TestLayersCancel.
pub(crate) fn layers_cancel() {
    (0..20).for_each(|_| layers(false));
}

/// TestLayersTimeout.
pub(crate) fn layers_timeout() {
    (0..20).for_each(|_| layers(true));
}

/// The end of a context wakes all that wait for it: in selects, in plain receives, on threads.
pub(crate) fn select_and_threads() {
    let (ctx, cancel) = background().with_cancel();
    let (timed, _cancel) = ctx.with_timeout(FOREVER);
    let woken = Arc::new(AtomicUsize::new(0));
    let wait = |how: usize| {
        let (ctx, timed, woken) = (ctx.clone(), timed.clone(), Arc::clone(&woken));
        move || {
            let (_tx, quiet) = gmp::chan::bounded::<u8>(0);
            match how % 3 {
                0 => assert_eq!(timed.done().recv_ok(), (None, false)),
                1 => select! {
                    <-quiet => panic!("nobody sends"),
                    <-timed.done() => {}
                    after(FOREVER) => panic!("so soon"),
                },
                _ => select! {
                    <-ctx.done() => {}
                    <-timed.done() => {}
                },
            }
            woken.fetch_add(1, SeqCst);
        }
    };
    let goroutines: Vec<_> = (0..9).map(|n| gmp::spawn(wait(n))).collect();
    let threads: Vec<_> = (0..6).map(|n| std::thread::spawn(wait(n))).collect();
    let waiting = || {
        let of = |ctx: &Context| ctx.done().waiting_receivers();
        // Who selects both waits twice.
        of(&ctx) + of(&timed)
    };
    until(|| waiting() == 20);
    assert_eq!(woken.load(SeqCst), 0);
    // From a plain thread.
    join_thread(std::thread::spawn(move || cancel.cancel()));
    goroutines.into_iter().for_each(join);
    threads.into_iter().for_each(join_thread);
    assert_eq!((woken.load(SeqCst), waiting()), (15, 0));
}

/// Children are made, cancelled, dropped and timed out by many while their parents are
/// cancelled: none is left open below a parent that is done.
pub(crate) fn children_come_and_go() {
    const GOROUTINES: usize = 8;
    let random = Arc::new(Random::new());
    for _ in 0..20 {
        let (root, cancel) = background().with_cancel();
        let stopped = Arc::new(AtomicBool::new(false));
        let makers: Vec<_> = (0..GOROUTINES)
            .map(|_| {
                let (root, random) = (root.clone(), Arc::clone(&random));
                let stopped = Arc::clone(&stopped);
                go!(move || {
                    let mut kept = Vec::new();
                    while !stopped.load(SeqCst) || kept.is_empty() {
                        let parent = match kept.len() {
                            0 => root.clone(),
                            n => {
                                let (parent, _): &(Context, _) =
                                    &kept[random.below(n as u64) as usize];
                                parent.clone()
                            }
                        };
                        let wait = Duration::from_micros(random.below(2_000));
                        kept.push(match random.below(3) {
                            0 => parent.with_timeout(wait),
                            _ => parent.with_cancel(),
                        });
                        match random.below(4) {
                            0 => drop(kept.swap_remove(random.below(kept.len() as u64) as usize)),
                            1 => (kept[random.below(kept.len() as u64) as usize].1)(),
                            _ => {}
                        }
                        kept.truncate(50);
                        gosched();
                    }
                    kept
                })
            })
            .collect();
        gmp::time::sleep(SHORT);
        cancel();
        stopped.store(true, SeqCst);
        for maker in makers {
            for (ctx, _) in join(maker) {
                assert!(is_done(&ctx) && ctx.err().is_some(), "{ctx:?} below {root:?}");
            }
        }
    }
}
