//! `JoinHandle`, and who owns a goroutine's result and slot at its end.
//!
//! The result stays in the goroutine's packet, so a handle needs no allocation.
//! One word, `G::join`, decides between the goroutine (G), its last M (M) and
//! the handle (H):
//!
//! * HANDLE: there is a handle. Set by the spawner.
//! * DONE: the result is in the packet. Set by G, if HANDLE.
//! * WAITING: the handle's owner is parked in `join`; set only before DONE.
//! * TASK: the handle's owner is async, and has left its waker in `G::joiner`.
//! * EXITED: M has left the stack for good.
//! * RELEASED: H has taken or dropped the result.
//!
//! H dropped before DONE: CAS HANDLE -> 0; the result is G's to drop, the slot
//! M's to free. H after DONE: takes the result, then sets RELEASED. Of EXITED
//! and RELEASED, whoever comes second frees the slot. G, at its end, looks at
//! HANDLE first with a plain load, so a goroutine nobody joins costs no locked
//! instruction here but the one of the handle's drop.
//!
//! # Awaiting
//!
//! `joiner` holds a waker from where H sets TASK to where somebody takes it out.
//! H may do so only by taking TASK back, which works before DONE only; after DONE
//! it is G's. So the waker has one owner at any time, and H leaves none behind.
//!
//! H polls:
//! 1. DONE: go to 5.
//! 2. TASK: CAS HANDLE|TASK -> HANDLE, and take the old waker out; on failure to 5.
//! 3. Put the waker of this poll into `joiner`, a clone unless the old one will do.
//! 4. CAS HANDLE -> HANDLE|TASK: pending. On failure take the waker out again.
//! 5. DONE: take the result, set RELEASED, and free the name unless TASK is set.
//!
//! H is dropped: as step 2, then as a handle that never was polled.
//!
//! G ends:
//! 1. Write the result. CAS seen -> seen|DONE, with HANDLE in `seen`.
//! 2. TASK in `seen`: take the waker out of `joiner`, wake it, free the name.
//!
//! No wake-up is lost: either H's step 4 comes before G's step 1, which then sees
//! TASK, or H's step 4 fails. Waking is user code, so G does it in its own stack
//! and in no section, as it runs its other destructors; it may park there, and a
//! panic ends there. H may meanwhile be done with everything, but the slot stays
//! until EXITED, and so does the name, which that user code can ask for.
//! Cloning and dropping wakers is user code, too: H clones while `joiner` is empty,
//! and drops after step 4, so a panic there loses nothing.
#![expect(unsafe_code, reason = "results change hands through raw memory")]

use super::{G, GoId, exit, panic, scope};
use crate::prim::AtomicU32;
use crate::rt::{Critical, Parker, WaitReason};
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::task::{Poll, Waker};
use std::thread;

pub(crate) const HANDLE: u32 = 1;
const DONE: u32 = 2;
const WAITING: u32 = 4;
const EXITED: u32 = 8;
const RELEASED: u32 = 16;
const TASK: u32 = 32;

/// Who is to be told of the end: with WAITING a parker, with TASK a waker.
pub(crate) union Joiner {
    parker: *const Parker,
    waker: ManuallyDrop<Waker>,
}

impl Joiner {
    pub(crate) const NOBODY: Joiner = Joiner { parker: std::ptr::null() };
}

/// Owned permission to wait for a goroutine's result.
///
/// Dropping it detaches the goroutine, which runs on. No allocation stands
/// behind it: the result waits on the goroutine's own stack, whose slot is kept
/// until the handle is joined or dropped.
///
/// ```
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// let sum = rt.block_on_goroutine(|| {
///     let handle = gmp_core::spawn(|| (1..=10).sum::<u32>());
///     handle.join().unwrap()
/// });
/// assert_eq!(sum, 55);
/// ```
pub struct JoinHandle<T> {
    gp: &'static G,
    result: PhantomData<fn() -> T>,
}

impl<T> UnwindSafe for JoinHandle<T> {}
impl<T> RefUnwindSafe for JoinHandle<T> {}

impl<T> JoinHandle<T> {
    pub(crate) fn new(gp: &'static G) -> JoinHandle<T> {
        JoinHandle { gp, result: PhantomData }
    }

