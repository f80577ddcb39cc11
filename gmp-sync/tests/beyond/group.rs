//! `Group`: who is waited for, whose error it is, and how many run.

use std::cell::Cell;
use std::fmt;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

use crate::common::{Drops, Random, message, on_both, start, until, watchdog};
use gmp_chan::bounded;
use gmp_core::{goexit, gosched, spawn};
use gmp_sync::Group;
use gmp_sync::context::{self, Context, ContextError};

#[derive(Clone, Debug, PartialEq)]
struct Failed(usize);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "number {} failed", self.0)
    }
}

impl std::error::Error for Failed {}

/// Returns when `context` is done.
fn wait_for(context: &Context) {
    assert!(context.done().recv().is_err());
}

#[test]
fn all_are_waited_for() {
    on_both(|| {
        let (group, ended) = (Group::<Failed>::new(), Arc::new(AtomicUsize::new(0)));
        for round in 1..=3 {
            for n in 0..50 {
                let ended = ended.clone();
                group.go(move || {
                    (0..n).for_each(|_| gosched());
                    ended.fetch_add(1, SeqCst);
                    Ok(n)
                });
            }
            assert_eq!(group.wait(), Ok(()));
            assert_eq!(ended.load(SeqCst), 50 * round);
        }
    });
}

#[test]
fn the_first_error_is_returned_once() {
    on_both(|| {
        let (group, context) = Group::with_context(&context::background());
        for n in 1..10 {
            let context = context.clone();
            group.go(move || {
                wait_for(&context);
                Err::<(), _>(Failed(n))
            });
        }
        group.go(|| Err::<(), _>(Failed(0)));
        assert_eq!(group.wait(), Err(Failed(0)));
        assert_eq!(group.wait(), Ok(()));
    });
}

/// Errors may be of any type that can be sent: no `Error`, no `Clone`, no `Sync`.
#[test]
fn errors_of_any_type() {
    on_both(|| {
        let group = Group::new();
        group.go(|| Err::<(), _>(Cell::new(7)));
        assert_eq!(group.wait(), Err(Cell::new(7)));
    });
}

/// All fail at once; the error returned is the one that the context was cancelled with.
#[test]
fn first_errors_race() {
    on_both(|| {
        for _ in 0..300 {
            let cause = |error: &Failed| -> context::Cause { Arc::new(error.clone()) };
            let (group, context) = Group::with_context_cause(&context::background(), cause);
            for n in 0..8 {
                group.go(move || Err::<(), _>(Failed(n)));
            }
            let error = group.wait().unwrap_err();
            let cause = context.cause().unwrap();
            assert_eq!(cause.downcast_ref::<Failed>(), Some(&error));
            assert_eq!(context.err(), Some(ContextError::Canceled));
        }
    });
}

#[test]
fn an_error_tells_the_others_to_stop() {
    on_both(|| {
        let (parent, cancel) = context::background().with_value(5_u8).with_cancel();
        let (group, context) = Group::with_context(&parent);
        for _ in 0..4 {
            group.go(|| {
                let context = context::current();
                assert_eq!(context.value::<u8>().as_deref(), Some(&5));
                wait_for(&context);
                Ok(())
            });
        }
        group.go(|| Err::<(), _>(()));
        assert_eq!(group.wait(), Err(()));
        assert_eq!(context.cause().unwrap().to_string(), "context canceled");
        assert_eq!(parent.err(), None);

        // The parent stops all, too, which is no error of the group.
        let (group, context) = Group::<()>::with_context(&parent);
        for _ in 0..4 {
            let context = context.clone();
            group.go(move || {
                wait_for(&context);
                Ok(())
            });
        }
        cancel();
        assert_eq!(group.wait(), Ok(()));
    });
}

#[test]
fn the_context_ends_with_the_wait() {
    on_both(|| {
        let (group, context) = Group::<()>::with_context(&context::background());
        group.go(|| Ok(()));
        assert_eq!(group.wait(), Ok(()));
        assert_eq!(context.err(), Some(ContextError::Canceled));

        let (idle, context) = Group::<()>::with_context(&context::background());
        assert_eq!(context.err(), None);
        assert_eq!(idle.wait(), Ok(()));
        assert_eq!(context.err(), Some(ContextError::Canceled));
    });
}

#[test]
fn without_a_context_nobody_is_told() {
    on_both(|| {
        let group = Group::new();
        let (fail, failed) = bounded::<()>(0);
        group.go(move || {
            fail.close();
            Err::<(), _>("broken")
        });
        group.go(move || {
            assert!(failed.recv().is_err());
            (0..20).for_each(|_| gosched());
            assert_eq!(context::current().err(), None);
            Ok(())
        });
        assert_eq!(group.wait(), Err("broken"));
    });
}

