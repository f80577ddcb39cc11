//! Starting goroutines and joining them: results, names, ids, and that every value ends
//! exactly once, in whatever order goroutine, handle and result come to their ends.

mod support;

use std::collections::HashSet;
use std::hint::black_box;
use std::panic::{RefUnwindSafe, UnwindSafe, panic_any};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::thread;

use gmp::chan::{Receiver, bounded};
use gmp::{Builder, GoId, JoinHandle, go, gosched, spawn};
use support::child::{child, main, programs};
use support::process::holds_a_crowd;
use support::{Counted, Drops, Random, join_thread, until, watchdog};

#[test]
fn program() {
    programs(&[("first", || main(first))]);
}

fn first() {
    let me = gmp::current().expect("main is a goroutine");
    println!("id={}", me.id());
    println!("name={}", me.name().unwrap_or_default());
    println!("goroutines={}", gmp::num_goroutine());
    println!(
        "other={}",
        go!(|| gmp::current().map(|me| me.id().as_u64())).join().unwrap().unwrap()
    );
}

#[test]
fn main_is_goroutine_1() {
    let _watchdog = watchdog();
    let ended = child("first").run();
    ended.exits(0);
    assert_eq!(ended.value("id"), "1");
    assert_eq!(ended.value("name"), "main");
    assert_eq!(ended.value("goroutines"), "1");
    assert_ne!(ended.value("other"), "1");
}

// --- results ------------------------------------------------------------------------------

#[gmp::test]
fn results_come_back() {
    let _watchdog = watchdog();
    assert_eq!(go!(|| 7_u64).join().unwrap(), 7);
    assert_eq!(spawn(|| "text".to_owned()).join().unwrap(), "text");
    assert_eq!(Builder::new().spawn(|| vec![1, 2]).unwrap().join().unwrap(), [1, 2]);
    let nested = spawn(|| spawn(|| spawn(|| 3).join().unwrap() + 1).join().unwrap() + 1);
    assert_eq!(nested.join().unwrap(), 5);
}

#[gmp::test]
fn joins_from_goroutines_and_threads_before_and_after_the_end() {
    let _watchdog = watchdog();
    for early in [true, false] {
        for by_thread in [true, false] {
            let (release, gate) = bounded::<()>(0);
            let (in_join, about_to_join) = mpsc::channel();
            let handle = go!(move || {
                let _ = gate.recv();
                [early, by_thread]
            });
            if !early {
                release.close();
                until(|| handle.is_finished());
            }
            let join = move || {
                in_join.send(()).unwrap();
                handle.join()
            };
            let waiting = if by_thread {
                Waiter::Thread(thread::spawn(join))
            } else {
                Waiter::Goroutine(spawn(join))
            };
            until(|| about_to_join.try_recv().is_ok());
            if early {
                release.close();
            }
            assert_eq!(waiting.result(), [early, by_thread]);
        }
    }
}

enum Waiter<T> {
    Thread(thread::JoinHandle<thread::Result<T>>),
    Goroutine(JoinHandle<thread::Result<T>>),
}

impl<T> Waiter<T> {
    fn result(self) -> T {
        match self {
            Waiter::Thread(handle) => join_thread(handle).unwrap(),
            Waiter::Goroutine(handle) => handle.join().unwrap().unwrap(),
        }
    }
}

#[gmp::test]
fn a_handle_tells_when_its_goroutine_has_ended() {
    let _watchdog = watchdog();
    let (release, gate) = bounded::<()>(0);
    let handle = go!(move || gate.recv_ok());
    for _ in 0..100 {
        gosched();
        assert!(!handle.is_finished());
    }
    release.close();
    until(|| handle.is_finished());
    assert!(handle.is_finished());
    assert_eq!(handle.join().unwrap(), (None, false));
}

#[gmp::test]
fn handles_are_shared_and_sent() {
    let _watchdog = watchdog();
    fn sendable<T: Send + Sync + UnwindSafe + RefUnwindSafe>(value: T) -> T {
        value
    }
    let handle = sendable(go!(<name = "shown"> { std::cell::Cell::new(1) }));
    let handle = Arc::new(handle);
    let shared = Arc::clone(&handle);
    join_thread(thread::spawn(move || until(|| shared.is_finished())));
    let handle = Arc::into_inner(handle).expect("the thread is gone");
    let text = format!("{handle:?}");
    assert!(text.contains("shown") && text.contains("finished: true"), "{text}");
    assert_eq!(handle.join().unwrap().get(), 1);
}

