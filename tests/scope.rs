//! What a goroutine borrows and what it owns: scopes and goroutine-local values.

mod support;

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;

use gmp::{AccessError, Builder, go, goexit, goroutine_local, gosched, scope};
use support::child::{child, main, programs};
use support::{Counted, Drops, join_thread, until, watchdog};

#[test]
fn program() {
    programs(&[("one_p", || main(leftovers))]);
}

// --- scopes -------------------------------------------------------------------------------

/// The same on a goroutine and on a plain thread.
fn everywhere(test: fn()) {
    test();
    join_thread(thread::spawn(test));
}

#[gmp::test]
fn scoped_goroutines_borrow() {
    let _watchdog = watchdog();
    everywhere(|| {
        let text = String::from("borrowed");
        let mut counts = [0; 100];
        let total = scope(|s| {
            for (n, count) in counts.iter_mut().enumerate() {
                s.spawn(move || {
                    gosched();
                    *count = n;
                });
            }
            let handles: Vec<_> = (0..10).map(|_| go!(s, || text.len())).collect();
            handles.into_iter().map(|handle| handle.join().unwrap()).sum::<usize>()
        });
        assert_eq!(total, 80);
        assert!(counts.iter().enumerate().all(|(n, &count)| n == count));
    });
}

#[gmp::test]
fn a_scope_waits_for_all() {
    let _watchdog = watchdog();
    everywhere(|| {
        let ended = AtomicUsize::new(0);
        scope(|s| {
            for n in 0..200_u64 {
                let ended = &ended;
                s.spawn(move || {
                    gmp::time::sleep(std::time::Duration::from_micros(n * 20 % 3_000));
                    // Of one goroutine of the scope by another, after the body's end.
                    s.spawn(move || {
                        gosched();
                        ended.fetch_add(1, SeqCst);
                    });
                    ended.fetch_add(1, SeqCst);
                });
            }
        });
        assert_eq!(ended.load(SeqCst), 400);
        // Nothing to wait for.
        assert_eq!(scope(|_| 5), 5);
    });
}

#[gmp::test]
fn scopes_nest_and_take_options() {
    let _watchdog = watchdog();
    everywhere(|| {
        let numbers = [1, 2, 3, 4];
        let sum = scope(|outer| {
            let (left, right) = numbers.split_at(2);
            let half = |part: &'static str, of| {
                let named = Builder::new().name(part).stack_size(100_000);
                let body = move || scope(|inner| go!(inner, sum_of(of)).join().unwrap());
                outer.spawn_with(named, body).unwrap()
            };
            let (left, right) = (half("left", left), half("right", right));
            assert_eq!((left.name(), right.name()), (Some("left"), Some("right")));
            assert_ne!(left.id(), right.id());
            left.join().unwrap() + right.join().unwrap()
        });
        assert_eq!(sum, 10);
    });
}

fn sum_of(numbers: &[i32]) -> i32 {
    numbers.iter().sum()
}

#[gmp::test]
fn results_are_dropped_before_the_scope_returns() {
    struct Borrows<'a>(&'a AtomicUsize, #[expect(dead_code, reason = "counts its drop")] Counted);
    impl Drop for Borrows<'_> {
        fn drop(&mut self) {
            // What it borrows must still be there.
            gosched();
            self.0.fetch_add(1, SeqCst);
        }
    }
    let _watchdog = watchdog();
    everywhere(|| {
        let (drops, seen) = (Drops::new(), AtomicUsize::new(0));
        for _ in 0..50 {
            scope(|s| {
                let (drops, seen) = (&drops, &seen);
                s.spawn(move || Borrows(seen, drops.value()));
                let early = s.spawn(move || Borrows(seen, drops.value()));
                until(|| early.is_finished());
                drop(early);
                let late = s.spawn(move || Borrows(seen, drops.value()));
                s.spawn(move || drop(late));
                drop(s.spawn(move || Borrows(seen, drops.value())).join());
            });
        }
        assert_eq!((drops.count(), seen.load(SeqCst)), (200, 200));
    });
}

