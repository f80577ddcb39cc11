//! What preemption leaves alone: a goroutine's thread, thread-locals, unwinding; and changes of
//! GOMAXPROCS meanwhile.

use std::cell::{Cell, RefCell};
use std::panic::{catch_unwind, panic_any, set_hook};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use gmp::{Goexit, JoinHandle, go, goexit, gomaxprocs, gosched, stats};

use crate::os;
use crate::support::{Random, within};
use crate::work::{Hogs, Kind, compute, prepare};

thread_local! {
    static MARK: Cell<u64> = const { Cell::new(0) };
    /// With a destructor, and made on demand.
    static LAZY: RefCell<Vec<u64>> = RefCell::new(Vec::with_capacity(4));
}

#[inline(never)]
fn address() -> usize {
    MARK.with(|mark| ptr::from_ref(mark) as usize)
}

/// Three slices or so without a call of gmp. Whoever else ran on this thread meanwhile would
/// leave his mark, or find ours.
#[inline(never)]
fn stretch(mark: u64) {
    let (home, place) = (os::tid(), address());
    assert_eq!(MARK.replace(mark), 0, "somebody is on thread {home}");
    LAZY.with_borrow_mut(|list| {
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(25) {
            Kind::Memory.block();
            list.push(mark);
            assert_eq!((os::tid(), address(), MARK.get()), (home, place, mark));
            if list.len() == 4 {
                assert!(list.drain(..).all(|seen| seen == mark));
            }
        }
        list.clear();
    });
    assert_eq!(MARK.replace(0), mark);
}

pub(crate) fn stays() {
    prepare();
    let stop = Arc::new(AtomicBool::new(false));
    let goroutines: Vec<_> = (1..=2 * gomaxprocs(0) as u64 + 1)
        .map(|mark| {
            let stop = Arc::clone(&stop);
            go!(move || while !stop.load(SeqCst) {
                stretch(mark);
                gosched();
            })
        })
        .collect();
    let before = stats().preemptions;
    assert!(within(Duration::from_secs(30), || stats().preemptions > before + 60), "{}", stats());
    stop.store(true, SeqCst);
    goroutines.into_iter().for_each(|handle| handle.join().expect("it stays where it is"));
}

/// Hogs on all Ps there ever are, and some without one.
pub(crate) fn resized() {
    const MOST: u64 = 6;
    const CHANGES: usize = 40;
    let random = Random::new();
    let hogs = Hogs::mixed(MOST as usize + 1);
    hogs.all_get_on();
    let mut slowest = Duration::ZERO;
    for _ in 0..CHANGES {
        let (n, start) = (1 + random.below(MOST) as usize, Instant::now());
        gomaxprocs(n);
        slowest = slowest.max(start.elapsed());
        assert_eq!((gomaxprocs(0), stats().gomaxprocs), (n, n));
        assert_eq!(go!(move || n).join().unwrap(), n);
    }
    println!("slowest {slowest:?}");
    hogs.all_get_on();
    hogs.stop();
}

// --- leaving ------------------------------------------------------------------------------

/// Computes for more than a slice while it is dropped.
struct Computes(Arc<AtomicUsize>);

impl Drop for Computes {
    fn drop(&mut self) {
        let home = os::tid();
        compute(Kind::Memory, Duration::from_millis(15));
        // It must not panic: its goroutine may unwind.
        self.0.fetch_add(usize::from(os::tid() == home), SeqCst);
    }
}

/// A panic that the test wants.
#[derive(Debug, PartialEq)]
struct Wanted(usize);

fn leave(n: usize, dropped: Arc<AtomicUsize>) {
    let _outer = Computes(Arc::clone(&dropped));
    let _inner = Computes(dropped);
    match n % 3 {
        0 => goexit(),
        1 => panic_any(Wanted(n)),
        _ => {}
    }
    // Swallowed, for a while: it exits all the same when it next calls gmp.
    let swallowed = catch_unwind(|| goexit());
    compute(Kind::Floats, Duration::from_millis(15));
    Box::leak(Box::new(swallowed));
    gosched();
    REACHED.store(true, SeqCst);
}

static REACHED: AtomicBool = AtomicBool::new(false);

pub(crate) fn leaves() {
    const LEAVERS: usize = 18;
    let usual = std::panic::take_hook();
    set_hook(Box::new(move |info| {
        if !info.payload().is::<Wanted>() {
            usual(info);
        }
    }));
    let hogs = Hogs::mixed(gomaxprocs(0) + 1);
    let dropped = Arc::new(AtomicUsize::new(0));
    let before = stats().preemptions;
    let leavers: Vec<JoinHandle<()>> = (0..LEAVERS)
        .map(|n| {
            let dropped = Arc::clone(&dropped);
            go!(move || leave(n, dropped))
        })
        .collect();
    for (n, leaver) in leavers.into_iter().enumerate() {
        let payload = leaver.join().expect_err("it leaves");
        match n % 3 {
            1 => assert_eq!(payload.downcast_ref(), Some(&Wanted(n))),
            _ => assert!(payload.is::<Goexit>()),
        }
    }
    assert_eq!(dropped.load(SeqCst), 2 * LEAVERS);
    assert!(!REACHED.load(SeqCst), "a goroutine went on after goexit");
    assert!(stats().preemptions >= before + LEAVERS as u64, "{}", stats());
    hogs.all_get_on();
    hogs.stop();
}
