//! A 4-ary min-heap of deadlines: shallower than a binary one, and the four
//! children of a node share a cache line. Tells its items where they are, so
//! that one in the middle can be taken out.
#![expect(unsafe_code, reason = "slots of the heap's own buffer")]

use crate::prim::RawBuf;

#[derive(Clone, Copy)]
pub(super) struct Entry<T> {
    /// Nanoseconds of CLOCK_MONOTONIC.
    pub(super) when: u64,
    pub(super) item: T,
}

/// What a heap can hold: cheap to copy, and told its place.
pub(super) trait Placed: Copy {
    fn placed(&self, index: usize);
}

pub(super) struct Heap<T> {
    buf: RawBuf<Entry<T>>,
    len: usize,
}

const ARITY: usize = 4;
const FIRST_CAPACITY: usize = 256;

impl<T: Placed> Heap<T> {
    pub(super) fn new() -> Heap<T> {
        Heap { buf: RawBuf::empty(), len: 0 }
    }

    fn at(&self, index: usize) -> Entry<T> {
        assert!(index < self.len);
        // SAFETY: slots below len were written.
        unsafe { self.buf.get(index) }
    }

    fn set(&mut self, index: usize, entry: Entry<T>) {
        assert!(index < self.len);
        // SAFETY: len <= capacity, and `&mut self` makes us the only user.
        unsafe { self.buf.set(index, entry) };
        entry.item.placed(index);
    }

    pub(super) fn first(&self) -> Option<Entry<T>> {
        (self.len > 0).then(|| self.at(0))
    }

    pub(super) fn push(&mut self, entry: Entry<T>) {
        if self.len == self.buf.capacity() {
            self.grow();
        }
        self.len += 1;
        self.rise(self.len - 1, entry);
    }

    /// Fills the hole at `hole` with `entry`, which is not later than what is
    /// below.
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

    /// Takes out the entry at `index`.
    pub(super) fn remove(&mut self, index: usize) -> Entry<T> {
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
        loop {
            let first = hole * ARITY + 1;
            let end = (first + ARITY).min(self.len);
            let Some(least) = (first..end).min_by_key(|&child| self.at(child).when) else { break };
            let below = self.at(least);
            if below.when >= entry.when {
                break;
            }
            self.set(hole, below);
            hole = least;
        }
        self.set(hole, entry);
    }

    fn grow(&mut self) {
        let cap = (self.buf.capacity() * 2).max(FIRST_CAPACITY);
        let Some(mut buf) = RawBuf::with_capacity(cap) else {
            crate::fatal("out of memory: the timer heap cannot grow");
        };
        for i in 0..self.len {
            // SAFETY: i < len < cap; the old slot was written.
            unsafe { buf.set(i, self.buf.get(i)) };
        }
        self.buf = buf;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::p::Rng;

    impl Placed for () {
        fn placed(&self, _index: usize) {}
    }

    #[test]
    fn pops_in_order_whatever_the_pushes() {
        let seed = 0x5eed;
        println!("seed {seed:#x}");
        let rng = Rng::new(seed);
        let mut heap = Heap::new();
        let mut model = std::collections::BinaryHeap::new();
        for _ in 0..20_000 {
            if !rng.next().is_multiple_of(3) || model.is_empty() {
                let when = u64::from(rng.next() % 500);
                heap.push(Entry { when, item: () });
                model.push(std::cmp::Reverse(when));
            } else {
                assert_eq!(heap.pop().map(|e| e.when), model.pop().map(|r| r.0));
            }
            assert_eq!(heap.first().map(|e| e.when), model.peek().map(|r| r.0));
        }
    }

    /// An item that knows where it is.
    #[derive(Clone, Copy)]
    struct Known<'a>(&'a std::cell::Cell<usize>);

    impl Placed for Known<'_> {
        fn placed(&self, index: usize) {
            self.0.set(index);
        }
    }

    #[test]
    fn anything_can_be_taken_out_by_its_place() {
        let seed = 0xfeed;
        println!("seed {seed:#x}");
        let rng = Rng::new(seed);
        let places: Vec<_> = (0..500).map(|_| std::cell::Cell::new(usize::MAX)).collect();
        let mut whens = vec![None; places.len()];
        let mut heap = Heap::new();
        for _ in 0..50_000 {
            let i = rng.next() as usize % places.len();
            if let Some(when) = whens[i].take() {
                assert_eq!(heap.remove(places[i].get()).when, when);
            } else {
                let when = u64::from(rng.next() % 300);
                heap.push(Entry { when, item: Known(&places[i]) });
                whens[i] = Some(when);
            }
            assert_eq!(heap.first().map(|e| e.when), whens.iter().flatten().min().copied());
        }
        let mut last = 0;
        while let Some(entry) = heap.pop() {
            assert!(entry.when >= last);
            last = entry.when;
        }
    }
}
