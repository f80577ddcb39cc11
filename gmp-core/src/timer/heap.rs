//! A 4-ary min-heap of deadlines: shallower than a binary one, and the four
//! children of a node share a cache line.
#![expect(unsafe_code, reason = "slots of the heap's own buffer")]

use crate::prim::RawBuf;

#[derive(Clone, Copy)]
pub(super) struct Entry<T> {
    pub(super) when: u64,
    pub(super) item: T,
}

pub(super) struct Heap<T> {
    buf: RawBuf<Entry<T>>,
    len: usize,
}

const ARITY: usize = 4;
const FIRST_CAPACITY: usize = 256;

impl<T: Copy> Heap<T> {
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
    }

    pub(super) fn first(&self) -> Option<Entry<T>> {
        (self.len > 0).then(|| self.at(0))
    }

    pub(super) fn push(&mut self, entry: Entry<T>) {
        if self.len == self.buf.capacity() {
            self.grow();
        }
        self.len += 1;
        let mut hole = self.len - 1;
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
            self.sink(last);
        }
        Some(first)
    }

    /// Fills the hole at the root with `entry`.
    fn sink(&mut self, entry: Entry<T>) {
        let mut hole = 0;
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
}
