//! `Pool`: nothing is lost, nothing is in two hands, and what is put is used again.

mod common;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use common::{Drops, Random, Token, crowd, on_both, start, watchdog};
use gmp_sync::{Pool, PoolGuard};

/// Held by tests that change the number of Ps, or count on it. (This is a program by itself: those
/// of other types change it, too.)
static PROCS: Mutex<()> = Mutex::new(());

fn keep_procs() -> MutexGuard<'static, ()> {
    PROCS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a pool keeps at most, with `procs` Ps or CPUs.
fn most(procs: usize) -> usize {
    // Threads use the shards of as many Ps as there are CPUs, rounded up.
    9 * procs.max(gmp_core::num_cpu().next_power_of_two()) + 256
}

#[test]
fn bounds() {
    fn shared<T: Send + Sync>() {}
    // The values are in one hand at a time.
    shared::<Pool<Cell<u8>>>();
    fn debug<T: std::fmt::Debug>() {}
    debug::<Pool<Cell<u8>>>();
}

/// On a plain thread, which nobody takes to another P.
#[test]
fn what_was_put_is_got() {
    let pool = Pool::new(|| "made");
    assert_eq!(pool.get(), "made");
    pool.put("put");
    assert_eq!(pool.get(), "put");
    assert_eq!(pool.get(), "made");
    for value in ["a", "b", "c"] {
        pool.put(value);
    }
    let mut got = [(); 3].map(|()| pool.get());
    got.sort_unstable();
    assert_eq!(got, ["a", "b", "c"]);
    assert_eq!(pool.get(), "made");
    assert_eq!(Pool::<u8>::default().get(), 0);
}

/// A goroutine gets what it put, unless it was moved to another P in between.
#[test]
fn a_goroutine_finds_what_it_put() {
    const ROUNDS: usize = 1_000;
    let _watchdog = watchdog();
    start();
    let found = gmp_core::spawn(|| {
        let rounds = (1..=ROUNDS).filter(|n| {
            let pool = Pool::new(|| 0);
            pool.put(*n);
            pool.get() == *n
        });
        rounds.count()
    });
    let found = found.join().unwrap();
    assert!(found > ROUNDS * 9 / 10, "{found} of {ROUNDS}");
}

#[test]
fn guards_put_back() {
    let pool = Pool::new(|| vec![0]);
    pool.get_guard().push(1);
    let mut guard = pool.get_guard();
    assert_eq!(*guard, [0, 1]);
    assert_eq!(format!("{guard:?}"), "[0, 1]");
    guard.push(2);
    assert_eq!(PoolGuard::into_inner(guard), [0, 1, 2]);
    assert_eq!(*pool.get_guard(), [0], "a new one, which is there from now on");
    // A panic drops a guard as well.
    let panics = catch_unwind(AssertUnwindSafe(|| {
        pool.get_guard().push(3);
        let _guard = pool.get_guard();
        panic!("with a guard");
    }));
    assert!(panics.is_err());
    assert_eq!(pool.get(), [0, 3]);
}

/// A value, which notices if it is in two hands, and counts its drop.
struct Piece {
    id: usize,
    used: AtomicBool,
    _token: Token,
}

impl Piece {
    fn take(&self) {
        assert!(!self.used.swap(true, Ordering::SeqCst), "{} is in two hands", self.id);
    }

    fn leave(&self) {
        assert!(self.used.swap(false, Ordering::SeqCst), "{} was in no hand", self.id);
    }
}

/// Values come and go; in the end each one that was made is dropped once.
fn churn(goroutines: usize, threads: usize, most_at_once: u64) {
    let (drops, made) = (Drops::default(), Arc::new(AtomicUsize::new(0)));
    let (tokens, ids) = (drops.clone(), Arc::clone(&made));
    let pool = Pool::new(move || Piece {
        id: ids.fetch_add(1, Ordering::SeqCst),
        used: AtomicBool::new(false),
        _token: tokens.token(),
    });
    let (pool, random) = (Arc::new(pool), Random::new());
    let shared = Arc::clone(&pool);
    crowd(goroutines, threads, move |_| {
        let mut mine = Vec::new();
        for _ in 0..2_000 {
            if random.below(2) == 0 && (mine.len() as u64) < most_at_once {
                let piece: Piece = shared.get();
                piece.take();
                mine.push(piece);
            } else if let Some(piece) = mine.pop() {
                piece.leave();
                shared.put(piece);
            }
            if random.below(8) == 0 {
                gmp_core::gosched();
            }
        }
        for piece in mine {
            piece.leave();
            shared.put(piece);
        }
    });
    let made = made.load(Ordering::SeqCst);
    let kept = made - drops.count();
    assert!(kept > 0 && kept <= most(gmp_core::gomaxprocs(0)), "{kept} are kept");
    // They are all found from one place, but those in the slots of other Ps.
    let found = (0..made).map(|_| pool.get()).filter(|piece| piece.id < made).count();
    assert!(found + gmp_core::gomaxprocs(0) >= kept, "{found} of {kept} were found");
    drop(pool);
    assert_eq!(drops.alive(), 0);
}