#[test]
fn a_panic_comes_out_of_wait_when_all_have_ended() {
    on_both(|| {
        let (group, context) = Group::with_context(&context::background());
        let ended = Arc::new(AtomicUsize::new(0));
        for _ in 0..5 {
            let (context, ended) = (context.clone(), ended.clone());
            group.go(move || {
                wait_for(&context);
                (0..20).for_each(|_| gosched());
                ended.fetch_add(1, SeqCst);
                // Panics come before errors, and the first one before later ones.
                if ended.load(SeqCst) == 3 { panic_any(7_u8) } else { Err::<(), _>(Failed(1)) }
            });
        }
        group.go(|| -> Result<(), Failed> { panic_any("this panic belongs to the test") });
        assert_eq!(message(|| group.wait()), "this panic belongs to the test");
        assert_eq!(ended.load(SeqCst), 5);
        let cause = context.cause().unwrap();
        assert_eq!(cause.to_string(), "a goroutine of the group panicked");
        // It was carried, and the error is gone with it.
        assert_eq!(group.wait(), Ok(()));
    });
}

#[test]
fn an_exit_is_an_end() {
    on_both(|| {
        let group = Group::<Failed>::new();
        group.set_limit(2);
        for n in 0..20 {
            group.go(move || -> Result<(), Failed> {
                if n % 2 == 0 {
                    goexit();
                }
                // Swallowed, it goes on behind the body.
                let _kept = ManuallyDrop::new(catch_unwind(|| goexit()));
                Err(Failed(n))
            });
        }
        assert_eq!(group.wait(), Ok(()));
        assert_eq!(format!("{group:?}"), "Group { running: 0, limit: Some(2) }");
        group.set_limit(None);
    });
}

#[test]
fn captures_and_results_are_dropped_before_the_end() {
    on_both(|| {
        for _ in 0..200 {
            let (group, drops) = (Group::<Failed>::new(), Drops::default());
            let (captured, returned) = (drops.token(), drops.token());
            group.go(move || {
                let _captured = captured;
                Ok(returned)
            });
            group.wait().unwrap();
            assert_eq!(drops.count(), 2);
        }
    });
}

/// A port of errgroup's own test of `TryGo`.
#[test]
fn try_go_respects_the_limit() {
    on_both(|| {
        let group = Group::<Failed>::new();
        group.set_limit(42);
        let (sender, receiver) = bounded(0);
        let body = || {
            let sender = sender.clone();
            move || {
                sender.send(()).unwrap();
                Ok(())
            }
        };
        for n in 0..42 {
            assert!(group.try_go(body()), "{n} of 42 run");
        }
        assert!(!group.try_go(body()));
        let drain = receiver.clone();
        spawn(move || (0..42).for_each(|_| drain.recv().unwrap()));
        group.wait().unwrap();

        assert!(group.try_go(body()), "all are gone");
        receiver.recv().unwrap();
        group.wait().unwrap();

        group.set_limit(1);
        assert!(group.try_go(body()));
        assert!(!group.try_go(body()));
        receiver.recv().unwrap();
        group.wait().unwrap();

        group.set_limit(0);
        assert!((0..1024).all(|_| !group.try_go(body())));
        group.wait().unwrap();

        group.set_limit(None);
        for n in 0..100 {
            assert!(group.try_go(body()), "{n} of any number run");
        }
        (0..100).for_each(|_| receiver.recv().unwrap());
        group.wait().unwrap();
    });
}

#[test]
fn the_limit_stays_while_some_run() {
    on_both(|| {
        for limit in [None, Some(3)] {
            let group = Group::<Failed>::new();
            group.set_limit(limit);
            let (open, gate) = bounded::<()>(0);
            for _ in 0..3 {
                let gate = gate.clone();
                group.go(move || {
                    assert!(gate.recv().is_err());
                    Ok(())
                });
            }
            assert_eq!(
                message(|| group.set_limit(1)),
                "errgroup: modify limit while 3 goroutines in the group are still active"
            );
            open.close();
            group.wait().unwrap();
            group.set_limit(1);
        }
    });
}

