//! The waist: what channels and synchronisation types see of the runtime.
//!
//! Not for users (doc-hidden), but kept as a contract: enter a critical section,
//! park with a commit, make a parked one ready. Works on goroutines and on plain
//! threads alike.
#![expect(unsafe_code, reason = "parking hands raw pointers to wakers")]

pub mod barrier;
mod clock;
mod parker;
mod random;

pub use crate::g::panic::caught;
pub use crate::netpoll::{Dir, Fail, Hold, Op, PollDesc, Slot, Stop};
pub use crate::timer::HeapLock;
pub use crate::timer::node::{Fire, Fired, Start, Timer};
pub use clock::{instant_ns, now_ns};
pub use parker::Parker;

use crate::g::G;
use crate::m::{self, M, Post};
use crate::prim;
use crate::sched::{enter, ready, solo, switch};
use crate::sys;
use crate::timer::outside;
use std::ptr::null;

/// Whether somebody else can run while the caller keeps its CPU: spinning makes sense.
#[inline]
pub fn others_run() -> bool {
    match m::current() {
        Some(_) => !solo(),
        None => sys::cpus::num_cpu() > 1,
    }
}

/// Why a goroutine waits, as dumps show it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum WaitReason {
    /// It does not wait.
    None,
    /// Receiving from a channel.
    ChanReceive,
    /// Sending to a channel.
    ChanSend,
    /// Receiving from a channel that never delivers.
    ChanReceiveNil,
    /// Sending to a channel that never takes.
    ChanSendNil,
    /// In a select.
    Select,
    /// In a select without arms.
    SelectNoCases,
    /// Sleeping.
    Sleep,
    /// Waiting for a descriptor.
    IoWait,
    /// Waiting for a semaphore.
    Semacquire,
    /// Waiting on a condition variable.
    CondWait,
    /// Waiting for a mutex.
    MutexLock,
    /// Waiting for a read lock.
    RwMutexRLock,
    /// Waiting for a write lock.
    RwMutexLock,
    /// Waiting for a wait group.
    WaitGroupWait,
    /// Waiting for another goroutine's result.
    Join,
    /// Waiting for the goroutines of a scope.
    ScopeWait,
    /// Driving a future that is not ready.
    Future,
    /// Waiting for its turn to stop the world.
    StoppingTheWorld,
}

/// "In the scheduler": while it lives, the goroutine keeps its P and its
/// thread, and the thread must not allocate or free, do std I/O, take a std
/// lock, run user code or panic (invariant I3). A no-op token on a plain thread.
#[derive(Debug)]
pub struct Critical {
    /// The caller's M; null on a plain thread.
    mp: *const M,
}

impl Critical {
    /// Enters. A store and a load when nobody claims the caller's P. Unwinds if
    /// the caller is a goroutine that has swallowed its `goexit`.
    #[inline(always)]
    pub fn enter() -> Critical {
        match m::current() {
            Some(mp) => Critical { mp: enter::enter_or_exit(mp) },
            None => Critical { mp: null() },
        }
    }

    /// Enters, and never unwinds: for where a frame must not be left, as in a
    /// scope that waits, or while a waiter of the caller's is queued.
    #[inline(always)]
    pub fn enter_inside() -> Critical {
        match m::current() {
            Some(mp) => Critical { mp: enter::enter(mp) },
            None => Critical { mp: null() },
        }
    }

    /// Whether the caller is a goroutine.
    #[inline(always)]
    pub fn is_goroutine(&self) -> bool {
        !self.mp.is_null()
    }

    /// The number of the caller's P, below GOMAXPROCS; None on a plain thread. The caller
    /// keeps its P until it leaves, and nobody else has one of that number meanwhile.
    #[inline(always)]
    pub fn p_index(&self) -> Option<usize> {
        self.m().map(|mp| mp.p().id as usize)
    }