    /// Waits for the goroutine to end and returns what it returned, or the
    /// payload of its panic. After `goexit` the payload is a
    /// [`Goexit`](crate::Goexit). Parks a goroutine, blocks a plain thread.
    ///
    /// # Errors
    /// The panic's payload, as `std::thread::JoinHandle::join`.
    ///
    /// ```
    /// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
    /// let handle = rt.block_on_goroutine(|| gmp_core::spawn(|| panic!("oh")));
    /// let payload = handle.join().unwrap_err();
    /// assert_eq!(*payload.downcast::<&str>().unwrap(), "oh");
    /// ```
    pub fn join(self) -> thread::Result<T> {
        wait_done(self.gp);
        let gp = self.gp;
        #[expect(clippy::mem_forget, reason = "what Drop would do is done here")]
        std::mem::forget(self);
        // SAFETY: DONE was acquired: the packet holds a result of this type,
        // and it is the handle's.
        let result = unsafe { gp.packet.get().cast::<thread::Result<T>>().read() };
        release(gp);
        result
    }

    /// Polls the handle in `place`: takes it, and its result, or leaves `waker` to be
    /// woken at the goroutine's end.
    ///
    /// # Panics
    /// If there is none.
    pub(crate) fn poll(
        place: &mut Option<JoinHandle<T>>,
        waker: &Waker,
    ) -> Poll<thread::Result<T>> {
        let handle =
            place.as_ref().expect("a goroutine's result was polled for after it was taken");
        if !poll_done(handle.gp, waker) {
            return Poll::Pending;
        }
        let gp = handle.gp;
        #[expect(clippy::mem_forget, reason = "what Drop would do is done here")]
        std::mem::forget(place.take());
        // SAFETY: as in `join`.
        let result = unsafe { gp.packet.get().cast::<thread::Result<T>>().read() };
        release_polled(gp);
        Poll::Ready(result)
    }

    /// Takes back the waker that `poll` has left, before the handle is dropped.
    pub(crate) fn take_waker_back(&self) -> Option<Waker> {
        if self.gp.join.load(Acquire) & TASK == 0 {
            return None;
        }
        take_back(self.gp)
    }

    /// Whether the goroutine has ended. Never waits.
    ///
    /// ```
    /// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
    /// let handle = rt.block_on_goroutine(|| gmp_core::spawn(|| ()));
    /// while !handle.is_finished() {
    ///     std::thread::yield_now();
    /// }
    /// ```
    pub fn is_finished(&self) -> bool {
        self.gp.join.load(Acquire) & DONE != 0
    }

    /// The goroutine's id.
    ///
    /// ```
    /// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
    /// let handle = rt.block_on_goroutine(|| gmp_core::spawn(|| gmp_core::current().unwrap().id()));
    /// let id = handle.id();
    /// assert_eq!(handle.join().unwrap(), id);
    /// ```
    pub fn id(&self) -> GoId {
        self.gp.id.get()
    }

    /// The goroutine's name, if it was given one.
    ///
    /// ```
    /// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
    /// let handle = gmp_core::Builder::new().name("parser").spawn(|| ()).unwrap();
    /// assert_eq!(handle.name(), Some("parser"));
    /// ```
    pub fn name(&self) -> Option<&str> {
        Some(self.gp.name()).filter(|name| !name.is_empty())
    }
}

impl<T> Drop for JoinHandle<T> {
    #[inline]
    fn drop(&mut self) {
        if self.gp.join.compare_exchange(HANDLE, 0, Release, Relaxed).is_ok() {
            return;
        }
        drop_done::<T>(self.gp);
    }
}

/// The handle is dropped after DONE: its result goes too.
#[cold]
fn drop_done<T>(gp: &'static G) {
    // Pairs with G's Release of DONE.
    gp.join.load(Acquire);
    // SAFETY: only DONE makes the CAS in `drop` fail (WAITING means that the
    // owner is inside `join`, and who has polled takes TASK back first): the
    // packet holds a result, and it is ours.
    let result = unsafe { gp.packet.get().cast::<thread::Result<T>>().read() };
    let unwanted = match result {
        Ok(value) => Ok(value),
        Err(payload) => Err(scope::take_panic(gp, payload)),
    };
    release_polled(gp);
    // The hook has reported a panic of the destructor; a handle's drop has none.
    // (The dropper's own `goexit` goes on when its payload is dropped.)
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(unwanted))) {
        panic::end_process_if_asked(&*payload);
        drop(payload);
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle")
            .field("id", &self.id())
            .field("name", &self.name())
            .field("finished", &self.is_finished())
            .finish()
    }
}

// SAFETY: a handle only takes the result out, by value, once; T crosses threads
// as `spawn` demanded. What it reads of the record is set before it exists.
unsafe impl<T> Send for JoinHandle<T> {}
// SAFETY: through a shared reference only atomics and constants are read.
unsafe impl<T> Sync for JoinHandle<T> {}