/// With a limit of 1 the second `go` returns after the first body has ended.
#[test]
fn go_waits_for_a_place() {
    on_both(|| {
        let group = Group::<Failed>::new();
        group.set_limit(1);
        let ended = Arc::new(AtomicUsize::new(0));
        for n in 0..100 {
            let ended = ended.clone();
            group.go({
                let ended = ended.clone();
                move || {
                    (0..n % 10).for_each(|_| gosched());
                    ended.fetch_add(1, SeqCst);
                    Ok(())
                }
            });
            assert!(ended.load(SeqCst) >= n, "body {} has not ended", n - 1);
        }
        group.wait().unwrap();
    });
}

#[test]
fn nobody_starts_below_a_limit_of_zero() {
    on_both(|| {
        let (group, started) = (Group::<Failed>::new(), Arc::new(AtomicUsize::new(0)));
        group.set_limit(0);
        let starter = {
            let (group, started) = (group.clone(), started.clone());
            spawn(move || {
                started.fetch_add(1, SeqCst);
                group.go({
                    let started = started.clone();
                    move || {
                        started.fetch_add(1, SeqCst);
                        Ok(())
                    }
                });
            })
        };
        until(|| started.load(SeqCst) == 1);
        (0..50).for_each(|_| gosched());
        group.wait().unwrap();
        assert!(!starter.is_finished());
        group.set_limit(1);
        starter.join().unwrap();
        group.wait().unwrap();
        assert_eq!(started.load(SeqCst), 2);
    });
}

#[test]
fn bodies_start_more() {
    fn grow(group: &Group<Failed>, count: &Arc<AtomicUsize>, depth: usize) {
        for _ in 0..3 {
            let (group, count) = (group.clone(), count.clone());
            group.clone().go(move || {
                count.fetch_add(1, SeqCst);
                if depth > 1 {
                    grow(&group, &count, depth - 1);
                }
                Ok(())
            });
        }
    }
    on_both(|| {
        let (group, count) = (Group::new(), Arc::new(AtomicUsize::new(0)));
        grow(&group, &count, 5);
        group.wait().unwrap();
        assert_eq!(count.load(SeqCst), 3 + 9 + 27 + 81 + 243);
    });
}

/// One of those who wait gets the error, the others get none.
#[test]
fn several_wait() {
    on_both(|| {
        let group = Group::new();
        let (open, gate) = bounded::<()>(0);
        group.go(move || {
            assert!(gate.recv().is_err());
            Err::<(), _>(Failed(1))
        });
        let on_thread = thread::spawn({
            let group = group.clone();
            move || group.wait()
        });
        let on_goroutine = spawn({
            let group = group.clone();
            move || group.wait()
        });
        open.close();
        let outcomes = [group.wait(), on_goroutine.join().unwrap(), {
            until(|| on_thread.is_finished());
            on_thread.join().unwrap()
        }];
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_err()).count(), 1, "{outcomes:?}");
    });
}

/// Goroutines and threads start bodies that fail, panic and exit, all at once, under a limit.
#[test]
fn stress() {
    const LIMIT: usize = 3;
    const STARTERS: usize = 6;
    const EACH: usize = 300;
    let _watchdog = watchdog();
    start();
    let random = Arc::new(Random::new());
    let group = Group::<Failed>::new();
    group.set_limit(LIMIT);
    let (running, ran) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let starter = {
        let (group, running, ran) = (group.clone(), running.clone(), ran.clone());
        move || {
            for n in 0..EACH {
                let (random, running, ran) = (random.clone(), running.clone(), ran.clone());
                let body = move || {
                    assert!(running.fetch_add(1, SeqCst) < LIMIT);
                    (0..random.below(4)).for_each(|_| gosched());
                    ran.fetch_add(1, SeqCst);
                    running.fetch_sub(1, SeqCst);
                    match random.below(20) {
                        0 => goexit(),
                        1 => Err(Failed(n)),
                        2 => std::panic::resume_unwind(Box::new(n)), // without a message
                        _ => Ok(()),
                    }
                };
                if n % 3 == 0 {
                    while !group.try_go(body.clone()) {
                        gosched();
                    }
                } else {
                    group.go(body);
                }
            }
        }
    };
    let threads: Vec<_> = (0..STARTERS / 2).map(|_| thread::spawn(starter.clone())).collect();
    let goroutines: Vec<_> = (0..STARTERS / 2).map(|_| spawn(starter.clone())).collect();
    goroutines.into_iter().for_each(|starter| starter.join().unwrap());
    threads.into_iter().for_each(|starter| starter.join().unwrap());
    let carried = catch_unwind(AssertUnwindSafe(|| group.wait()));
    assert!(carried.unwrap_err().is::<usize>(), "as many as these: one has panicked");
    assert_eq!((running.load(SeqCst), ran.load(SeqCst)), (0, STARTERS * EACH));
    group.set_limit(None);
}
