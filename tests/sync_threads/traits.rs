//! Which types are `Send`, `Sync`, `Unpin` and unwind-safe: those of std's that are.

use std::cell::Cell;
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;

use gmp::context::{AfterFunc, CancelFunc, Context, ContextError};
use gmp::sync;
use gmp::time::{Ticker, Timer};

/// Whether a type has a trait.
macro_rules! has {
    ($type:ty: $trait:ident) => {{
        #[allow(dead_code, reason = "a type that has the trait is not asked for this one")]
        trait No {
            const YES: bool = false;
        }
        struct Probe<T: ?Sized>(PhantomData<T>);
        impl<T: ?Sized> No for Probe<T> {}
        #[allow(dead_code, reason = "only types that have the trait have this")]
        impl<T: ?Sized + $trait> Probe<T> {
            const YES: bool = true;
        }
        <Probe<$type>>::YES
    }};
}

macro_rules! all_traits {
    ($type:ty) => {
        [
            has!($type: Send),
            has!($type: Sync),
            has!($type: Unpin),
            has!($type: UnwindSafe),
            has!($type: RefUnwindSafe),
        ]
    };
}

/// The types that are not as std's.
macro_rules! not_as_std {
    ($($name:ident [$($of:tt)*])+) => {{
        let mut wrong = Vec::new();
        $(
            let ours = all_traits!(sync::$name<$($of)*>);
            let others = all_traits!(std::sync::$name<$($of)*>);
            if ours != others {
                wrong.push(format!("{}: {ours:?} {others:?}", stringify!($name<$($of)*>)));
            }
        )+
        wrong
    }};
}

/// For contents that are `Send` and `Sync`, one of both, and neither.
macro_rules! not_as_std_with {
    ($($content:ty)+) => {
        [$(not_as_std! {
            Mutex[$content]
            MutexGuard['static, $content]
            RwLock[$content]
            RwLockReadGuard['static, $content]
            RwLockWriteGuard['static, $content]
            OnceLock[$content]
            LazyLock[$content]
        }),+].concat()
    };
}

/// `Sync`, not `Send`.
type Guard = std::sync::MutexGuard<'static, u8>;

#[test]
fn as_std() {
    let mut wrong =
        not_as_std_with!(u8 Cell<u8> Guard Rc<u8> *const u8 &'static mut u8 &'static Cell<u8>);
    wrong.extend(not_as_std! {
        Condvar[] Once[] Barrier[] BarrierWaitResult[] WaitTimeoutResult[]
    });
    // Ours has more than std's.
    assert_eq!(all_traits!(sync::OnceState), [true; 5]);
    assert!(wrong.is_empty(), "Send, Sync, Unpin, UnwindSafe, RefUnwindSafe: {wrong:#?}");
    // The table can tell.
    assert_eq!(all_traits!(sync::MutexGuard<'static, u8>), [false, true, true, true, true]);
    assert_eq!(all_traits!(sync::Mutex<Rc<u8>>), [false, false, true, true, true]);
}

#[test]
fn others_can_be_shared() {
    macro_rules! shared {
        ($($type:ty)+) => {
            $(assert_eq!(all_traits!($type)[..2], [true; 2], "{}", stringify!($type));)+
        };
    }
    shared! {
        sync::WaitGroup sync::Semaphore sync::Group<String> sync::SingleFlight<u8, String>
        sync::RateLimiter sync::CircuitBreaker sync::Pool<Cell<u8>> sync::Map<u8, String>
        Context CancelFunc AfterFunc ContextError Timer Ticker
    }
    // What is shared in them is not made safe by them.
    assert!(!has!(sync::Map<u8, Rc<u8>>: Send) && !has!(sync::Map<u8, Cell<u8>>: Sync));
    assert!(!has!(sync::Pool<Rc<u8>>: Sync));
}

/// The error types are std's own: `?` and matches need no change.
#[test]
fn errors_are_of_one_type() {
    fn poisoned<T>(_: std::sync::PoisonError<T>) {}
    fn attempt<T>(_: std::sync::TryLockError<T>) {}
    let _ = |lock: &'static sync::Mutex<u8>| {
        lock.lock().map_err(poisoned).ok();
        lock.try_lock().map_err(attempt).ok();
    };
    let _ = |lock: &'static sync::RwLock<u8>| {
        lock.write().map_err(poisoned).ok();
        lock.try_read().map_err(attempt).ok();
    };
}
