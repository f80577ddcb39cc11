//! The table of all Ps ever made. It only grows, one thread at a time; readers
//! need no lock.

use super::P;
use crate::prim::{AtomicRef, AtomicU32};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

const CHUNK: usize = 64;
const CHUNKS: usize = 1024;

type Chunk = [AtomicRef<P>; CHUNK];

pub(crate) struct AllPs {
    chunks: [AtomicRef<Chunk>; CHUNKS],
    made: AtomicU32,
}

impl AllPs {
    /// The most Ps there can be.
    pub(crate) const MAX: usize = CHUNK * CHUNKS;

    pub(crate) const fn new() -> AllPs {
        AllPs { chunks: [const { AtomicRef::none() }; CHUNKS], made: AtomicU32::new(0) }
    }

    /// Ps that exist, those beyond GOMAXPROCS included.
    pub(crate) fn made(&self) -> usize {
        self.made.load(Acquire) as usize
    }

    /// P number `id`, which exists.
    #[inline]
    pub(crate) fn get(&self, id: usize) -> &'static P {
        let chunk = self.chunks[id / CHUNK].load(Acquire);
        match chunk.and_then(|chunk| chunk[id % CHUNK].load(Acquire)) {
            Some(p) => p,
            None => crate::fatal("a P was asked for that does not exist"),
        }
    }

    /// All Ps that exist, those beyond GOMAXPROCS included.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static P> + '_ {
        (0..self.made()).map(|id| self.get(id))
    }

    /// Makes Ps until there are `count`. Allocates: called outside the
    /// scheduler, by one thread at a time.
    pub(crate) fn make(&self, count: usize, seed: u64) {
        for id in self.made()..count.min(Self::MAX) {
            let slot = &self.chunks[id / CHUNK];
            let chunk = slot.load(Relaxed).unwrap_or_else(|| {
                let chunk: &'static Chunk =
                    Box::leak(Box::new([const { AtomicRef::none() }; CHUNK]));
                slot.store(Some(chunk), Release);
                chunk
            });
            let p = Box::leak(Box::new(P::new(id as u32, seed)));
            chunk[id % CHUNK].store(Some(p), Release);
            self.made.store(id as u32 + 1, Release);
        }
    }
}
