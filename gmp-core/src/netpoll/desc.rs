//! The record of a descriptor: who waits for it, until when, and whether it was closed.

use super::count;
use super::gates::Gates;
use super::sweep;
use super::word::{Waits, Was, Word};
use crate::future::waker;
use crate::prim::{AtomicBool, AtomicU32, AtomicU64, Locked};
use crate::rt::Parker;
use std::cell::Cell;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::task::Waker;

/// What is waited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dir {
    /// Something to read, or to accept, or the end of it.
    Read,
    /// Room to write, or a connection made.
    Write,
}

impl Dir {
    pub(super) const BOTH: [Dir; 2] = [Dir::Read, Dir::Write];
}

/// Lives for ever; used for one descriptor after the other.
#[repr(align(128))]
pub(crate) struct Desc {
    halves: [Half; 2],
    pub(super) gates: Locked<Gates<Parker>>,
    closed: AtomicBool,
    registered: AtomicBool,
    /// How often it was used: events of former uses are told by it.
    turn: AtomicU32,
    pub(super) index: u32,
    /// Next free record. Under that list's lock.
    pub(super) link: Cell<Option<&'static Desc>>,
    /// Next whose foreign wakers are to be called, and which. Under that list's lock.
    pub(super) wake_link: Cell<Option<&'static Desc>>,
    pub(super) wake_dirs: Cell<[bool; 2]>,
}

// SAFETY: `link` is touched under the lock of the list of free records, `wake_link` and
// `wake_dirs` under that of the other list; the rest is atomic or has a lock.
#[expect(unsafe_code, reason = "a cell under another record's lock")]
unsafe impl Sync for Desc {}

/// One direction.
pub(super) struct Half {
    pub(super) word: Word<Parker>,
    /// Sticky, in nanoseconds of the runtime's clock; u64::MAX for none.
    deadline: AtomicU64,
    /// The other side has gone, or said that it will send no more, or sent urgent data: a
    /// short read does not mean that nothing is left to be told.
    hung_up: AtomicBool,
    /// Of a task that waits.
    pub(super) waker: Locked<Option<Waker>>,
    /// The epoch in which the last wait began (`sweep.rs`).
    since: AtomicU32,
    /// Who waits has given up the stack he does not use, since something came last.
    swept: AtomicBool,
}

impl Half {
    fn new() -> Half {
        Half {
            word: Word::new(),
            deadline: AtomicU64::new(u64::MAX),
            hung_up: AtomicBool::new(false),
            waker: Locked::new(None),
            since: AtomicU32::new(0),
            swept: AtomicBool::new(false),
        }
    }

    /// A wait begins.
    #[inline(always)]
    pub(super) fn begin_wait(&self) {
        self.since.store(sweep::epoch(), Relaxed);
    }

    pub(super) fn since(&self) -> u32 {
        self.since.load(Relaxed)
    }

    /// Whether a goroutine waits that has not been swept: a hint. (One that waits by another
    /// executor's waker is nobody's to sweep.)
    pub(super) fn waits_idly(&self) -> bool {
        !self.swept.load(Relaxed)
            && match self.word.waits() {
                Waits::Nobody => false,
                Waits::Waiter => true,
                Waits::Task => self.waker.with(|waker| {
                    waker.as_ref().is_some_and(|waker| waker::as_ours(waker).is_some())
                }),
            }
    }

    pub(super) fn set_swept(&self) {
        self.swept.store(true, Relaxed);
    }
}

/// Whom to make ready, of those that were taken out of a word.
#[derive(Clone, Copy)]
pub(super) enum Woken {
    Nobody,
    /// A goroutine or a thread.
    Parker(*const Parker),
    /// A task of somebody else's executor: his waker is user code.
    Foreign,
}

