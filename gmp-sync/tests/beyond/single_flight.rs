//! `SingleFlight`: who runs, who shares, and what becomes of them.

use std::hash::Hash;
use std::mem::ManuallyDrop;
use std::panic::{catch_unwind, panic_any};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;

use crate::common::{Random, crowd, message, on_both, text, until, watchdog};
use gmp_chan::bounded;
use gmp_core::{Goexit, JoinHandle, goexit, gosched, spawn};
use gmp_sync::SingleFlight;

type Flights<K, V> = Arc<SingleFlight<K, V>>;

/// Starts goroutines that share the run for `key`, when it is under way. They never run their
/// own closures.
fn sharers<K, V>(flights: &Flights<K, V>, key: &K, count: usize) -> Vec<JoinHandle<(V, bool)>>
where
    K: Eq + Hash + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    until(|| flights.sharing(key).is_some());
    let sharers = (0..count).map(|_| {
        let (flights, key) = (flights.clone(), key.clone());
        spawn(move || flights.work_shared(key, || unreachable!("there is a run under way")))
    });
    sharers.collect()
}

#[test]
fn many_share_one_run() {
    on_both(|| {
        let (flights, runs) = (Flights::default(), Arc::new(AtomicUsize::new(0)));
        for round in 1..=5 {
            let first = {
                let (flights, runs) = (flights.clone(), runs.clone());
                spawn(move || {
                    flights.work_shared("key", || {
                        until(|| flights.sharing(&"key") == Some(20));
                        runs.fetch_add(1, SeqCst);
                        vec![round]
                    })
                })
            };
            for sharer in sharers(&flights, &"key", 20) {
                assert_eq!(sharer.join().unwrap(), (vec![round], true));
            }
            assert_eq!(first.join().unwrap(), (vec![round], true));
            assert_eq!(runs.load(SeqCst), round);
            assert_eq!(flights.sharing(&"key"), None);
        }
    });
}

#[test]
fn nothing_is_kept() {
    on_both(|| {
        let flights = SingleFlight::new();
        for n in 0..10 {
            assert_eq!(flights.work_shared("key".to_owned(), || n), (n, false));
        }
        assert_eq!(format!("{flights:?}"), "SingleFlight { in_flight: 0 }");
    });
}

/// Two runs that wait for each other.
#[test]
fn keys_do_not_wait_for_each_other() {
    on_both(|| {
        let flights = Flights::default();
        let (ask, answer) = bounded(0);
        let one = {
            let flights = flights.clone();
            spawn(move || flights.work(1, || ask.send("from one").is_ok()))
        };
        assert!(flights.work(2, || answer.recv() == Ok("from one")));
        assert!(one.join().unwrap());
    });
}

#[test]
fn a_panic_is_shared() {
    on_both(|| {
        let flights = Flights::<_, u32>::default();
        let first = {
            let flights = flights.clone();
            spawn(move || {
                flights.work("key", || {
                    until(|| flights.sharing(&"key") == Some(5));
                    panic_any("this panic belongs to the test")
                })
            })
        };
        let shared = "the call that this one shared panicked: this panic belongs to the test";
        for sharer in sharers(&flights, &"key", 5) {
            assert_eq!(text(&*sharer.join().unwrap_err()), shared);
        }
        assert_eq!(text(&*first.join().unwrap_err()), "this panic belongs to the test");
        assert_eq!(flights.work("key", || 7), 7);
    });
}

/// A value whose clone panics: it counts as a panic of the run.
#[test]
fn a_panic_of_clone_is_shared() {
    struct NoClone;
    impl Clone for NoClone {
        fn clone(&self) -> NoClone {
            panic!("this panic belongs to the test, too")
        }
    }
    on_both(|| {
        let flights = Flights::default();
        let first = {
            let flights = flights.clone();
            spawn(move || {
                flights.work("key", || {
                    until(|| flights.sharing(&"key") == Some(1));
                    NoClone
                });
            })
        };
        for sharer in sharers(&flights, &"key", 1) {
            let Err(payload) = sharer.join() else { panic!("there is no value to share") };
            assert!(text(&*payload).ends_with("belongs to the test, too"));
        }
        assert!(first.join().is_err());
        assert!(matches!(flights.work_shared("key", || NoClone), (NoClone, false)));
    });
}