#[gmp::test]
fn names_and_ids_agree_inside_and_outside() {
    let _watchdog = watchdog();
    let inside = || {
        let me = gmp::current().unwrap();
        (me.id(), me.name().map(str::to_owned))
    };
    let built = |builder: Builder| builder.spawn(inside).unwrap();
    for (handle, name) in [
        (built(Builder::new().name("static")), Some("static")),
        (built(Builder::new().name(format!("own{}", "ed"))), Some("owned")),
        (built(Builder::new().name("")), None),
        (spawn(inside), None),
        (go!(<name = "option"> inside()), Some("option")),
    ] {
        let id = handle.id();
        until(|| handle.is_finished());
        assert_eq!(handle.name(), name);
        assert_eq!(handle.join().unwrap(), (id, name.map(str::to_owned)));
    }
    assert!(join_thread(thread::spawn(|| gmp::current().is_none())));
}

#[gmp::test]
fn ids_are_unique_whoever_spawns() {
    const EACH: usize = 2_000;
    let _watchdog = watchdog();
    let mine = || {
        let handles = (0..EACH).map(|_| spawn(|| gmp::current().unwrap().id()));
        handles.map(|handle| handle.join().unwrap()).collect::<Vec<GoId>>()
    };
    let goroutines: Vec<_> = (0..3).map(|_| spawn(mine)).collect();
    let threads: Vec<_> = (0..2).map(|_| thread::spawn(mine)).collect();
    let mut seen = HashSet::new();
    let found = goroutines.into_iter().flat_map(|handle| handle.join().unwrap());
    for id in found.chain(threads.into_iter().flat_map(join_thread)) {
        assert!(id.as_u64() > 0 && seen.insert(id), "{id} twice");
    }
    assert_eq!(seen.len(), 5 * EACH);
}

fn crowd() -> usize {
    if holds_a_crowd() { 100_000 } else { 10_000 }
}

#[gmp::test]
fn a_crowd_is_spawned_and_joined() {
    let _watchdog = watchdog();
    let handles: Vec<_> = (0..crowd()).map(|n| spawn(move || n)).collect();
    for (n, handle) in handles.into_iter().enumerate() {
        assert_eq!(handle.join().unwrap(), n);
    }
}

#[gmp::test]
fn a_crowd_is_spawned_and_forgotten() {
    let _watchdog = watchdog();
    let ran = Arc::new(AtomicUsize::new(0));
    let tenth = crowd() / 10;
    for part in 1..=10 {
        for _ in 0..tenth {
            let ran = Arc::clone(&ran);
            go!(move || ran.fetch_add(1, SeqCst));
        }
        until(|| ran.load(SeqCst) == part * tenth);
    }
}

// --- ends ---------------------------------------------------------------------------------

/// When a handle goes, seen from its goroutine.
#[derive(Clone, Copy, Debug)]
enum Fate {
    DroppedBeforeRun,
    DroppedWhileParked,
    DroppedAfterEnd,
    DroppedByThread,
    Joined,
    JoinedWhileParked,
}

const FATES: [Fate; 6] = [
    Fate::DroppedBeforeRun,
    Fate::DroppedWhileParked,
    Fate::DroppedAfterEnd,
    Fate::DroppedByThread,
    Fate::Joined,
    Fate::JoinedWhileParked,
];

/// A goroutine that owns `held`, parks until the gate closes, and ends with `result`,
/// returned or as the payload of its panic.
fn holding(
    gate: Receiver<()>,
    held: Counted,
    result: Counted,
    panics: bool,
) -> JoinHandle<Counted> {
    go!(move || {
        let _held = held;
        let _ = gate.recv();
        if panics {
            std::panic::resume_unwind(Box::new(result));
        }
        result
    })
}

