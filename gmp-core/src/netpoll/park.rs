//! Parking on a word, with or without a time limit.
#![expect(unsafe_code, reason = "the waiter is reached through the word, on its own stack")]

use super::count;
use super::word::{Was, Word};
use crate::rt::{Critical, Fired, HeapLock, Parker, Timer, WaitReason};
use std::mem::offset_of;
use std::ptr::null;

/// Who waits beside a timer. On his stack.
struct Timed {
    timer: Timer,
    word: *const Word<Parker>,
    parker: *const Parker,
    for_io: bool,
}

/// What the commit needs, moved off the waiter's stack before others can reach him.
struct Bed {
    word: *const Word<Parker>,
    parker: *const Parker,
    lock: Option<HeapLock>,
    for_io: bool,
}

/// (W2) and (W3): parks the caller, who has announced himself on `word`, until he is notified
/// or interrupted, or until `limit` (nanoseconds of the runtime's clock). `for_io`: he counts
/// as one for whom somebody must poll.
pub(crate) fn park(
    word: &Word<Parker>,
    critical: Critical,
    reason: WaitReason,
    limit: u64,
    for_io: bool,
) {
    let parker = Parker::new(&critical);
    if let Some(gp) = parker.goroutine()
        && gp.trims.take()
    {
        gp.trim_stack();
    }
    let mut bed = Bed { word, parker: &raw const parker, lock: None, for_io };
    if limit == u64::MAX {
        // SAFETY: `parker` lives in this frame, and is readied once, by whoever takes it out
        // of the word, which `commit` puts it into.
        unsafe { critical.park_unless(bed.parker, reason, commit, (&raw mut bed).cast()) };
        return;
    }
    let timed = Timed { timer: Timer::new(fire), word, parker: bed.parker, for_io };
    // SAFETY: the timer is new, stays where it is, and is disarmed below. `commit`, which
    // is called soon, unlocks.
    bed.lock = Some(unsafe { timed.timer.arm_and_keep(&critical, limit) });
    // SAFETY: as above.
    unsafe { critical.park_unless(bed.parker, reason, commit, (&raw mut bed).cast()) };
    timed.timer.disarm(&Critical::enter_inside());
}

/// # Safety
/// `bed` is a `Bed`, on the stack of one who is about to wait.
unsafe fn commit(bed: *mut ()) -> bool {
    // SAFETY: the caller's promise; nobody has woken him yet. From `publish` on the memory may
    // be gone, so everything is taken out before.
    let Bed { word, parker, lock, for_io } = unsafe {
        let bed = &mut *bed.cast::<Bed>();
        Bed { word: bed.word, parker: bed.parker, lock: bed.lock.take(), for_io: bed.for_io }
    };
    // SAFETY: he waits.
    let outside = unsafe { (*parker).goroutine().is_none() };
    if for_io {
        count::add();
    }
    // SAFETY: the word outlives the wait, which ends after this call at the earliest.
    let waits = unsafe { (*word).publish(parker) };
    if for_io && !waits {
        count::remove();
    }
    if let Some(lock) = lock {
        lock.unlock();
    }
    if for_io && waits && outside {
        super::mind_outsider();
    }
    waits
}

/// # Safety
/// `timer` is a `Timed`'s, whose owner waits, or is about to disarm it.
unsafe fn fire(timer: *const Timer, _now: u64) -> Fired {
    // SAFETY: the owner stays until he has disarmed the timer, which waits for us.
    unsafe {
        let timed = timer.byte_sub(offset_of!(Timed, timer)).cast::<Timed>();
        if !(*(*timed).word).retract((*timed).parker) {
            return Fired { ready: null(), ..Fired::DONE };
        }
        if (*timed).for_io {
            count::remove();
        }
        Fired { ready: (*timed).parker, ..Fired::DONE }
    }
}

/// One who waits, and any number who notify him.
///
/// A notification that comes while nobody waits is kept, one of them. The owner, one at a
/// time, waits; everybody else may notify.
pub struct Slot {
    pub(crate) word: Word<Parker>,
}

impl Default for Slot {
    fn default() -> Slot {
        Slot::new()
    }
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slot").field("ready", &self.word.is_ready()).finish()
    }
}

impl Slot {
    /// One with nothing in it.
    pub const fn new() -> Slot {
        Slot { word: Word::new() }
    }

    /// Owner: uses up a notification; whether there was one.
    pub fn take(&self) -> bool {
        self.word.take()
    }

    /// Owner, who does not wait: as if notified.
    pub fn put(&self) {
        self.word.put();
    }

    /// Owner: waits until notified, or interrupted, and uses that up. Parks a goroutine, blocks
    /// a thread.
    pub fn wait(&self, reason: WaitReason) {
        self.wait_until(reason, u64::MAX);
    }

    /// As `wait`, but no longer than until `limit`, in nanoseconds of the runtime's clock.
    pub fn wait_until(&self, reason: WaitReason, limit: u64) {
        if !self.word.take() {
            let critical = Critical::enter();
            if self.word.announce() {
                park(&self.word, critical, reason, limit, false);
            }
            self.word.take();
        }
    }

    /// Notifies: whoever waits goes on; if nobody does, the next one will not wait.
    pub fn notify(&self, critical: &Critical) {
        wake(critical, &self.word.notify());
    }

    /// Whoever waits, or is about to, goes on without a notification.
    pub fn interrupt(&self, critical: &Critical) {
        wake(critical, &self.word.interrupt());
    }
}

fn wake(critical: &Critical, was: &Was<Parker>) {
    if let Was::Waiter(parker) = was {
        // SAFETY: he waits, and only who took him out of the word wakes him.
        unsafe { critical.ready(*parker) };
    }
}