#[test]
fn an_exit_is_shared() {
    on_both(|| {
        for swallowed in [false, true] {
            let flights = Flights::<_, u32>::default();
            let first = {
                let flights = flights.clone();
                spawn(move || {
                    flights.work("key", || {
                        until(|| flights.sharing(&"key") == Some(4));
                        if !swallowed {
                            goexit();
                        }
                        let _kept = ManuallyDrop::new(catch_unwind(|| goexit()));
                        7
                    })
                })
            };
            let sharers = sharers(&flights, &"key", 3);
            let on_thread = {
                let flights = flights.clone();
                thread::spawn(move || message(|| flights.work("key", || unreachable!())))
            };
            assert!(first.join().unwrap_err().is::<Goexit>());
            for sharer in sharers {
                assert!(sharer.join().unwrap_err().is::<Goexit>());
            }
            until(|| on_thread.is_finished());
            let message = on_thread.join().unwrap();
            assert_eq!(message, "the call that this one shared has called goexit");
            assert_eq!(flights.work("key", || 7), 7);
        }
    });
}

#[test]
fn forgotten_runs_go_on_beside_new_ones() {
    on_both(|| {
        let flights = Flights::default();
        let start = |value: &'static str| {
            let (open, gate) = bounded::<()>(0);
            let flights = flights.clone();
            let run = spawn(move || {
                flights.work_shared("key", || {
                    assert!(gate.recv().is_err());
                    value
                })
            });
            (open, run)
        };
        let (open_old, old) = start("old");
        let of_old = sharers(&flights, &"key", 2);
        until(|| flights.sharing(&"key") == Some(2));
        flights.forget(&"key");
        assert_eq!(flights.sharing(&"key"), None);

        let (open_new, new) = start("new");
        let of_new = sharers(&flights, &"key", 2);
        until(|| flights.sharing(&"key") == Some(2));

        // The end of the old one does not end the new one.
        open_old.close();
        for call in of_old.into_iter().chain([old]) {
            assert_eq!(call.join().unwrap(), ("old", true));
        }
        assert_eq!(flights.sharing(&"key"), Some(2));
        open_new.close();
        for call in of_new.into_iter().chain([new]) {
            assert_eq!(call.join().unwrap(), ("new", true));
        }
        flights.forget(&"key");
    });
}

/// Never two runs for one key at once, and no result of a run that was over before the call.
#[test]
fn stress() {
    const KEYS: usize = 4;
    #[derive(Default)]
    struct Key {
        runs: AtomicBool,
        begun: AtomicUsize,
        ended: AtomicUsize,
    }
    let _watchdog = watchdog();
    let (random, flights) = (Random::new(), SingleFlight::new());
    let (keys, shared) = (<[Key; KEYS]>::default(), Arc::new(AtomicUsize::new(0)));
    crowd(6, 3, {
        let shared = shared.clone();
        move |_| {
            for _ in 0..1_000 {
                let number = random.below(KEYS as u64) as usize;
                let key = &keys[number];
                let ended = key.ended.load(SeqCst);
                let (run, was_shared) = flights.work_shared(number, || {
                    assert!(!key.runs.swap(true, SeqCst));
                    let run = key.begun.fetch_add(1, SeqCst);
                    (0..random.below(5)).for_each(|_| gosched());
                    key.ended.fetch_add(1, SeqCst);
                    key.runs.store(false, SeqCst);
                    run
                });
                // The last of those that ended may not have been over yet.
                assert!(run + 1 >= ended, "run {run}, but {ended} had ended before the call");
                shared.fetch_add(usize::from(was_shared), SeqCst);
            }
        }
    });
    assert_ne!(shared.load(SeqCst), 0);
}
