//! `Once`, `once_func` and `once_value`.

use std::any::Any;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use gmp::chan::bounded;
use gmp::sync::{Mutex, Once, WaitGroup, once_func, once_value};
use gmp::{go, gosched};

use crate::rules::{join, let_others_run, panic_text};
use crate::support::until;

/// TestOnce.
pub(crate) fn once() {
    const CALLERS: usize = 10;
    let (once, calls, all) =
        (Arc::new(Once::new()), Arc::new(AtomicUsize::new(0)), WaitGroup::new());
    for _ in 0..CALLERS {
        let (once, calls) = (Arc::clone(&once), Arc::clone(&calls));
        all.go(move || {
            once.call_once(|| _ = calls.fetch_add(1, SeqCst));
            assert_eq!(calls.load(SeqCst), 1);
            assert!(once.is_completed());
        });
    }
    all.wait();
    assert_eq!(calls.load(SeqCst), 1);
}

/// Whoever comes while the function runs waits for its end, though it parks.
pub(crate) fn callers_see_completion() {
    const CALLERS: usize = 20;
    let (once, complete) = (Arc::new(Once::new()), Arc::new(AtomicBool::new(false)));
    let (finish, told) = bounded::<()>(0);
    let (started_tx, started) = bounded(1);
    let (first, end) = (Arc::clone(&once), Arc::clone(&complete));
    let first = go!(move || first.call_once(|| {
        started_tx.send(()).unwrap();
        told.recv().unwrap();
        (0..10).for_each(|_| gosched());
        end.store(true, SeqCst);
    }));
    started.recv().unwrap();
    let calls = |_| {
        let (once, complete) = (Arc::clone(&once), Arc::clone(&complete));
        go!(move || {
            once.call_once(|| panic!("a second call"));
            complete.load(SeqCst)
        })
    };
    let callers: Vec<_> = (0..CALLERS).map(calls).collect();
    until(|| once.waiting() == CALLERS);
    assert!(!once.is_completed());
    finish.send(()).unwrap();
    assert!(callers.into_iter().all(join));
    join(first);
    assert_eq!(once.waiting(), 0);
}

/// TestOncePanic, with std's rule: the next one panics, too, unless he insists.
pub(crate) fn a_panic_poisons() {
    let once = Once::new();
    assert_eq!(panic_text(|| once.call_once(|| panic!("failed"))), "failed");
    assert!(!once.is_completed());
    let poisoned = panic_text(|| once.call_once(|| unreachable!("called twice")));
    assert!(poisoned.contains("poisoned"), "{poisoned}");
    once.call_once_force(|state| assert!(state.is_poisoned()));
    assert!(once.is_completed());
    once.call_once(|| unreachable!("called twice"));
    // Those that wait are told, too.
    let (once, fail) = (Arc::new(Once::new()), bounded::<()>(0));
    let (mine, told) = (Arc::clone(&once), fail.1);
    let fails = go!(move || mine.call_once(|| {
        told.recv().unwrap();
        panic!("as the rule wants");
    }));
    let calls = |_| {
        let once = Arc::clone(&once);
        go!(move || catch_unwind(AssertUnwindSafe(|| once.call_once(|| ()))).is_err())
    };
    until(|| fail.0.waiting_receivers() == 1);
    let callers: Vec<_> = (0..4).map(calls).collect();
    until(|| once.waiting() == 4);
    fail.0.send(()).unwrap();
    assert!(callers.into_iter().all(join) && fails.join().is_err());
}

/// Who calls from within waits for himself.
pub(crate) fn recursion_hangs() {
    let (once, calls) = (Arc::new(Once::new()), Arc::new(AtomicUsize::new(0)));
    let (outer, mine) = (Arc::clone(&once), Arc::clone(&calls));
    let hangs = go!(move || outer.call_once(|| {
        mine.fetch_add(1, SeqCst);
        outer.call_once(|| _ = mine.fetch_add(1, SeqCst));
    }));
    until(|| once.waiting() == 1);
    let_others_run();
    assert!(!hangs.is_finished() && calls.load(SeqCst) == 1 && !once.is_completed());
}

fn counter() -> (Arc<AtomicUsize>, impl Fn() -> usize + Clone + Send + Sync + 'static) {
    let calls = Arc::new(AtomicUsize::new(0));
    let mine = Arc::clone(&calls);
    (calls, move || mine.fetch_add(1, SeqCst) + 1)
}

/// TestOnceFunc, from many goroutines at once.
pub(crate) fn once_func_() {
    let (calls, count) = counter();
    let f = Arc::new(once_func(move || _ = count()));
    assert_eq!(calls.load(SeqCst), 0, "called too soon");
    let all = WaitGroup::new();
    for _ in 0..10 {
        let (f, calls) = (Arc::clone(&f), Arc::clone(&calls));
        all.go(move || {
            (0..10).for_each(|_| {
                f();
                assert_eq!(calls.load(SeqCst), 1);
            });
        });
    }
    all.wait();
    assert_eq!(calls.load(SeqCst), 1);
}