#[gmp::test]
fn a_panic_reaches_the_scope_after_all_have_ended() {
    let _watchdog = watchdog();
    everywhere(|| {
        let ended = AtomicUsize::new(0);
        let caught = catch_unwind(AssertUnwindSafe(|| {
            scope(|s| {
                s.spawn(|| panic_any(7_u8));
                for _ in 0..20 {
                    s.spawn(|| {
                        (0..50).for_each(|_| gosched());
                        ended.fetch_add(1, SeqCst);
                    });
                }
            });
        }));
        assert_eq!(*caught.unwrap_err().downcast::<u8>().unwrap(), 7);
        assert_eq!(ended.load(SeqCst), 20);
        // The body's own panic comes before those of the goroutines.
        let caught = catch_unwind(AssertUnwindSafe(|| {
            scope(|s| {
                s.spawn(|| panic_any(1_u8));
                s.spawn(|| ended.fetch_add(1, SeqCst));
                panic_any("body");
            });
        }));
        assert_eq!(*caught.unwrap_err().downcast::<&str>().unwrap(), "body");
        assert_eq!(ended.load(SeqCst), 21);
        // A panic that was joined, or that was no panic, is nobody else's business.
        scope(|s| {
            assert!(s.spawn(|| panic_any(2_u8)).join().is_err());
            s.spawn(|| goexit());
        });
    });
}

/// A handle that is dropped has not been joined, whenever that happens.
#[gmp::test]
fn a_panic_reaches_the_scope_if_its_handle_is_dropped_late() {
    let _watchdog = watchdog();
    for round in 0..40 {
        let caught = catch_unwind(|| {
            scope(|s| {
                let handle = s.spawn(|| panic_any(3_u8));
                until(|| handle.is_finished());
                // From none to plenty of time to leave the scope.
                (0..round).for_each(|_| gosched());
                drop(handle);
            });
        });
        let payload = caught.expect_err("the panic got lost");
        assert_eq!(*payload.downcast::<u8>().unwrap(), 3);
    }
}

// --- goroutine-local values ---------------------------------------------------------------

goroutine_local! {
    static NUMBER: Cell<u32> = Cell::new(7);
    static CONSTANT: Cell<u32> = const { Cell::new(9) };
    static TEXT: RefCell<String> = RefCell::new(String::from("new"));
}

#[gmp::test]
fn each_goroutine_and_thread_has_its_own() {
    let _watchdog = watchdog();
    let mine = |n: u32| {
        move || {
            assert_eq!((NUMBER.with(Cell::get), CONSTANT.with(Cell::get)), (7, 9));
            TEXT.with(|text| assert_eq!(*text.borrow(), "new"));
            for round in 0..20 {
                NUMBER.with(|number| number.set(n + round));
                CONSTANT.with(|number| number.set(n * round));
                TEXT.with(|text| *text.borrow_mut() = format!("{n} {round}"));
                gosched();
                gmp::time::sleep(std::time::Duration::from_micros(10));
                let numbers = (NUMBER.with(Cell::get), CONSTANT.with(Cell::get));
                assert_eq!(numbers, (n + round, n * round));
                TEXT.with(|text| assert_eq!(*text.borrow(), format!("{n} {round}")));
            }
        }
    };
    let handles: Vec<_> = (0..50).map(|n| gmp::spawn(mine(n))).collect();
    let threads: Vec<_> = (50..53).map(|n| thread::spawn(mine(n))).collect();
    handles.into_iter().for_each(|handle| handle.join().unwrap());
    threads.into_iter().for_each(join_thread);
}

static MADE: AtomicUsize = AtomicUsize::new(0);

goroutine_local! {
    static LAZY: usize = MADE.fetch_add(1, SeqCst);
    static FRAGILE: u32 = {
        assert!(MAY_START.load(SeqCst), "as the test wants");
        5
    };
    static COMPOSED: u32 = {
        // Uses another key, and parks.
        gosched();
        NUMBER.with(Cell::get) + 1
    };
}

static MAY_START: AtomicBool = AtomicBool::new(false);

#[gmp::test]
fn values_are_made_on_first_use() {
    let _watchdog = watchdog();
    go!(gosched()).join().unwrap();
    assert_eq!(MADE.load(SeqCst), 0);
    for n in 0..5 {
        go!(move || (0..5).for_each(|_| LAZY.with(|&lazy| assert_eq!(lazy, n)))).join().unwrap();
    }
    assert_eq!(MADE.load(SeqCst), 5);
    go!(|| assert_eq!(COMPOSED.with(|n| *n), 8)).join().unwrap();
    // An initialiser that panics has made nothing, and may be tried again.
    let fragile = go!(|| {
        assert!(catch_unwind(|| FRAGILE.with(|_| ())).is_err());
        MAY_START.store(true, SeqCst);
        FRAGILE.with(|n| *n)
    });
    assert_eq!(fragile.join().unwrap(), 5);
}

goroutine_local! {
    static FIRST: RefCell<Option<Ends>> = RefCell::new(None);
    static SECOND: RefCell<Option<Ends>> = RefCell::new(None);
    static UNUSED: Ends = unreachable!("nobody uses it");
}

/// Notes its end; then does something, too.
struct Ends(&'static str, Arc<Mutex<Vec<&'static str>>>, fn());

