//! Where a pool keeps its values: a shard for each P, with a slot that is the P's alone and a
//! short stack that others may take from.
//!
//! Who is in a `Critical` keeps its P, so it has the P's slot to itself, and needs neither a
//! lock nor an atomic instruction for it. The stack has a lock, which nobody waits for: who
//! finds it taken goes elsewhere. Plain threads have no slots; each uses the stack of the
//! shard that its number leads to.
//!
//! Values are moved inside of a `Critical`, but never made, dropped or cloned there.

#![expect(unsafe_code, reason = "slots belong to who has the P, stacks to who has the lock")]

use std::array;
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicUsize, Ordering};

use gmp_core::rt::{Critical, SpinLock};

use crate::once_lock::OnceLock;

/// Values in the stack of one shard.
const DEPTH: usize = 8;
/// Shards in the first chunk. The others double their number, one after the other.
const FIRST: usize = 4;
/// Enough for the most Ps there can be, 65,536.
const CHUNKS: usize = 15;

/// The shards of a pool. They are made in chunks, when the first of a chunk is put into.
pub(super) struct Shards<T> {
    chunks: [OnceLock<Box<[Shard<T>]>>; CHUNKS],
    /// Shards that plain threads use, less one: all bits set.
    threads: usize,
}

/// On cache lines of its own.
#[repr(align(128))]
struct Shard<T> {
    /// For who is in a `Critical` on the P of this number.
    slot: UnsafeCell<Option<T>>,
    lock: SpinLock,
    /// How many of `stack` are there, the first ones. Written under the lock; without it, a
    /// hint.
    len: AtomicUsize,
    /// Under the lock.
    stack: UnsafeCell<[Option<T>; DEPTH]>,
}

// SAFETY: no two threads touch the same value at once. A slot is touched only by who has the
// P of that number, and a P that changes hands brings what its last owner did with it. The
// stack is touched under the lock. Values go from thread to thread: `T: Send`.
unsafe impl<T: Send> Sync for Shard<T> {}

/// Where the caller keeps values. Holds while the caller's `Critical` lasts.
#[derive(Clone, Copy)]
struct Home {
    shard: usize,
    /// Whether the slot is the caller's, too.
    of_p: bool,
}

impl<T> Shards<T> {
    pub(super) fn new() -> Shards<T> {
        Shards {
            chunks: [const { OnceLock::new() }; CHUNKS],
            threads: gmp_core::num_cpu().next_power_of_two() - 1,
        }
    }

    /// Keeps `value` at home, or gives it back if there is no room.
    #[inline]
    pub(super) fn put(&self, value: T) -> Result<(), T> {
        self.put_if_made(value).or_else(|(value, home)| {
            let Some(home) = home else { return Err(value) };
            self.make(home);
            self.put_if_made(value).map_err(|(value, _)| value)
        })
    }

    /// Gives `value` back if there is no room, with the number of the shard if that was
    /// not made yet.
    #[inline]
    fn put_if_made(&self, value: T) -> Result<(), (T, Option<usize>)> {
        // Never unwinds, so that a guard can be dropped.
        let critical = Critical::enter_inside();
        let home = self.home(&critical);
        let Some(shard) = self.shard(home.shard) else { return Err((value, Some(home.shard))) };
        if home.of_p {
            // SAFETY: the caller is on the P of the shard, and stays there while `critical`
            // lasts; the reference is gone before that.
            let slot = unsafe { &mut *shard.slot.get() };
            if slot.is_none() {
                *slot = Some(value);
                return Ok(());
            }
        }
        shard.push(value).map_err(|value| (value, None))
    }

    /// A value that the caller's home has.
    #[inline]
    pub(super) fn get(&self) -> Option<T> {
        let critical = Critical::enter();
        let home = self.home(&critical);
        let shard = self.shard(home.shard)?;
        if home.of_p {
            // SAFETY: as in `put_if_made`.
            let slot = unsafe { &mut *shard.slot.get() };
            if slot.is_some() {
                return slot.take();
            }
        }
        shard.pop()
    }

    /// A value from the stack of any shard.
    pub(super) fn steal(&self) -> Option<T> {
        // Thieves begin at different places.
        let start = Critical::enter().random() as usize;
        for chunk in self.chunks.iter().filter_map(OnceLock::get) {
            for n in 0..chunk.len() {
                let shard = &chunk[start.wrapping_add(n) % chunk.len()];
                if shard.len.load(Ordering::Relaxed) == 0 {
                    continue;
                }
                let critical = Critical::enter();
                let stolen = shard.pop();
                drop(critical);
                if stolen.is_some() {
                    return stolen;
                }
            }
        }
        None
    }