    #[inline(always)]
    pub(crate) fn m(&self) -> Option<&'static M> {
        // SAFETY: Ms are never freed.
        unsafe { self.mp.as_ref() }
    }

    /// Parks the caller until `ready` is called on `parker`, releasing `lock`
    /// after the caller has left its stack (on a plain thread: just before it
    /// blocks): nobody who takes the lock first finds a waiter that still runs.
    /// On return the caller is outside of any section.
    ///
    /// # Safety
    /// The caller holds `lock`. `parker` was made by `Parker::new(&self)`,
    /// outlives the call and is readied exactly once, by somebody who took the
    /// lock after this call.
    #[inline(always)]
    pub unsafe fn park(self, parker: *const Parker, reason: WaitReason, lock: *const SpinLock) {
        match self.take() {
            Some((gp, mp)) => {
                let arg = lock.cast_mut().cast();
                switch::park(gp, mp, reason, Post::Unlock, |_| true, arg);
            }
            None => {
                // SAFETY: the caller's promises.
                unsafe {
                    (*lock).unlock();
                    outside::leaving();
                    (*parker).sleep();
                }
            }
        }
    }

    /// Parks as `park` does, with `commit(arg)` in place of the unlocking. Its
    /// answer is ignored.
    ///
    /// # Safety
    /// `commit(arg)` is sound to call once, on another stack. `parker` was made
    /// by `Parker::new(&self)`, outlives the call and is readied at most once,
    /// not before `commit` has begun.
    #[inline(always)]
    pub unsafe fn park_with(
        self,
        parker: *const Parker,
        reason: WaitReason,
        commit: unsafe fn(*mut ()) -> bool,
        arg: *mut (),
    ) {
        match self.take() {
            Some((gp, mp)) => switch::park(gp, mp, reason, Post::Commit, commit, arg),
            None => {
                // SAFETY: the caller's promises.
                unsafe {
                    commit(arg);
                    outside::leaving();
                    (*parker).sleep();
                }
            }
        }
    }

    /// Parks the caller for ever.
    pub fn park_for_ever(self, reason: WaitReason) -> ! {
        let parker = Parker::new(&self);
        // SAFETY: nobody knows the parker, so nobody readies it.
        unsafe { self.park_with(&parker, reason, |_| true, std::ptr::null_mut()) };
        crate::fatal("a goroutine parked for ever was woken")
    }

    /// Parks as `park` does, with `commit(arg)` in place of the unlocking; if it
    /// returns false the caller goes on at once and nobody readies it.
    ///
    /// # Safety
    /// `commit(arg)` is sound to call once, on another stack; nobody readies
    /// `parker` before it has begun, or after it was false.
    pub unsafe fn park_unless(
        self,
        parker: *const Parker,
        reason: WaitReason,
        commit: unsafe fn(*mut ()) -> bool,
        arg: *mut (),
    ) {
        match self.take() {
            Some((gp, mp)) => switch::park(gp, mp, reason, Post::TryCommit, commit, arg),
            None => {
                // SAFETY: the caller's promises.
                unsafe {
                    let waits = commit(arg);
                    outside::leaving();
                    if waits {
                        (*parker).sleep();
                    }
                }
            }
        }
    }

    /// Yields the caller, a goroutine, to the global queue's tail; on a plain
    /// thread gives the CPU away.
    #[inline(always)]
    pub fn yield_now(self) {
        match self.take() {
            Some((gp, mp)) => switch::yield_now(gp, mp),
            None => {
                outside::leaving();
                std::thread::yield_now();
            }
        }
    }

    /// Gives up the token without leaving: what follows parks.
    #[inline(always)]
    fn take(self) -> Option<(&'static G, &'static M)> {
        let both = self.m().map(|mp| (mp.curg(), mp));
        #[expect(clippy::mem_forget, reason = "the switch leaves, not the token")]
        std::mem::forget(self);
        both
    }

    /// The M, for what leaves the scheduler by switching: the section does not
    /// end here.
    #[inline(always)]
    pub(crate) fn into_m(self) -> Option<&'static M> {
        self.take().map(|(_, mp)| mp)
    }

    /// Makes the parked one runnable: a goroutine runs next on the caller's P, a
    /// thread is woken. The parker may be gone when this returns.
    ///
    /// # Safety
    /// `parker`'s owner is parked, or committed to park as far as the caller can
    /// see through the lock its commit releases, and is readied exactly once.
    #[inline(always)]
    pub unsafe fn ready(&self, parker: *const Parker) {
        // SAFETY: the owner waits for us, so the parker is alive until woken.
        let gp = unsafe { (*parker).goroutine() };
        match (gp, self.m()) {
            (Some(gp), Some(mp)) => ready::ready(mp, gp),
            (Some(gp), None) => ready::ready_outside(gp),
            // SAFETY: as above; `wake` reads nothing after its swap.
            (None, _) => unsafe { Parker::wake(parker) },
        }
    }

    /// A random number: uniform, fast, not for secrets.
    #[inline(always)]
    pub fn random(&self) -> u32 {
        match self.m() {
            Some(mp) => mp.p().rng.next(),
            None => random::of_thread(),
        }
    }
}

impl Drop for Critical {
    #[inline(always)]
    fn drop(&mut self) {
        match self.m() {
            Some(mp) => enter::leave(mp),
            None => outside::leaving(),
        }
    }
}

/// The runtime's spin lock for the crates above: held only inside a `Critical`,
/// for a few tens of nanoseconds. Only a timer's `fire` takes it outside of one.
#[derive(Debug)]
#[repr(transparent)]
pub struct SpinLock(prim::SpinLock);

impl Default for SpinLock {
    fn default() -> SpinLock {
        SpinLock::new()
    }
}

impl SpinLock {
    /// An unlocked lock.
    pub const fn new() -> SpinLock {
        SpinLock(prim::SpinLock::new())
    }

    /// Takes it: one CAS when free.
    #[inline(always)]
    pub fn lock(&self, _critical: &Critical) {
        self.0.lock();
    }

    /// Takes it if it is free.
    #[inline(always)]
    pub fn try_lock(&self) -> bool {
        self.0.try_lock()
    }

    /// Whether somebody holds it, at this moment: one load.
    #[inline(always)]
    pub fn is_locked(&self) -> bool {
        self.0.is_locked()
    }

    /// Releases it: one store.
    ///
    /// # Safety
    /// The caller holds it.
    #[inline(always)]
    pub unsafe fn unlock(&self) {
        self.0.unlock();
    }
}