impl Drop for Ends {
    fn drop(&mut self) {
        self.1.lock().unwrap().push(self.0);
        self.2();
    }
}

/// What is noted when `body` ends a goroutine with two values.
fn ends(first: fn(), second: fn(), body: fn()) -> Vec<&'static str> {
    let notes = Arc::new(Mutex::new(Vec::new()));
    let inside = Arc::clone(&notes);
    let handle = go!(move || {
        FIRST.fill(Ends("first", Arc::clone(&inside), first));
        SECOND.fill(Ends("second", inside, second));
        body();
    });
    drop(handle.join());
    std::mem::take(&mut *notes.lock().unwrap())
}

trait Fill {
    fn fill(&'static self, ends: Ends);
}

impl Fill for gmp::LocalKey<RefCell<Option<Ends>>> {
    fn fill(&'static self, ends: Ends) {
        self.with(|cell| *cell.borrow_mut() = Some(ends));
    }
}

#[gmp::test]
fn values_are_dropped_once_at_the_end_newest_first() {
    let _watchdog = watchdog();
    let nothing: fn() = || ();
    // However the goroutine ends, and before its joiner goes on.
    for body in [nothing, || panic!("as the test wants"), || goexit(), gosched] {
        assert_eq!(ends(nothing, nothing, body), ["second", "first"]);
    }
    // Whatever the destructors do: park, panic, use another key, start goroutines.
    let using: fn() = || NUMBER.with(|number| number.set(number.get() + 1));
    let panicking: fn() = || panic!("as the test wants");
    let starting: fn() = || go!(|| TEXT.with(|_| ())).join().unwrap();
    for act in [gosched, using, panicking, starting] {
        assert_eq!(ends(act, nothing, nothing), ["second", "first"]);
        assert_eq!(ends(nothing, act, nothing), ["second", "first"]);
    }
    // On plain threads too.
    let drops = Drops::new();
    goroutine_local! { static HELD: RefCell<Option<Counted>> = RefCell::new(None); }
    let held = drops.value();
    join_thread(thread::spawn(move || HELD.with(|cell| *cell.borrow_mut() = Some(held))));
    assert_eq!(drops.count(), 1);
}

goroutine_local! { static OWN: Asks = Asks(Arc::new(Mutex::new(None))); }

/// Uses its own key while it is dropped.
struct Asks(Arc<Mutex<Option<[bool; 2]>>>);

impl Drop for Asks {
    fn drop(&mut self) {
        let refused = OWN.try_with(|_| ()) == Err(AccessError);
        let panics = catch_unwind(|| OWN.with(|_| ())).is_err();
        *self.0.lock().unwrap() = Some([refused, panics]);
    }
}

#[gmp::test]
fn a_value_that_is_dropped_is_gone() {
    let _watchdog = watchdog();
    let answers = || OWN.with(|own| Arc::clone(&own.0));
    let of_goroutine = go!(answers()).join().unwrap();
    let of_thread = join_thread(thread::spawn(answers));
    assert_eq!(*of_goroutine.lock().unwrap(), Some([true, true]));
    assert_eq!(*of_thread.lock().unwrap(), Some([true, true]));
    assert!(AccessError.to_string().contains("destroyed"));
}

/// A result that uses a key while its goroutine drops it, after the values were dropped.
struct UsesLate(Arc<AtomicUsize>);

goroutine_local! { static LATE: RefCell<Vec<Counted>> = RefCell::new(Vec::new()); }

impl Drop for UsesLate {
    fn drop(&mut self) {
        NUMBER.with(|number| number.set(99));
        self.0.fetch_add(1, SeqCst);
    }
}

/// One goroutine's values are never another's, though it has the same stack.
fn leftovers() {
    for _ in 0..10 {
        let dropped = Arc::new(AtomicUsize::new(0));
        let result = UsesLate(Arc::clone(&dropped));
        go!(move || result);
        until(|| dropped.load(SeqCst) == 1 && gmp::num_goroutine() == 1);
        for _ in 0..10 {
            assert_eq!(go!(|| NUMBER.with(Cell::get)).join().unwrap(), 7);
        }
    }
    // And what a goroutine makes last is dropped all the same.
    let drops = Drops::new();
    struct MakesLate(Drops);
    impl Drop for MakesLate {
        fn drop(&mut self) {
            LATE.with(|late| late.borrow_mut().push(self.0.value()));
        }
    }
    let result = MakesLate(drops.clone());
    go!(move || result);
    until(|| drops.count() == 1);
}

#[test]
fn values_of_a_result_s_destructor_are_its_goroutine_s() {
    let _watchdog = watchdog();
    child("one_p").procs(1).run().exits(0);
}