impl Desc {
    pub(super) fn new(index: u32) -> Desc {
        Desc {
            halves: [Half::new(), Half::new()],
            gates: Locked::new(Gates::new()),
            closed: AtomicBool::new(false),
            registered: AtomicBool::new(false),
            turn: AtomicU32::new(0),
            index,
            link: Cell::new(None),
            wake_link: Cell::new(None),
            wake_dirs: Cell::new([false; 2]),
        }
    }

    pub(super) fn half(&self, dir: Dir) -> &Half {
        &self.halves[dir as usize]
    }

    /// What epoll says with each event of its present use.
    pub(super) fn tag(&self) -> u64 {
        u64::from(self.turn.load(Acquire)) << 32 | u64::from(self.index)
    }

    /// Begins a use: nobody else knows of it.
    pub(super) fn begin_use(&self) {
        for half in &self.halves {
            // To try costs less than to ask.
            half.word.put();
            half.deadline.store(u64::MAX, Relaxed);
            half.hung_up.store(false, Relaxed);
            half.swept.store(false, Relaxed);
        }
        self.closed.store(false, Relaxed);
    }

    /// Ends it: no operation runs, and nobody waits.
    pub(super) fn end_use(&self) -> [Option<Waker>; 2] {
        self.turn.fetch_add(1, Release);
        self.registered.store(false, Relaxed);
        self.gates.with(|gates| *gates = Gates::new());
        Dir::BOTH.map(|dir| self.end_wait_of_task(dir))
    }

    /// The waker of a task that does not wait any longer; the caller drops it outside of any
    /// section.
    fn end_wait_of_task(&self, dir: Dir) -> Option<Waker> {
        let half = self.half(dir);
        if let Was::Task = half.word.interrupt() {
            count::remove();
        }
        half.waker.with(Option::take)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Acquire)
    }

    pub(super) fn set_closed(&self) {
        self.closed.store(true, Release);
    }

    pub(super) fn is_registered(&self) -> bool {
        self.registered.load(Acquire)
    }

    pub(super) fn set_registered(&self, is: bool) {
        self.registered.store(is, Release);
    }

    pub(super) fn deadline(&self, dir: Dir) -> u64 {
        self.half(dir).deadline.load(Acquire)
    }

    pub(super) fn set_deadline(&self, dir: Dir, when: u64) {
        self.half(dir).deadline.store(when, Release);
    }

    pub(super) fn is_hung_up(&self, dir: Dir) -> bool {
        self.half(dir).hung_up.load(Relaxed)
    }

    pub(super) fn set_hung_up(&self) {
        for half in &self.halves {
            half.hung_up.store(true, Relaxed);
        }
    }

    /// Something has come for `dir`.
    #[inline]
    pub(super) fn notify(&'static self, dir: Dir) -> Woken {
        let half = self.half(dir);
        // Whatever the owner tries from now on, he finds what the kernel has told us of.
        if half.word.is_ready() {
            return Woken::Nobody;
        }
        if half.swept.load(Relaxed) {
            half.swept.store(false, Relaxed);
        }
        self.woken(dir, &half.word.notify())
    }

    /// Whoever waits for `dir` shall look around.
    pub(super) fn interrupt(&'static self, dir: Dir) -> Woken {
        self.woken(dir, &self.half(dir).word.interrupt())
    }

    fn woken(&'static self, dir: Dir, was: &Was<Parker>) -> Woken {
        match was {
            Was::Nobody => return Woken::Nobody,
            Was::Waiter(parker) => {
                count::remove();
                return Woken::Parker(*parker);
            }
            Was::Task => count::remove(),
        }
        // A waker of ours is a word like this one's: notified in place, and not dropped here.
        let ours = self.half(dir).waker.with(|waker| {
            let waker = waker.as_ref()?;
            Some(waker::as_ours(waker).map(|shared| shared.slot.word.notify()))
        });
        match ours {
            Some(Some(Was::Waiter(parker))) => Woken::Parker(parker),
            Some(None) => Woken::Foreign,
            _ => Woken::Nobody,
        }
    }
}
