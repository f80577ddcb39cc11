//! Who holds a read-write lock, and who waits for it.
//!
//! The protocol is in `../README.md`, "RwLock"; comments here name its steps.

use crate::mutex::raw::RawMutex;
use crate::prim::{AtomicU64, Ordering, const_unless_loom};
use crate::rt::{Critical, WaitReason};
use crate::wait::{Batch, Locked, Place, Queue};

/// A writer holds the lock.
const WRITER: u64 = 1;
/// Somebody is queued. Who comes now waits, too.
const QUEUED: u64 = 2;
/// Either closes the lock to those who come to read.
const CLOSED: u64 = WRITER | QUEUED;
/// One in the count of readers: those who hold the lock, and those who came while it was
/// closed and are about to notice.
const READER: u64 = 4;

/// The list of those who wait to read, and that of the one whose turn it is to write.
const READERS: usize = 0;
const WRITERS: usize = 1;

/// How a writer got the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Came {
    /// It was free, and nobody was there.
    Freely,
    /// Through the gate, which is still locked.
    Gated,
}

/// The state of a lock; what it guards lies elsewhere.
pub(crate) struct State {
    word: AtomicU64,
    /// Under its lock, `QUEUED` and `WRITER` are set and taken back, but for the two CAS of
    /// a writer who meets nobody.
    queue: Queue<2>,
    /// Locked by one writer of those who cannot have the lock at once. The others wait here.
    gate: RawMutex,
}

impl State {
    const_unless_loom! {
        pub(crate) fn new() -> State {
            State { word: AtomicU64::new(0), queue: Queue::new(), gate: RawMutex::new() }
        }
    }

    /// Whether nobody holds it, waits for it, or is on his way.
    #[cfg(all(test, gmp_loom))]
    pub(crate) fn is_at_rest(&self) -> bool {
        self.word.load(Ordering::Relaxed) == 0 && self.gate.is_at_rest()
    }

    /// How many wait, those who spin not counted.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.len() + self.gate.waiting()
    }

    #[inline]
    pub(crate) fn try_read(&self) -> bool {
        let open = |word| (word & CLOSED == 0).then_some(word + READER);
        self.word.fetch_update(Ordering::Acquire, Ordering::Relaxed, open).is_ok()
    }

    #[inline]
    pub(crate) fn read(&self) {
        if self.word.fetch_add(READER, Ordering::Acquire) & CLOSED != 0 {
            self.wait_to_read();
        }
    }

    /// Steps 2 to 4 of reading, of who is counted already.
    #[cold]
    fn wait_to_read(&self) {
        loop {
            // Not to be unwound: it would leave the count behind.
            let locked = self.queue.lock_inside();
            // Who has opened it since did so under this lock.
            if self.word.load(Ordering::Relaxed) & CLOSED == 0 {
                return;
            }
            self.word.fetch_or(QUEUED, Ordering::Relaxed);
            let word = self.word.fetch_sub(READER, Ordering::AcqRel) - READER;
            if word != QUEUED {
                locked.wait_in(READERS, 0, Place::Back, WaitReason::RwMutexRLock);
                return;
            }
            self.admit_writer(locked);
            if self.word.fetch_add(READER, Ordering::Acquire) & CLOSED == 0 {
                return;
            }
        }
    }

    #[inline]
    pub(crate) fn unlock_read(&self) {
        if self.word.fetch_sub(READER, Ordering::Release) == READER | QUEUED {
            self.leave_to_writer();
        }
    }

    /// Step 2 of the last reader's leaving.
    #[cold]
    fn leave_to_writer(&self) {
        let locked = self.queue.lock_inside();
        // Otherwise somebody else has done it.
        if self.word.load(Ordering::Acquire) == QUEUED {
            self.admit_writer(locked);
        }
    }

    /// Gives the lock, which nobody holds, to the first writer in the queue.
    fn admit_writer(&self, mut locked: Locked<'_, 2>) {
        let Some(writer) = locked.pop_in(WRITERS, 0) else {
            debug_assert!(false, "queued behind nobody");
            return;
        };
        // Who is counted in the meantime sees one of the two, and backs out.
        self.word.fetch_add(WRITER, Ordering::Relaxed);
        self.settle(&locked);
        writer.wake(&locked.unlock());
    }

    /// Takes `QUEUED` back if the last one has left the queue.
    fn settle(&self, locked: &Locked<'_, 2>) {
        if locked.is_empty_in(READERS) && locked.is_empty_in(WRITERS) {
            self.word.fetch_and(!QUEUED, Ordering::Relaxed);
        }
    }

    #[inline]
    pub(crate) fn try_write(&self) -> bool {
        self.word.compare_exchange(0, WRITER, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    #[inline]
    pub(crate) fn write(&self) -> Came {
        if self.try_write() { Came::Freely } else { self.wait_to_write() }
    }

    /// Steps 2 to 4 of writing.
    #[cold]
    fn wait_to_write(&self) -> Came {
        // Unwinds here, if at all: not with the gate locked.
        drop(Critical::enter());
        self.gate.lock();
        let locked = self.queue.lock_inside();
        let taken = self.word.fetch_update(Ordering::Acquire, Ordering::Relaxed, |word| {
            Some(if word == 0 { WRITER } else { word | QUEUED })
        });
        if taken != Ok(0) {
            locked.wait_in(WRITERS, 0, Place::Back, WaitReason::RwMutexLock);
        }
        Came::Gated
    }

    #[inline]
    pub(crate) fn unlock_write(&self, came: Came) {
        if self.word.compare_exchange(WRITER, 0, Ordering::Release, Ordering::Relaxed).is_err() {
            self.leave_to_others();
        }
        self.open_gate(came);
    }

    #[inline]
    fn open_gate(&self, came: Came) {
        if came == Came::Gated {
            self.gate.unlock();
        }
    }

    /// Step 2 of a writer's leaving.
    #[cold]
    fn leave_to_others(&self) {
        let mut locked = self.queue.lock_inside();
        if locked.is_empty_in(READERS)
            && let Some(writer) = locked.pop_in(WRITERS, 0)
        {
            self.settle(&locked);
            return writer.wake(&locked.unlock());
        }
        self.open(locked, 0);
    }

    #[inline]
    pub(crate) fn downgrade(&self, came: Came) {
        if self.word.compare_exchange(WRITER, READER, Ordering::Release, Ordering::Relaxed).is_err()
        {
            self.open(self.queue.lock_inside(), 1);
        }
        self.open_gate(came);
    }

    /// Ends a writer's hold and admits all who wait to read, in one step; of those the
    /// caller counts for `own`.
    fn open(&self, mut locked: Locked<'_, 2>, own: u64) {
        let mut batch = Batch::new();
        let mut readers = own;
        while let Some(reader) = locked.pop_in(READERS, 0) {
            batch.push(reader);
            readers += 1;
        }
        // Before the queue settles: never is the lock open while writers are passed over.
        self.word.fetch_add((readers * READER).wrapping_sub(WRITER), Ordering::Release);
        self.settle(&locked);
        drop(locked);
        batch.wake_all();
    }
}