    #[inline]
    fn home(&self, critical: &Critical) -> Home {
        match critical.p_index() {
            Some(index) => Home { shard: index, of_p: true },
            None => Home { shard: thread_number() & self.threads, of_p: false },
        }
    }

    /// Shard `index`, if it was made.
    #[inline]
    fn shard(&self, index: usize) -> Option<&Shard<T>> {
        let (chunk, at) = place(index);
        self.chunks.get(chunk)?.get()?.get(at)
    }

    /// Makes the chunk that shard `index` is in. Allocates, so outside of any `Critical`.
    #[cold]
    fn make(&self, index: usize) {
        let (chunk, _) = place(index);
        if let Some(cell) = self.chunks.get(chunk) {
            cell.get_or_init(|| (0..size(chunk)).map(|_| Shard::new()).collect());
        }
    }
}

/// The chunk that shard `index` is in, and its place there.
#[inline]
fn place(index: usize) -> (usize, usize) {
    if index < FIRST {
        return (0, index);
    }
    let log = index.ilog2();
    ((log - FIRST.ilog2() + 1) as usize, index - (1 << log))
}

/// How many shards a chunk has.
fn size(chunk: usize) -> usize {
    FIRST << chunk.saturating_sub(1)
}

/// The number of the calling plain thread: the threads are counted as they come.
fn thread_number() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        // No destructor, so it works while the thread ends, too.
        static NUMBER: usize = THREADS.fetch_add(1, Ordering::Relaxed);
    }
    NUMBER.with(|number| *number)
}

/// Inside of a `Critical`.
impl<T> Shard<T> {
    fn new() -> Shard<T> {
        Shard {
            slot: UnsafeCell::new(None),
            lock: SpinLock::new(),
            len: AtomicUsize::new(0),
            stack: UnsafeCell::new(array::from_fn(|_| None)),
        }
    }

    /// Puts `value` onto the stack, or gives it back if that is full or in use.
    #[inline]
    fn push(&self, value: T) -> Result<(), T> {
        if self.len.load(Ordering::Relaxed) == DEPTH || !self.lock.try_lock() {
            return Err(value);
        }
        let len = self.len.load(Ordering::Relaxed);
        // SAFETY: the lock was just taken.
        let stack = unsafe { &mut *self.stack.get() };
        let rest = match stack.get_mut(len) {
            Some(place) => place.replace(value),
            None => Some(value),
        };
        if rest.is_none() {
            self.len.store(len + 1, Ordering::Relaxed);
        }
        // SAFETY: taken above; `stack` is not used any more.
        unsafe { self.lock.unlock() };
        rest.map_or(Ok(()), Err)
    }

    /// Takes the topmost value, unless there is none or the stack is in use.
    #[inline]
    fn pop(&self) -> Option<T> {
        if self.len.load(Ordering::Relaxed) == 0 || !self.lock.try_lock() {
            return None;
        }
        let top = self.len.load(Ordering::Relaxed).checked_sub(1);
        // SAFETY: the lock was just taken.
        let stack = unsafe { &mut *self.stack.get() };
        let value = top.and_then(|top| {
            self.len.store(top, Ordering::Relaxed);
            stack[top].take()
        });
        // SAFETY: taken above; `stack` is not used any more.
        unsafe { self.lock.unlock() };
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each number has a place of its own, within the chunk, without gaps.
    #[test]
    fn places() {
        let mut index = 0;
        for chunk in 0..CHUNKS {
            for at in 0..size(chunk) {
                assert_eq!(place(index), (chunk, at));
                index += 1;
            }
        }
        assert_eq!(index, 65_536);
        let shards = Shards::<u8>::new();
        shards.make(index);
        assert!(shards.shard(index).is_none());
    }

    #[test]
    fn a_stack_is_bounded() {
        let shard = Shard::new();
        for n in 0..DEPTH {
            assert_eq!(shard.push(n), Ok(()));
        }
        assert_eq!(shard.push(DEPTH), Err(DEPTH));
        for n in (0..DEPTH).rev() {
            assert_eq!(shard.pop(), Some(n));
        }
        assert_eq!(shard.pop(), None);
    }

    /// Nobody waits for a lock.
    #[test]
    fn a_stack_in_use_is_left_alone() {
        let shard = Shard::new();
        assert_eq!(shard.push(1), Ok(()));
        assert!(shard.lock.try_lock());
        assert_eq!((shard.push(2), shard.pop()), (Err(2), None));
        // SAFETY: taken above.
        unsafe { shard.lock.unlock() };
        assert_eq!(shard.pop(), Some(1));
    }
}
