//! Preparing stacks ahead of a burst of starts.
//!
//! The first use of a stack costs a guard and a page fault, some microseconds,
//! many times what starting a goroutine costs otherwise. When a program starts
//! goroutines by the thousand, the spawner thread does part of that on another
//! CPU: it guards the next never-used slots, many in one system call, and asks
//! for the pages of some of them. It keeps a little ahead of the starter, who
//! meanwhile meets slots it has to fault in itself: both do about half. When the
//! starts stop, at most two batches of pages have been prepared in vain.

use super::pool;
use crate::m::spawner;
use crate::stack::{Class, GUARDS_AT_ONCE, Slot, max_slots};
use crate::sys;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

/// Programs with fewer goroutines than this are left alone.
const FROM: u32 = 1024;
/// Slots prepared at a time.
const BATCH: u32 = GUARDS_AT_ONCE as u32 / 2;

/// Looks without progress that end a burst, and the pause after each.
const PATIENCE: u32 = 16;
const PAUSE_NS: u64 = 20_000;

/// The class in a burst, and whether there is one.
static CLASS: AtomicUsize = AtomicUsize::new(0);
static WANTED: AtomicBool = AtomicBool::new(false);

/// What the spawner thread remembers between two looks.
#[derive(Default)]
pub(crate) struct Ahead {
    /// Where the starter was, and for how many looks.
    last: u32,
    looks: u32,
    /// Pages of slots below this have been asked for.
    populated: u32,
}

/// A starter has taken slot `index` of `class`, which nobody had guarded ahead.
/// Called inside the scheduler.
pub(super) fn used_up(class: Class, index: u32) {
    if index >= FROM && !WANTED.load(Relaxed) {
        CLASS.store(class.index(), Relaxed);
        WANTED.store(true, Relaxed);
        spawner::ring();
    }
}

impl Ahead {
    /// Prepares one batch if there is a burst; true if it wants to be called
    /// again at once.
    pub(crate) fn step(&mut self) -> bool {
        if !WANTED.load(Relaxed) {
            return false;
        }
        let class = Class::from_index(CLASS.load(Relaxed));
        let (fresh, guarded) = pool::fresh(class);
        let end = fresh + 2 * BATCH;
        if end as usize <= max_slots(class) && guarded < fresh + BATCH {
            self.looks = 0;
            return self.prepare(class, fresh, guarded.max(fresh), end);
        }
        self.looks = if fresh == self.last { self.looks + 1 } else { 0 };
        self.last = fresh;
        if self.looks > PATIENCE || end as usize > max_slots(class) {
            *self = Ahead::default();
            WANTED.store(false, Relaxed);
            return false;
        }
        sys::nap_ns(PAUSE_NS);
        true
    }

    fn prepare(&mut self, class: Class, fresh: u32, start: u32, end: u32) -> bool {
        if !(Slot { class, index: start }).prepare_run((end - start) as usize) {
            WANTED.store(false, Relaxed);
            return false;
        }
        pool::set_guarded(class, end);
        // The starter works on the slots before these meanwhile.
        let index = self.populated.max(fresh + BATCH);
        if index < end {
            Slot { class, index }.populate_run((end - index) as usize);
        }
        self.populated = end;
        true
    }
}
