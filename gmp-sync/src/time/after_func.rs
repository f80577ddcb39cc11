//! A function and the timer that has it called.
//!
//! The two are one allocation. While there is a handle, that keeps it alive, and the timer
//! owns nothing; each call has a share. Who drops the handle of an armed timer leaves his
//! share to it (`orphan`), and the call gets that. All of this is decided with the lock of
//! the timer's heap held: by `fire`, by `disarm` and `rearm`, and by `if_armed`.

#![expect(unsafe_code, reason = "the timer is a raw owner of what it calls")]

use std::mem::ManuallyDrop;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use crate::rt::{self, Critical, Fired, Start};

#[repr(C)]
struct Shared<F: ?Sized> {
    /// First: its address is that of the whole.
    timer: rt::Timer,
    /// Whether the handle's share is the timer's now. Under the lock of the timer's heap.
    orphan: AtomicBool,
    /// Where it was asked for.
    site: &'static Location<'static>,
    f: F,
}

type Erased = Shared<dyn Fn() + Send + Sync>;

/// The handle: the one there is. Dropping it stops nothing.
pub(super) struct Func(ManuallyDrop<Arc<Erased>>);

impl Func {
    /// Has `f` called `wait` from now.
    #[track_caller]
    pub(super) fn start<F: Fn() + Send + Sync + 'static>(f: F, wait: Duration) -> Func {
        let timer = rt::Timer::starter(fire::<F>);
        let (orphan, site) = (AtomicBool::new(false), Location::caller());
        let func = Func(ManuallyDrop::new(Arc::new(Shared { timer, orphan, site, f })));
        let when = when(wait);
        // SAFETY: a new timer. It does not move, and is disarmed before it goes, or fires.
        unsafe { func.0.timer.arm(&Critical::enter(), when) };
        func
    }

    /// Has the function called `wait` from now. True if that takes the place of a call that
    /// was to come.
    pub(super) fn reset(&self, wait: Duration) -> bool {
        let when = when(wait);
        // SAFETY: as in `start`, where it was armed the first time.
        unsafe { self.0.timer.rearm(&Critical::enter(), when) }
    }

    /// True if a call was to come, and does not.
    pub(super) fn stop(&self) -> bool {
        self.0.timer.disarm(&Critical::enter())
    }
}

impl Drop for Func {
    fn drop(&mut self) {
        let critical = Critical::enter_inside();
        let armed = self.0.timer.if_armed(&critical, || self.0.orphan.store(true, Relaxed));
        drop(critical);
        if !armed {
            // SAFETY: dropped once, here. Nobody arms the timer any more, so if it is not
            // armed now `fire` will not look at it.
            unsafe { ManuallyDrop::drop(&mut self.0) };
        }
    }
}

/// `wait` from now on the runtime's clock.
fn when(wait: Duration) -> u64 {
    rt::now_ns().saturating_add(u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX))
}

/// The time has come: a share goes to the call.
///
/// # Safety
/// `timer` is the one of a `Shared<F>` in an `Arc`, and the lock of its heap is held.
unsafe fn fire<F: Fn() + Send + Sync + 'static>(timer: *const rt::Timer, _now: u64) -> Fired {
    let shared = timer.cast::<Shared<F>>();
    // SAFETY: the handle has a share, or has left it to the timer. The type was erased, not
    // the address.
    unsafe {
        if !(*shared).orphan.load(Relaxed) {
            Arc::increment_strong_count(shared);
        }
        let (arg, site) = (shared.cast_mut().cast(), (*shared).site);
        Fired { start: Some(Start { run: call::<F>, arg, site }), ..Fired::DONE }
    }
}

/// # Safety
/// `shared` is a share of a `Shared<F>` in an `Arc`, which is given up.
unsafe fn call<F: Fn() + Send + Sync + 'static>(shared: *mut ()) {
    // SAFETY: the caller's promise.
    let shared = unsafe { Arc::from_raw(shared.cast_const().cast::<Shared<F>>()) };
    (shared.f)();
}
