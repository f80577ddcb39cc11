//! Panics of goroutines: isolated, printed with id and name, returned by `join`;
//! and `goexit`, which unwinds without being a panic.

use super::{G, flag};
use crate::m::{self, M};
use crate::prim::{AtomicBool, AtomicU64, barrier};
use std::any::Any;
use std::io::Write;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;

/// How a goroutine's body ended.
pub(crate) type Ended<T> = thread::Result<T>;

/// Go's rule instead of ours: a panic ends the process.
static ABORT: AtomicBool = AtomicBool::new(false);
/// Panics whose unwinding has begun and whose goroutine has not ended.
static UNDER_WAY: AtomicU64 = AtomicU64::new(0);

/// The exit code of a process that dies of a goroutine's panic, as in Go.
pub(crate) const EXIT_PANIC: i32 = 2;

pub(crate) fn set_abort(abort: bool) {
    ABORT.store(abort, Relaxed);
}

pub(crate) fn aborts() -> bool {
    ABORT.load(Relaxed)
}

pub(crate) fn under_way() -> u64 {
    UNDER_WAY.load(Relaxed)
}

/// The payload of a `join` whose goroutine called [`goexit`].
///
/// ```
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// let handle = rt.block_on_goroutine(|| gmp_core::spawn(|| { gmp_core::goexit(); }));
/// assert!(handle.join().unwrap_err().is::<gmp_core::Goexit>());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Goexit;

/// What `goexit` unwinds with. Dropped by anyone but the goroutine's own end,
/// it was swallowed by a `catch_unwind`, and the exit goes on.
struct Leaving {
    gp: &'static G,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        let here = m::current_g().is_some_and(|gp| std::ptr::eq(gp, self.gp));
        if here && must_exit(self.gp) {
            go_on_exiting(self.gp);
        }
    }
}

/// Whether `gp`, the caller, has swallowed its `goexit` and runs user code.
pub(crate) fn must_exit(gp: &G) -> bool {
    gp.flags.load(Relaxed) & flag::EXITING != 0 && !thread::panicking()
}

/// Unwinds `gp`, the caller.
pub(crate) fn go_on_exiting(gp: &'static G) -> ! {
    panic::resume_unwind(Box::new(Leaving { gp }))
}

/// Makes the M's next entry look whether `gp` must exit. Were a claim under way,
/// the M would take the slow way anyhow.
pub(crate) fn remind(gp: &G, mp: &M) {
    if gp.flags.load(Relaxed) & flag::EXITING != 0 {
        mp.handshake.remind();
    }
}

/// Ends the calling goroutine: its destructors run, nobody else is affected, and
/// `join` returns a [`Goexit`] payload. Not a panic: nothing is printed, and a
/// `catch_unwind` on the way does not stop it: the exit goes on when the caught
/// payload is dropped, or else at the next call into this library.
///
/// In the main goroutine the others go on; when all are gone the process ends
/// with a fatal error, exit code 2.
///
/// # Panics
/// On a plain thread, which has nothing to exit from.
///
/// ```
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// rt.block_on_goroutine(|| {
///     let handle = gmp_core::spawn(|| {
///         if true {
///             gmp_core::goexit();
///         }
///         unreachable!()
///     });
///     assert!(handle.join().is_err());
/// });
/// ```
pub fn goexit() -> ! {
    let Some(gp) = m::current_g() else {
        panic!("goexit called on a plain thread: it ends goroutines only; return instead");
    };
    gp.flags.fetch_or(flag::EXITING, Relaxed);
    if let Some(mp) = m::current() {
        remind(gp, mp);
    }
    go_on_exiting(gp)
}

/// Whether `result` is an ordinary one with nothing to settle.
#[inline(always)]
pub(crate) fn is_plain<T>(gp: &G, result: &Ended<T>) -> bool {
    result.is_ok() && gp.panics.get() == 0 && gp.flags.load(Relaxed) & flag::EXITING == 0
}

/// The unusual endings: a panic, a `goexit`, a panic caught by the user.
#[cold]
#[inline(never)]
pub(crate) fn settle<T>(gp: &'static G, result: Ended<T>) -> Ended<T> {
    let exiting = has_exited(gp);
    let panicked = matches!(&result, Err(payload) if !payload.is::<Leaving>());
    if let Err(payload) = &result {
        end_process_if_asked(&**payload);
    }
    UNDER_WAY.fetch_sub(u64::from(gp.panics.replace(0)), Relaxed);
    if exiting && !panicked {
        // A body that returned although `goexit` was called had swallowed it.
        last_act(gp, || drop(result));
        return Err(Box::new(Goexit));
    }
    result
}

/// Go's rule, if it was asked for: nobody is left who could catch this panic.
pub(super) fn end_process_if_asked(payload: &(dyn Any + Send)) {
    if aborts() && !payload.is::<Leaving>() {
        std::process::exit(EXIT_PANIC);
    }
}

/// What a library does with what it caught of a body, before it hands it on: goes on with a
/// `goexit`, ends the process if that is the rule; what comes back is a panic's payload.
pub fn caught(payload: Box<dyn Any + Send>) -> Box<dyn Any + Send> {
    if payload.is::<Leaving>() {
        panic::resume_unwind(payload);
    }
    end_process_if_asked(&*payload);
    payload
}

/// Ends an exit, if there is one: there is nothing left to leave.
fn has_exited(gp: &G) -> bool {
    if let Some(mp) = m::current() {
        mp.handshake.forget_reminder(barrier::owned());
    }
    gp.flags.fetch_and(!flag::EXITING, Relaxed) & flag::EXITING != 0
}

/// Runs a destructor of `gp`, the caller, after its body has ended. Nobody is
/// left to tell of its panic but the hook, which has done so, and Go's rule.
pub(super) fn last_act(gp: &'static G, f: impl FnOnce()) {
    let mut ended = panic::catch_unwind(AssertUnwindSafe(f));
    while ended.is_err() {
        // Settles what it was; dropping the payload is one more last act.
        let settled = settle(gp, ended);
        ended = panic::catch_unwind(AssertUnwindSafe(|| drop(settled)));
    }
}

/// Puts our hook in front of the one there is: it says which goroutine panics,
/// the former one says where and why.
pub(crate) fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let former = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if let Some(gp) = m::current_g() {
                gp.panics.set(gp.panics.get() + 1);
                UNDER_WAY.fetch_add(1, Relaxed);
                // In one piece: others may be panicking, too.
                let line = format!(
                    "\ngoroutine {}{} panicked (spawned at {}):\n",
                    gp.id.get(),
                    gp.quoted_name(),
                    gp.site.get(),
                );
                let _ = std::io::stderr().write_all(line.as_bytes());
            }
            former(info);
        }));
    });
}
