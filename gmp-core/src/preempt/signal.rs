//! SIGURG: how a thread is told to look up from what it computes. The handler's own
//! part is `handler.rs`; here are its installation, the sending, and the way to a
//! handler of the program's own.
#![expect(unsafe_code, reason = "signal handling")]

use super::handler::{self, Ticket};
use crate::m::{self, M};
use crate::sys;
use crate::sys::action::{action_of, hand_on};
use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicUsize};

/// Go's choice, for its reasons: by default it does nothing, libraries do not use it,
/// and programs that do must expect it at any time.
pub(crate) const SIGNAL: i32 = libc::SIGURG;

static INSTALLED: AtomicBool = AtomicBool::new(false);

/// Whether there are signals (`asyncpreemptoff=1` says no).
pub(crate) fn on() -> bool {
    INSTALLED.load(Relaxed)
}

/// Installs the handler. Once, before the first M starts.
pub(crate) fn install() {
    INSTALLED.store(true, Relaxed);
    take_over();
}

/// Asks `mp` to do what the ticket says.
pub(super) fn send(mp: &'static M, ticket: Ticket) {
    take_over();
    handler::post(mp, ticket);
    sys::thread::send_signal(mp.tid.load(Relaxed), SIGNAL);
}

/// The program's own handlers, the latest last: a handful of places, since nothing can
/// be allocated here. Read by handlers while the next one is written.
struct Previous {
    actions: [UnsafeCell<MaybeUninit<libc::sigaction>>; PLACES],
    /// How many were written.
    len: AtomicUsize,
}

const PLACES: usize = 8;

// SAFETY: a place is written by one thread, sysmon (or at start), before `len` says
// that it is there, and again only when seven others have followed.
unsafe impl Sync for Previous {}

static PREVIOUS: Previous = Previous {
    actions: [const { UnsafeCell::new(MaybeUninit::uninit()) }; PLACES],
    len: AtomicUsize::new(0),
};

/// Makes the handler ours, if it is not: the program may have installed its own since,
/// which is called for the signals that are not ours.
fn take_over() {
    let now = action_of(SIGNAL);
    let ours = on_signal as *const () as usize;
    if now.sa_sigaction == ours {
        return;
    }
    let len = PREVIOUS.len.load(Relaxed);
    // SAFETY: nobody reads this place before `len` says so (see `Previous`).
    unsafe { (*PREVIOUS.actions[len % PLACES].get()).write(now) };
    PREVIOUS.len.store(len + 1, Release);
    // SAFETY: an all-zero sigaction is valid, and so is a full mask without the faults;
    // the handler has the SA_SIGINFO signature.
    unsafe {
        let mut new: libc::sigaction = std::mem::zeroed();
        new.sa_sigaction = ours;
        // RESTART: most system calls do not notice. ONSTACK: goroutines have little
        // stack, and the kernel's frame takes up to 12 KiB.
        new.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
        // No other handler may run on a thread that waits in ours.
        libc::sigfillset(&mut new.sa_mask);
        for fault in [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL] {
            libc::sigdelset(&mut new.sa_mask, fault);
        }
        libc::sigaction(SIGNAL, &new, null_mut());
    }
}

extern "C" fn on_signal(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let ours = sys::keep_errno(|| m::current().is_some_and(handler::interrupt));
    if !ours {
        chain(signal, info, context);
    }
}

/// A signal that is not ours goes to the program's handler.
fn chain(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let len = PREVIOUS.len.load(Acquire);
    let Some(last) = len.checked_sub(1) else { return };
    // SAFETY: written before `len` said so.
    let previous = unsafe { (*PREVIOUS.actions[last % PLACES].get()).assume_init_ref() };
    // Without one: what SIGURG does by default is nothing.
    hand_on(previous, signal, info, context);
}
