//! A 4-ary min-heap of deadlines: shallower than a binary one, and the four
//! children of a node are one cache line. Tells its items where they are, so
//! that one in the middle can be taken out.
#![expect(unsafe_code, reason = "slots of the heap's own buffer")]

use crate::prim::RawBuf;

/// 16 bytes, if the item is a word.
#[derive(Clone, Copy)]
pub(super) struct Entry<T> {
    /// Nanoseconds of CLOCK_MONOTONIC.
    pub(super) when: u64,
    pub(super) item: T,
}

/// What a heap can hold: cheap to copy, and told its place.
pub(super) trait Placed: Copy {
    fn placed(&self, place: u32);
}

pub(super) struct Heap<T> {
    buf: RawBuf<Entry<T>>,
    len: usize,
    /// Added to a place before an item is told of it.
    mark: u32,
}

const ARITY: usize = 4;
/// Slots left empty at the front of the buffer, which begins a page: so the first child
/// of every node begins a cache line.
const FRONT: usize = ARITY - 1;
const FIRST_CAPACITY: usize = 256;

impl<T: Placed> Heap<T> {
    /// One that tells its items `mark` and their place.
    pub(super) const fn new(mark: u32) -> Heap<T> {
        Heap { buf: RawBuf::empty(), len: 0, mark }
    }

    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline(always)]
    fn at(&self, index: usize) -> Entry<T> {
        debug_assert!(index < self.len);
        // SAFETY: slots below len were written, and `FRONT + len` is within the buffer.
        unsafe { self.buf.get(FRONT + index) }
    }

    #[inline(always)]
    fn set(&mut self, index: usize, entry: Entry<T>) {
        debug_assert!(index < self.len);
        // SAFETY: as in `at`, and `&mut self` makes us the only user.
        unsafe { self.buf.set(FRONT + index, entry) };
        entry.item.placed(self.mark | index as u32);
    }

    #[inline(always)]
    pub(super) fn first(&self) -> Option<Entry<T>> {
        (self.len > 0).then(|| self.at(0))
    }

    #[inline(always)]
    pub(super) fn push(&mut self, entry: Entry<T>) {
        if FRONT + self.len >= self.buf.capacity() {
            self.grow();
        }
        self.len += 1;
        self.rise(self.len - 1, entry);
    }

    /// Fills the hole at `hole` with `entry`, which is not later than what is
    /// below.
    #[inline(always)]
    fn rise(&mut self, mut hole: usize, entry: Entry<T>) {
        while hole > 0 {
            let parent = (hole - 1) / ARITY;
            let above = self.at(parent);
            if above.when <= entry.when {
                break;
            }
            self.set(hole, above);
            hole = parent;
        }
        self.set(hole, entry);
    }

    pub(super) fn pop(&mut self) -> Option<Entry<T>> {
        let first = self.first()?;
        let last = self.at(self.len - 1);
        self.len -= 1;
        if self.len > 0 {
            self.sink(0, last);
        }
        Some(first)
    }

    /// Takes out the entry in the last place: one of the later ones.
    pub(super) fn pop_last(&mut self) -> Option<Entry<T>> {
        let last = (self.len > 0).then(|| self.at(self.len - 1))?;
        self.len -= 1;
        Some(last)
    }

    /// Takes out the entry at `index`.
    #[inline(always)]
    pub(super) fn remove(&mut self, index: usize) -> Entry<T> {
        assert!(index < self.len);
        let removed = self.at(index);
        let last = self.at(self.len - 1);
        self.len -= 1;
        if index < self.len {
            if last.when < removed.when {
                self.rise(index, last);
            } else {
                self.sink(index, last);
            }
        }
        removed
    }

    /// Fills the hole at `hole` with `entry`, which is not earlier than what is
    /// above.
    fn sink(&mut self, mut hole: usize, entry: Entry<T>) {
        while let Some(least) = self.least_child(hole) {
            let below = self.at(least);
            if below.when >= entry.when {
                break;
            }
            self.set(hole, below);
            hole = least;
        }
        self.set(hole, entry);
    }

    #[inline(always)]
    fn least_child(&self, parent: usize) -> Option<usize> {
        let first = parent * ARITY + 1;
        if first + ARITY > self.len {
            return (first..self.len).min_by_key(|&child| self.at(child).when);
        }
        let earlier = |a: usize, b: usize| if self.at(b).when < self.at(a).when { b } else { a };
        Some(earlier(earlier(first, first + 1), earlier(first + 2, first + 3)))
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let cap = (self.buf.capacity() * 2).max(FIRST_CAPACITY);
        let Some(mut buf) = RawBuf::with_capacity(cap) else {
            crate::fatal("out of memory: the timer heap cannot grow");
        };
        for i in FRONT..FRONT + self.len {
            // SAFETY: i < FRONT + len < cap; the old slot was written.
            unsafe { buf.set(i, self.buf.get(i)) };
        }
        self.buf = buf;
    }
}
