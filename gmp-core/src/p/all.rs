//! The table of all Ps ever made. It only grows, and only while the world is
//! stopped or not yet started; readers need no lock.
#![expect(unsafe_code, reason = "Ps live for ever behind atomic pointers")]

use super::P;
use crate::prim::{AtomicPtr, AtomicU32};
use std::ptr::null_mut;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

const CHUNK: usize = 64;
const CHUNKS: usize = 1024;

/// The most Ps there can be.
pub(crate) const MAX: usize = CHUNK * CHUNKS;

type Chunk = [AtomicPtr<P>; CHUNK];

pub(crate) struct AllPs {
    chunks: [AtomicPtr<Chunk>; CHUNKS],
    /// Ps that exist, dead ones included.
    made: AtomicU32,
}

impl AllPs {
    pub(crate) const MAX: usize = MAX;

    pub(crate) const fn new() -> AllPs {
        AllPs {
            chunks: [const { AtomicPtr::new(null_mut()) }; CHUNKS],
            made: AtomicU32::new(0),
        }
    }

    /// Ps that exist, dead ones included.
    pub(crate) fn made(&self) -> usize {
        self.made.load(Acquire) as usize
    }

    /// P number `id`, which exists.
    #[inline]
    pub(crate) fn get(&self, id: usize) -> &'static P {
        debug_assert!(id < self.made());
        let chunk = self.chunks[id / CHUNK].load(Acquire);
        // SAFETY: `id` is below `made`, so the chunk and the P in it were
        // published before; neither is ever freed.
        unsafe { &*(&*chunk)[id % CHUNK].load(Acquire) }
    }

    /// All Ps that exist, dead ones included.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static P> + '_ {
        (0..self.made()).map(|id| self.get(id))
    }

    /// Makes Ps until there are `count`. Allocates: called outside the
    /// scheduler, by one thread at a time.
    pub(crate) fn make(&self, count: usize, seed: u64) {
        for id in self.made()..count.min(MAX) {
            let slot = &self.chunks[id / CHUNK];
            if slot.load(Relaxed).is_null() {
                let chunk: Box<Chunk> = Box::new([const { AtomicPtr::new(null_mut()) }; CHUNK]);
                slot.store(Box::leak(chunk), Release);
            }
            let p = Box::leak(Box::new(P::new(id as u32, seed)));
            // SAFETY: the chunk was published above or earlier and lives for ever.
            let chunk = unsafe { &*slot.load(Acquire) };
            chunk[id % CHUNK].store(p, Release);
            self.made.store(id as u32 + 1, Release);
        }
    }
}