/// Parks until DONE.
fn wait_done(gp: &'static G) {
    if gp.join.load(Acquire) & DONE != 0 {
        return;
    }
    let critical = Critical::enter_inside();
    let parker = Parker::new(&critical);
    gp.joiner.set(Joiner { parker: &parker });
    // SAFETY: the parker lives in this frame until woken; G readies it once, on
    // finding WAITING, which only a successful commit sets.
    unsafe {
        critical.park_unless(
            &parker,
            WaitReason::Join,
            announce_wait,
            std::ptr::from_ref(&gp.join).cast_mut().cast(),
        );
    }
    // Pairs with DONE for the case that the commit found it.
    gp.join.load(Acquire);
}

/// # Safety
/// `word` is a goroutine's `join`, kept alive by the handle.
unsafe fn announce_wait(word: *mut ()) -> bool {
    // SAFETY: the caller's promise.
    let word = unsafe { &*word.cast::<AtomicU32>() };
    word.compare_exchange(HANDLE, HANDLE | WAITING, AcqRel, Acquire).is_ok()
}

/// H, polling: true after DONE; if not, G has the waker.
fn poll_done(gp: &'static G, waker: &Waker) -> bool {
    let seen = gp.join.load(Acquire);
    if seen & DONE != 0 {
        return true;
    }
    let former = if seen & TASK != 0 {
        let former = take_back(gp);
        if former.is_none() {
            return true;
        }
        former
    } else {
        None
    };
    let (own, _former) = match former {
        Some(former) if former.will_wake(waker) => (former, None),
        former => (waker.clone(), former),
    };
    gp.joiner.set(Joiner { waker: ManuallyDrop::new(own) });
    if gp.join.compare_exchange(HANDLE, HANDLE | TASK, AcqRel, Acquire).is_ok() {
        return false;
    }
    // SAFETY: written above, and without TASK nobody else takes it.
    drop(unsafe { take_waker(gp) });
    true
}

/// H, which has left a waker: takes it back, unless it is too late and G has it.
fn take_back(gp: &'static G) -> Option<Waker> {
    gp.join.compare_exchange(HANDLE | TASK, HANDLE, AcqRel, Acquire).ok()?;
    // SAFETY: with TASK there was a waker, and DONE did not come before TASK went.
    Some(unsafe { take_waker(gp) })
}

/// # Safety
/// `joiner` holds a waker, which is the caller's to take.
unsafe fn take_waker(gp: &'static G) -> Waker {
    // SAFETY: the caller's promise. What stays behind is a copy that is never read.
    unsafe { ManuallyDrop::take(&mut (*gp.joiner.as_ptr()).waker) }
}

/// H is through with the result.
fn release(gp: &'static G) {
    gp.free_name();
    release_slot(gp);
}

/// The same, of a handle that may have left a waker: then the name is G's to free.
fn release_polled(gp: &'static G) {
    if gp.join.load(Relaxed) & TASK == 0 {
        gp.free_name();
    }
    release_slot(gp);
}

#[inline(always)]
fn release_slot(gp: &'static G) {
    if gp.join.fetch_or(RELEASED, AcqRel) & EXITED != 0 {
        exit::free_slot(gp);
    }
}

/// G, before it writes its result: whether anyone can want it.
#[inline(always)]
pub(crate) fn has_handle(gp: &G) -> bool {
    gp.join.load(Acquire) & HANDLE != 0
}

/// G, after it wrote its result: true if it is the handle's from here on.
pub(crate) fn set_done(gp: &'static G) -> bool {
    // An Err means that the handle was dropped meanwhile.
    // Acquire: what its owner read before is over when the slot is freed.
    let mut seen = gp.join.load(Acquire);
    while seen & HANDLE != 0 {
        match gp.join.compare_exchange_weak(seen, seen | DONE, AcqRel, Acquire) {
            Ok(_) => {
                if seen & WAITING != 0 {
                    let critical = Critical::enter_inside();
                    // SAFETY: WAITING: the handle's owner is parked on it, and
                    // DONE is set once.
                    unsafe { critical.ready((*gp.joiner.as_ptr()).parker) };
                } else if seen & TASK != 0 {
                    wake_task(gp);
                }
                return true;
            }
            Err(now) => seen = now,
        }
    }
    false
}

/// G, after DONE, which was set over TASK.
#[cold]
#[inline(never)]
fn wake_task(gp: &'static G) {
    // SAFETY: TASK: there is a waker, and after DONE only G takes it.
    let waker = unsafe { take_waker(gp) };
    panic::last_act(gp, || waker.wake());
    gp.free_name();
}

/// M, having left the stack for good: true if the slot is M's to free.
#[inline(always)]
pub(crate) fn set_exited(gp: &G) -> bool {
    gp.join.load(Relaxed) & HANDLE == 0 || gp.join.fetch_or(EXITED, AcqRel) & RELEASED != 0
}
