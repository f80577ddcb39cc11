//! Run queues: one ring per P, one unbounded queue for all.
//!
//! Both hold opaque pointers to goroutines and never look behind them, which is
//! what lets loom check them with numbers in place of goroutines.

mod global;
mod local;

pub(crate) use global::GlobalQueue;
pub(crate) use local::{LocalQueue, Popped};

#[cfg(all(test, gmp_loom))]
mod loom_tests;
#[cfg(all(test, not(gmp_loom)))]
mod tests;

/// Slots in a P's ring. Four under loom, so that wrap-around and spill happen.
pub(crate) const RING: usize = if cfg!(gmp_loom) { 4 } else { 256 };

/// How many goroutines one spill moves to the global queue, besides the new one.
pub(crate) const SPILL: usize = RING / 2;

/// A batch on its way from one queue to another: at most half a ring and one.
pub(crate) struct Batch<G> {
    items: [*mut G; SPILL + 1],
    len: usize,
}

impl<G> Batch<G> {
    pub(crate) fn new() -> Batch<G> {
        Batch { items: [std::ptr::null_mut(); SPILL + 1], len: 0 }
    }

    #[inline(always)]
    pub(crate) fn push(&mut self, gp: *mut G) {
        self.items[self.len] = gp;
        self.len += 1;
    }

    pub(crate) fn as_slice(&self) -> &[*mut G] {
        &self.items[..self.len]
    }

    /// Puts the batch in a random order (shuffle mode).
    pub(crate) fn shuffle(&mut self, mut random: impl FnMut() -> u32) {
        for i in (1..self.len).rev() {
            self.items.swap(i, random() as usize % (i + 1));
        }
    }
}
