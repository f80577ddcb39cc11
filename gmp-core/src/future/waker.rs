//! The wakers of `block_on`.
//!
//! What is woken is a `Slot`, behind a reference count of std's: a waker may outlive
//! the call, and may be used by any thread at any time. Waking is `Slot::notify` and
//! nothing else; a stale wake-up sets a flag in memory that nobody looks at.
//!
//! The first poll gets a waker that has allocated nothing yet and lies on the caller's
//! stack. A clone of it is one of the usual kind, made together with the `Slot` if it is
//! the first. So a future that is ready at once costs no allocation, and the others one.
//! Later polls get a waker of the usual kind, so that a future finds that the one
//! it has kept `will_wake` the task, and clones no other.
#![expect(unsafe_code, reason = "wakers are pointers without a type")]

use crate::rt::{Critical, Slot};
use std::mem::ManuallyDrop;
use std::ptr;
use std::sync::{Arc, OnceLock};
use std::task::{RawWaker, RawWakerVTable, Waker};

/// What the wakers of one call share with it. Its only waiter is the call's own caller.
pub(crate) struct Shared {
    pub(crate) slot: Slot,
}

impl Shared {
    fn new() -> Arc<Shared> {
        Arc::new(Shared { slot: Slot::new() })
    }

    /// From user code, on any thread.
    fn wake(&self) {
        self.slot.notify(&Critical::enter_inside());
    }
}

/// One table, at one address: a waker is known by it. Its data is an `Arc<Shared>`.
static KEPT: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop_kept);

/// If `waker` is one of ours, what it wakes: in the scheduler, too, where nobody else's
/// may be called. The waker itself must still be dropped where user code may run.
pub(crate) fn as_ours(waker: &Waker) -> Option<&Shared> {
    // SAFETY: by the table it is ours; it keeps its Shared alive.
    ptr::eq(waker.vtable(), &KEPT).then(|| unsafe { &*waker.data().cast::<Shared>() })
}

fn kept(shared: Arc<Shared>) -> Waker {
    // SAFETY: the functions of KEPT do with an Arc as RawWakerVTable asks; what they call
    // is Send and Sync.
    unsafe { Waker::new(Arc::into_raw(shared).cast(), &KEPT) }
}

/// # Safety
/// `data` is that of a waker with KEPT, which lives.
unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: the caller's promise; the count is the clone's.
    unsafe { Arc::increment_strong_count(data.cast::<Shared>()) };
    RawWaker::new(data, &KEPT)
}

/// # Safety
/// `data` is that of a waker with KEPT, which is used up.
unsafe fn wake(data: *const ()) {
    // SAFETY: the caller's promise: the count was the waker's.
    unsafe { Arc::from_raw(data.cast::<Shared>()) }.wake();
}

/// # Safety
/// `data` is that of a waker with KEPT, which lives.
unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: the caller's promise.
    unsafe { &*data.cast::<Shared>() }.wake();
}

/// # Safety
/// `data` is that of a waker with KEPT, which is used up.
unsafe fn drop_kept(data: *const ()) {
    // SAFETY: the caller's promise: the count was the waker's.
    drop(unsafe { Arc::from_raw(data.cast::<Shared>()) });
}

/// The waker of the first poll: allocates when it is first cloned, or wakes.
pub(crate) struct Lazy(OnceLock<Arc<Shared>>);

/// Its data is a `Lazy`, which is never moved or dropped while a reference to its waker is
/// about.
static LAZY: RawWakerVTable = RawWakerVTable::new(lazy_clone, lazy_wake, lazy_wake, |_| {});

impl Lazy {
    pub(crate) const fn new() -> Lazy {
        Lazy(OnceLock::new())
    }

    /// Calls `poll` with the waker. It cannot be taken out: only clones leave.
    pub(crate) fn with<R>(&self, poll: impl FnOnce(&Waker) -> R) -> R {
        // SAFETY: `lazy_clone` gives a waker that wakes the same caller; the table drops
        // nothing, and all that it needs is Send and Sync.
        let waker = unsafe { Waker::new(ptr::from_ref(self).cast(), &LAZY) };
        poll(&ManuallyDrop::new(waker))
    }

    fn shared(&self) -> &Arc<Shared> {
        self.0.get_or_init(Shared::new)
    }

    /// The waker of all polls after the first.
    pub(crate) fn into_waker(self) -> Waker {
        kept(self.0.into_inner().unwrap_or_else(Shared::new))
    }
}

/// # Safety
/// `data` is that of a waker with LAZY, which lives.
unsafe fn lazy_clone(data: *const ()) -> RawWaker {
    // SAFETY: the caller's promise.
    let lazy = unsafe { &*data.cast::<Lazy>() };
    RawWaker::new(Arc::into_raw(Arc::clone(lazy.shared())).cast(), &KEPT)
}

/// # Safety
/// `data` is that of a waker with LAZY, which lives.
unsafe fn lazy_wake(data: *const ()) {
    // SAFETY: the caller's promise.
    unsafe { &*data.cast::<Lazy>() }.shared().wake();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_are_known_and_others_are_not() {
        let lazy = Lazy::new();
        let first = lazy.with(Waker::clone);
        let second = lazy.with(Waker::clone);
        let later = lazy.into_waker();
        for waker in [&first, &second, &later, &later.clone()] {
            assert!(as_ours(waker).is_some_and(|shared| ptr::eq(shared, waker.data().cast())));
            assert!(waker.will_wake(&first));
        }
        assert!(as_ours(Waker::noop()).is_none());
        assert!(as_ours(&Waker::from(Arc::new(Nobody))).is_none());
    }

    struct Nobody;

    impl std::task::Wake for Nobody {
        fn wake(self: Arc<Self>) {}
    }

    #[test]
    fn a_poll_that_keeps_no_waker_allocates_nothing() {
        let lazy = Lazy::new();
        lazy.with(|waker| assert!(!waker.will_wake(Waker::noop())));
        assert!(lazy.0.get().is_none());
        lazy.with(|waker| drop(waker.clone()));
        assert!(lazy.0.get().is_some());
    }

    #[test]
    #[expect(clippy::waker_clone_wake, reason = "that a clone wakes is what is tested")]
    fn a_wake_up_is_kept_whichever_waker_it_came_by() {
        let by: [fn(&Waker); 3] = [Waker::wake_by_ref, |w| w.clone().wake(), |w| drop(w.clone())];
        for (n, wake) in by.into_iter().enumerate() {
            let lazy = Lazy::new();
            lazy.with(wake);
            let waker = lazy.into_waker();
            let shared = as_ours(&waker).unwrap();
            assert_eq!(shared.slot.take(), n < 2, "in the first poll");
            assert!(!shared.slot.take(), "used up");
            wake(&waker);
            assert_eq!(shared.slot.take(), n < 2, "later");
        }
    }

    #[test]
    #[expect(clippy::waker_clone_wake, reason = "that a clone counts is what is tested")]
    fn the_last_waker_frees() {
        let lazy = Lazy::new();
        let first = lazy.with(Waker::clone);
        let watch = Arc::downgrade(lazy.shared());
        let later = lazy.into_waker();
        drop(later);
        assert_eq!(watch.strong_count(), 1);
        first.wake_by_ref();
        first.clone().wake();
        assert_eq!(watch.strong_count(), 1);
        first.wake();
        assert_eq!(watch.strong_count(), 0);
    }
}