#[gmp::test]
fn closures_and_results_are_dropped_once_in_every_order() {
    let _watchdog = watchdog();
    for (fate, panics) in FATES.into_iter().flat_map(|fate| [(fate, false), (fate, true)]) {
        let (held, result) = (Drops::new(), Drops::new());
        let (release, gate) = bounded::<()>(0);
        let handle = holding(gate.clone(), held.value(), result.value(), panics);
        let parked = || gate.waiting_receivers() == 1;
        let open = |handle: Option<&JoinHandle<Counted>>| {
            release.close();
            until(|| held.count() == 1 && handle.is_none_or(JoinHandle::is_finished));
        };
        match fate {
            Fate::DroppedBeforeRun => {
                drop(handle);
                open(None);
            }
            Fate::DroppedWhileParked => {
                until(parked);
                drop(handle);
                open(None);
            }
            Fate::DroppedAfterEnd => {
                open(Some(&handle));
                assert_eq!(result.count(), 0, "{fate:?}: still the handle's");
                drop(handle);
                assert_eq!(result.count(), 1, "{fate:?}: dropped with the handle");
            }
            Fate::DroppedByThread => {
                open(Some(&handle));
                join_thread(thread::spawn(move || drop(handle)));
            }
            Fate::Joined => {
                open(Some(&handle));
                let ended = handle.join();
                assert_eq!((ended.is_err(), result.count()), (panics, 0), "{fate:?}");
                drop(ended);
            }
            Fate::JoinedWhileParked => {
                until(parked);
                let joiner = spawn(move || handle.join().is_err());
                open(None);
                assert_eq!(joiner.join().unwrap(), panics, "{fate:?}");
            }
        }
        until(|| result.count() == 1);
        for _ in 0..100 {
            gosched();
        }
        assert_eq!((held.count(), result.count()), (1, 1), "{fate:?}, panics: {panics}");
    }
}

/// Handles go while their goroutines end: each drop must be someone's, and only one's.
#[gmp::test]
fn handles_dropped_during_the_end() {
    const ROUNDS: usize = 20_000;
    let _watchdog = watchdog();
    let random = Random::new();
    let (held, result) = (Drops::new(), Drops::new());
    let (handles, graveyard) = bounded::<JoinHandle<Counted>>(64);
    let digger = thread::spawn(move || {
        for (n, handle) in graveyard.iter().enumerate() {
            if n % 3 == 0 { drop(handle.join()) } else { drop(handle) }
        }
    });
    for _ in 0..ROUNDS {
        let (held, result) = (held.value(), result.value());
        let spins = random.below(200);
        let handle = spawn(move || {
            let _held = held;
            (0..spins).for_each(|n| _ = black_box(n));
            result
        });
        match random.below(4) {
            0 => drop(handle),
            1 => drop(handle.join()),
            _ => handles.send(handle).unwrap(),
        }
    }
    handles.close();
    join_thread(digger);
    until(|| held.count() == ROUNDS && result.count() == ROUNDS);
}

#[gmp::test]
fn a_goroutine_that_cannot_start_drops_its_closure() {
    let _watchdog = watchdog();
    for bytes in [0, 16 * 1024 - 1, (1 << 30) + 1, usize::MAX] {
        let drops = Drops::new();
        let held = drops.value();
        let named = Builder::new().name("a name".to_owned()).stack_size(bytes);
        let error = named.spawn(move || drop(held)).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
        let text = error.to_string();
        assert!(text.contains("16 KiB") && text.contains("1 GiB"), "{text}");
        assert!(text.contains(&bytes.to_string()), "{text}");
        assert_eq!(drops.count(), 1);
    }
}

/// Panics when it is dropped, unless it is defused.
struct Bomb(Arc<AtomicBool>, Drops);

impl Drop for Bomb {
    fn drop(&mut self) {
        drop(self.1.value());
        if self.0.load(SeqCst) {
            panic!("the result's destructor panics, as the test wants");
        }
    }
}

#[gmp::test]
fn a_result_whose_destructor_panics_harms_nobody() {
    let _watchdog = watchdog();
    for finished in [false, true] {
        let (armed, drops) = (Arc::new(AtomicBool::new(true)), Drops::new());
        let (release, gate) = bounded::<()>(0);
        let bomb = Bomb(Arc::clone(&armed), drops.clone());
        let handle = go!(move || {
            let _ = gate.recv();
            bomb
        });
        if finished {
            release.close();
            until(|| handle.is_finished());
            drop(handle);
        } else {
            drop(handle);
            release.close();
        }
        until(|| drops.count() == 1);
    }
    // A joined one is the joiner's to drop, and so is its panic.
    let bomb = Bomb(Arc::new(AtomicBool::new(true)), Drops::new());
    let joined = go!(move || bomb).join().unwrap();
    assert!(std::panic::catch_unwind(|| drop(joined)).is_err());
    // The stacks of the above are used again.
    let handles: Vec<_> = (0..200).map(|n| spawn(move || n)).collect();
    let results = handles.into_iter().map(|handle| handle.join());
    assert!(results.enumerate().all(|(n, result)| result.is_ok_and(|r| r == n)));
}

