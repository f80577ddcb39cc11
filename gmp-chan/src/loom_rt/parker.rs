//! Parkers: of goroutines, and of plain threads.

#![expect(unsafe_code, reason = "a parker is gone once its owner was woken")]

use std::cell::Cell;
use std::rc::Rc;

use loom::sync::atomic::AtomicU32;
use loom::sync::atomic::Ordering::{AcqRel, Acquire};

use super::Critical;
use super::world::{Park, Party, World};

/// The words are the runtime's.
const EMPTY: u32 = 0;
const WOKEN: u32 = 1;
const ASLEEP: u32 = 2;

const ALIVE: u64 = 0x616c_6976_6500;

#[derive(Debug)]
pub struct Parker {
    owner: Rc<Party>,
    /// None of a goroutine's.
    word: Option<AtomicU32>,
    alive: Cell<u64>,
}

impl Parker {
    pub fn new(critical: &Critical) -> Parker {
        let owner = Rc::clone(critical.party());
        let word = (!owner.goroutine).then(|| AtomicU32::new(EMPTY));
        Parker { owner, word, alive: Cell::new(ALIVE) }
    }

    fn word(&self) -> &AtomicU32 {
        self.word.as_ref().expect("a goroutine has no word")
    }

    pub fn sleep(&self) {
        assert!(self.sleep_until(u64::MAX));
    }

    pub fn sleep_until(&self, deadline: u64) -> bool {
        let party = World::here().party();
        assert!(Rc::ptr_eq(&party, &self.owner) && !party.goroutine, "only threads sleep");
        assert!(!party.inside.get() && party.locks() == 0, "asleep in a section");
        if self.word().compare_exchange(EMPTY, ASLEEP, AcqRel, Acquire).is_err() {
            return true;
        }
        // Nobody else has run since then, so no wake-up falls in between.
        if deadline != u64::MAX {
            World::here().add_sleeper(&party, deadline);
        }
        let over = deadline <= World::here().now();
        World::here().note("sleeps", party.number);
        party.block();
        if deadline == u64::MAX || !World::here().remove_sleeper(&party) {
            // Woken; the load is what the runtime ends its loop with.
            assert_eq!(self.word().load(Acquire), WOKEN);
            return true;
        }
        let woken = self.word().compare_exchange(ASLEEP, EMPTY, AcqRel, Acquire).is_err();
        if over {
            // Who only looks again and again has others run in between.
            loom::thread::yield_now();
        }
        woken
    }

    /// Makes the owner go on.
    ///
    /// # Safety
    /// As the runtime's.
    pub(super) unsafe fn wake(parker: *const Parker) {
        // SAFETY: the caller's promise, which is checked as far as it can be.
        let parker = unsafe { &*parker };
        assert_eq!(parker.alive.get(), ALIVE, "made ready after it was gone");
        let owner = Rc::clone(&parker.owner);
        let Some(word) = &parker.word else {
            return owner.make_ready(parker);
        };
        let before = word.swap(WOKEN, AcqRel);
        assert_ne!(before, WOKEN, "woken twice");
        World::here().note("wakes", owner.number);
        if before == ASLEEP {
            // The parker may be gone from here on.
            owner.unblock();
        }
    }
}

impl Drop for Parker {
    fn drop(&mut self) {
        self.alive.set(0);
        if !std::thread::panicking() {
            assert_eq!(self.owner.park.get(), Park::No, "gone while its owner is parked");
        }
    }
}