/// TestOnceValue, TestOnceValues.
pub(crate) fn once_value_() {
    let (calls, count) = counter();
    let one = once_value(count);
    assert!((0..10).all(|_| one() == 1) && calls.load(SeqCst) == 1);
    let (calls, count) = counter();
    let several = once_value(move || {
        let first = count();
        gosched();
        (first, (first + 1).to_string())
    });
    let several = Arc::new(several);
    let call = |_| {
        let several = Arc::clone(&several);
        go!(move || several())
    };
    let callers: Vec<_> = (0..10).map(call).collect();
    assert!(callers.into_iter().all(|caller| join(caller) == (1, "2".to_string())));
    assert_eq!(calls.load(SeqCst), 1);
}

/// TestOnceFuncPanic, TestOnceValuePanic, TestOnceValuesPanic.
pub(crate) fn panics_are_replayed() {
    let (calls, count) = counter();
    let f = once_func(move || {
        count();
        panic!("x");
    });
    assert!((0..3).all(|_| panic_text(&f) == "x") && calls.load(SeqCst) == 1);
    let (calls, count) = counter();
    let value = once_value(move || -> u64 { panic!("x{}", count()) });
    assert!((0..3).all(|_| panic_text(&value) == "x1") && calls.load(SeqCst) == 1);
    // Also to those who waited for it.
    let (fail, told) = bounded::<()>(0);
    let value = Arc::new(once_value(move || -> u64 {
        told.recv().unwrap();
        panic!("late")
    }));
    let call = |_| {
        let value = Arc::clone(&value);
        go!(move || panic_text(|| value()))
    };
    let callers: Vec<_> = (0..5).map(call).collect();
    until(|| fail.waiting_receivers() == 1);
    let_others_run();
    fail.send(()).unwrap();
    assert!(callers.into_iter().all(|caller| join(caller) == "late"));
}

/// In the trace by its name, also where there is no debug information to tell what was inlined.
#[inline(never)]
fn fails_here() {
    panic!("x");
}

/// TestOnceFuncPanicTraceback: what is reported of the first panic is where it began.
pub(crate) fn the_first_panic_is_reported_at_its_place() {
    let place = Arc::new(Mutex::new(String::new()));
    let reported = Arc::clone(&place);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        let trace = std::backtrace::Backtrace::force_capture();
        *reported.lock().unwrap() = format!("{}\n{trace}", info.location().unwrap());
    }));
    let f = once_func(fails_here);
    let failed = catch_unwind(AssertUnwindSafe(&f));
    std::panic::set_hook(hook);
    assert!(failed.is_err());
    let place = place.lock().unwrap();
    assert!(place.starts_with(file!()) && place.contains("fails_here"), "{place}");
}

/// TestOnceFuncGoexit.
pub(crate) fn goexit_is_not_repeated() {
    let (calls, count) = counter();
    let f = Arc::new(once_func(move || {
        count();
        gmp::goexit();
    }));
    for _ in 0..2 {
        let f = Arc::clone(&f);
        // How the second one ends is left open.
        let _ = go!(move || f()).join();
        assert_eq!(calls.load(SeqCst), 1);
    }
}

/// TestOnceXGC: what the function captured is dropped by the first call, however it ends.
pub(crate) fn functions_are_released() {
    let payload: fn() -> Box<dyn Any + Send> = || Box::new("x");
    for fails in [false, true] {
        let captured = Arc::new(());
        let mine = Arc::clone(&captured);
        let f = once_func(move || {
            let _uses = &mine;
            if fails {
                resume_unwind(payload());
            }
        });
        assert_eq!(Arc::strong_count(&captured), 2, "dropped too soon");
        assert_eq!(catch_unwind(AssertUnwindSafe(&f)).is_err(), fails);
        assert_eq!(Arc::strong_count(&captured), 1, "kept");
        let mine = Arc::clone(&captured);
        let value = once_value(move || {
            let uses = Arc::strong_count(&mine);
            if fails {
                resume_unwind(payload());
            }
            uses
        });
        assert_eq!(catch_unwind(AssertUnwindSafe(&value)).is_err(), fails);
        assert_eq!(Arc::strong_count(&captured), 1, "kept");
        // It is not called again for that.
        assert_eq!(catch_unwind(AssertUnwindSafe(&value)).is_err(), fails);
        // Never called, it goes with its owner.
        let mine = Arc::clone(&captured);
        drop(once_func(move || drop(mine)));
        assert_eq!(Arc::strong_count(&captured), 1);
    }
}