#[gmp::test]
fn panics_are_returned_and_isolated() {
    let _watchdog = watchdog();
    let payload = go!(|| panic_any(41_u32)).join().unwrap_err();
    assert_eq!(*payload.downcast::<u32>().unwrap(), 41);
    let payload = go!(|| panic!("as test {} wants", black_box(5))).join().unwrap_err();
    assert_eq!(*payload.downcast::<String>().unwrap(), "as test 5 wants");
    // The panic of a nested goroutine is its joiner's business alone.
    let outer = go!(|| go!(|| panic!("as the test wants")).join().is_err());
    assert!(outer.join().unwrap());
}

// --- unusual values -----------------------------------------------------------------------

const KIB: usize = 1024;

#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line([u8; 64]);

#[derive(Clone, Copy)]
#[repr(align(4096))]
struct Page([u8; 4096]);

fn address<T>(value: &T) -> usize {
    std::ptr::from_ref(black_box(value)) as usize
}

/// Sends `N` bytes in and gets `N` others back. The body needs little stack of its own.
fn there_and_back<const N: usize>() {
    let drops = Drops::new();
    let held = drops.value();
    let mut bytes = [7_u8; N];
    bytes[N - 1] = 9;
    let handle = spawn(move || {
        let _held = held;
        assert!(bytes.iter().rev().skip(1).all(|&byte| byte == 7) && bytes[N - 1] == 9);
        [8_u8; N]
    });
    assert!(handle.join().unwrap().iter().all(|&byte| byte == 8));
    assert_eq!(drops.count(), 1);
}

#[gmp::test]
fn large_closures_and_results() {
    let _watchdog = watchdog();
    // The caller's copies need room too.
    let roomy = || Builder::new().stack_size(64 << 20);
    roomy().spawn(there_and_back::<{ 3 * KIB }>).unwrap().join().unwrap();
    roomy().spawn(there_and_back::<{ 17 * KIB }>).unwrap().join().unwrap();
    roomy().spawn(there_and_back::<{ 300 * KIB }>).unwrap().join().unwrap();
    roomy().spawn(there_and_back::<{ 1024 * KIB }>).unwrap().join().unwrap();
    // From a plain thread, and with a stack that is asked for but too small for them.
    let large = [3_u8; 40 * KIB];
    let handle = thread::spawn(move || {
        Builder::new().stack_size(16 * KIB).spawn(move || [large[0] * 2; 40 * KIB]).unwrap()
    });
    assert!(join_thread(handle).join().unwrap().iter().all(|&byte| byte == 6));
}

#[gmp::test]
fn aligned_closures_and_results() {
    let _watchdog = watchdog();
    for stack in [16 * KIB, 64 * KIB, 256 * KIB] {
        for n in 0..20 {
            let (line, page) = (Line([n; 64]), Page([n; 4096]));
            let build = || Builder::new().stack_size(stack);
            let lines = build().spawn(move || {
                assert!(address(&line).is_multiple_of(64) && line.0 == [n; 64]);
                line
            });
            let pages = build().spawn(move || {
                assert!(address(&page).is_multiple_of(4096) && page.0 == [n; 4096]);
                page
            });
            assert_eq!(lines.unwrap().join().unwrap().0, [n; 64]);
            assert_eq!(pages.unwrap().join().unwrap().0, [n; 4096]);
        }
    }
}

#[gmp::test]
fn closures_and_results_of_no_size() {
    struct Nothing;
    static DROPS: AtomicUsize = AtomicUsize::new(0);
    impl Drop for Nothing {
        fn drop(&mut self) {
            DROPS.fetch_add(1, SeqCst);
        }
    }
    let _watchdog = watchdog();
    let nothing = Nothing;
    let handle = go!(move || nothing);
    until(|| handle.is_finished());
    assert_eq!(DROPS.load(SeqCst), 0);
    drop(handle.join());
    assert_eq!(DROPS.load(SeqCst), 1);
    go!(|| Nothing);
    until(|| DROPS.load(SeqCst) == 2);
    go!(|| ()).join().unwrap();
}