#[test]
fn churn_of_few() {
    let _procs = keep_procs();
    let _watchdog = watchdog();
    churn(10, 4, 4);
}

#[test]
fn churn_of_many() {
    let _procs = keep_procs();
    let _watchdog = watchdog();
    churn(10, 4, 200);
}

/// What one goroutine puts another one gets, wherever it runs; so do threads.
#[test]
fn others_take() {
    let _procs = keep_procs();
    let _watchdog = watchdog();
    let pool = Arc::new(Pool::new(|| 0));
    // More than the slots and the stack of one P hold, so that all ways are gone.
    const PUT: usize = 100;
    let puts = Arc::clone(&pool);
    start();
    gmp_core::spawn(move || (1..=PUT).for_each(|n| puts.put(n))).join().unwrap();
    let gets = Arc::clone(&pool);
    let got = thread::spawn(move || (0..PUT).filter(|_| gets.get() != 0).count());
    let got = got.join().unwrap();
    // The goroutine may have moved, so that several slots are full.
    assert!(got + gmp_core::gomaxprocs(0) >= PUT && got <= PUT, "{got} of {PUT}");
}

/// A pool keeps so many values and drops the rest at once.
#[test]
fn what_is_kept_is_bounded() {
    let _procs = keep_procs();
    on_both(|| {
        let drops = Drops::default();
        let tokens = drops.clone();
        let pool = Pool::new(move || tokens.token());
        let many: Vec<_> = (0..10_000).map(|_| pool.get()).collect();
        assert_eq!((drops.count(), many.len()), (0, 10_000));
        many.into_iter().for_each(|token| pool.put(token));
        let kept = 10_000 - drops.count();
        // At the least what the stack of one shard holds, and the spare list.
        let range = 8 + 256..=most(gmp_core::gomaxprocs(0));
        assert!(range.contains(&kept), "{kept} are kept");
        drop(pool);
        assert_eq!((drops.count(), drops.alive()), (10_000, 0));
    });
}

/// Ps that come later have shards, too.
#[test]
fn more_procs() {
    let _procs = keep_procs();
    let _watchdog = watchdog();
    start();
    let before = gmp_core::gomaxprocs(0);
    for procs in [1, 3, 40, 2] {
        gmp_core::gomaxprocs(procs);
        churn(20, 2, 3);
    }
    gmp_core::gomaxprocs(before);
}

/// The function that makes values, and the drop of one, may use the pool.
#[test]
fn nested_use() {
    struct Uses(Arc<Pool<Vec<u8>>>);
    impl Drop for Uses {
        fn drop(&mut self) {
            self.0.put(vec![7]);
        }
    }
    on_both(|| {
        let inner = Arc::new(Pool::new(Vec::new));
        let other = Arc::clone(&inner);
        let pool = Arc::new(Pool::new(move || {
            drop(other.get());
            Uses(Arc::clone(&other))
        }));
        let all: Vec<_> = (0..600).map(|_| pool.get()).collect();
        all.into_iter().for_each(|uses| pool.put(uses));
        drop(pool);
        assert_eq!(inner.get(), [7]);
    });
}

/// A goroutine that ends by `goexit` puts its guard's value back.
#[test]
fn an_ending_goroutine_puts_back() {
    on_both(|| {
        let drops = Drops::default();
        let (tokens, made) = (drops.clone(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&made);
        let pool = Arc::new(Pool::new(move || {
            count.fetch_add(1, Ordering::SeqCst);
            tokens.token()
        }));
        let exits = Arc::clone(&pool);
        let exits = gmp_core::spawn(move || {
            let _guard = exits.get_guard();
            gmp_core::goexit();
        });
        assert!(exits.join().is_err());
        assert_eq!((made.load(Ordering::SeqCst), drops.count()), (1, 0));
    });
}
