//! Many at once, in the same tree.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use gmp_chan::{Select, bounded};
use gmp_sync::WaitGroup;
use gmp_sync::context::{CancelFunc, Context, background};

use crate::common::{Random, crowd, on_both, start, watchdog};
use crate::{CANCELED, EXCEEDED, FOREVER, SHORT, assert_done};

#[test]
fn in_a_select() {
    on_both(|| {
        let (ctx, cancel) = background().with_cancel();
        let (_keep, other) = bounded::<u8>(0);
        let mut select = Select::new();
        select.recv(&other);
        let index = select.recv(ctx.done());
        assert!(select.try_select().is_err());
        let canceler = gmp_core::spawn(move || cancel.cancel());
        let chosen = select.select();
        assert_eq!(chosen.index(), index);
        assert!(chosen.recv(ctx.done()).is_err());
        // Nobody who was woken by `done` finds it without an error.
        assert_eq!(ctx.err(), Some(CANCELED));
        canceler.join().expect("no panic");
    });
}

/// Whoever waits for the parent cancels the child when it is woken, and the other way round.
#[test]
fn interlocked() {
    let _watchdog = watchdog();
    start();
    for round in 0..200 {
        let (parent, cancel_parent) = background().with_cancel();
        let (child, cancel_child) = parent.with_cancel();
        let woken = [(&parent, &cancel_child), (&child, &cancel_parent)].map(|(ctx, cancel)| {
            let (ctx, cancel) = (ctx.clone(), cancel.clone());
            gmp_core::spawn(move || {
                let _ = ctx.done().recv();
                assert!(ctx.err().is_some());
                cancel();
            })
        });
        if round % 2 == 0 {
            cancel_parent();
        } else {
            cancel_child();
        }
        woken.into_iter().for_each(|handle| handle.join().expect("no panic"));
        assert_done(&parent, CANCELED, "context canceled");
        assert_done(&child, CANCELED, "context canceled");
    }
}

/// When anybody's `cancel` returns the whole subtree is done, whoever else is at it.
#[test]
fn synchronous_for_everybody() {
    let _watchdog = watchdog();
    start();
    let random = Random::new();
    for _ in 0..100 {
        let root = background().with_cancel();
        // In order of their making: parents come first.
        let mut nodes: Vec<(usize, Context, CancelFunc)> = vec![(0, root.0, root.1)];
        for _ in 0..60 {
            let parent = random.below(nodes.len() as u64) as usize;
            let (ctx, cancel) = nodes[parent].1.with_cancel();
            if random.below(2) == 0 {
                ctx.done();
            }
            nodes.push((parent, ctx, cancel));
        }
        let nodes = Arc::new(nodes);
        let begin = WaitGroup::new();
        begin.add(4);
        let cancelers: Vec<_> = [0, random.below(10), random.below(60), random.below(60)]
            .into_iter()
            .map(|which| {
                let (nodes, begin, which) = (Arc::clone(&nodes), begin.clone(), which as usize);
                thread::spawn(move || {
                    begin.done();
                    begin.wait();
                    nodes[which].2.cancel();
                    let mut below = vec![false; nodes.len()];
                    below[which] = true;
                    for (n, (parent, ctx, _)) in nodes.iter().enumerate() {
                        below[n] |= below[*parent] && n > which;
                        if below[n] {
                            assert!(ctx.done().is_closed() && ctx.err().is_some());
                        }
                    }
                })
            })
            .collect();
        cancelers.into_iter().for_each(|canceler| canceler.join().expect("no panic"));
    }
}

/// An error and a closed channel are seen together, in whichever order one looks.
#[test]
fn error_and_channel() {
    let _watchdog = watchdog();
    for round in 0..500 {
        let (ctx, cancel) = background().with_cancel();
        let watchers = [true, false].map(|error_first| {
            let ctx = ctx.clone();
            thread::spawn(move || {
                ctx.done();
                if error_first {
                    while ctx.err().is_none() {
                        thread::yield_now();
                    }
                    assert!(ctx.done().is_closed());
                } else {
                    while !ctx.done().is_closed() {
                        thread::yield_now();
                    }
                    assert!(ctx.err().is_some() && ctx.cause().is_some());
                }
            })
        });
        if round % 2 == 0 {
            ctx.done();
        }
        cancel();
        watchers.into_iter().for_each(|watcher| watcher.join().expect("no panic"));
    }
}

/// Children come, go and expire while their parent is cancelled.
#[test]
fn coming_and_going() {
    let _watchdog = watchdog();
    let random = Arc::new(Random::new());
    for _ in 0..20 {
        let (parent, cancel) = background().with_cancel();
        let stop = Arc::new(AtomicBool::new(false));
        let (of_all, random) = (parent.clone(), Arc::clone(&random));
        let ending = Arc::clone(&stop);
        let canceler = thread::spawn(move || {
            while !stop.load(Ordering::SeqCst) {
                thread::yield_now();
            }
            cancel();
        });
        crowd(6, 2, move |_| {
            for round in 0.. {
                let (child, cancel) = match random.below(3) {
                    0 => of_all.with_timeout(FOREVER),
                    1 => of_all.with_timeout(SHORT / 100),
                    _ => of_all.with_cancel(),
                };
                let (below, _) = child.with_value(round).with_cancel();
                let after = below.after_func(|| ());
                match random.below(4) {
                    0 => cancel(),
                    1 => drop(cancel),
                    2 => drop(after.stop()),
                    _ => drop(child.done().recv_timeout(SHORT)),
                }
                assert!(below.err().is_none() || below.done().is_closed());
                if round == 50 {
                    ending.store(true, Ordering::SeqCst);
                }
                if of_all.err().is_some() {
                    // The walk may not have come to this one yet; the next one is born done.
                    let _ = below.done().recv();
                    assert!([CANCELED, EXCEEDED].contains(&below.err().expect("it is done")));
                    assert_done(&of_all.with_cancel().0, CANCELED, "context canceled");
                    break;
                }
            }
        });
        canceler.join().expect("no panic");
        assert_done(&parent, CANCELED, "context canceled");
    }
}
