//! In which order a select looks at its cases, and in which it locks their channels.

#![expect(unsafe_code, reason = "the lists live in memory that is filled as far as they reach")]

use std::mem::MaybeUninit;

use super::case::{Case, Op};
use crate::chan::Core;
use crate::rt::Critical;

/// Up to this many cases need no allocation.
const FEW: usize = 16;
/// As many draws as one random number is good for: 8 have 40,320 outcomes of its four
/// thousand million.
const DRAWS: usize = 8;

/// Memory for both orders: on the stack, or on the heap for many cases.
pub(super) struct Room {
    poll: [MaybeUninit<u16>; FEW],
    lock: [MaybeUninit<*const Core>; FEW],
    many_poll: Vec<MaybeUninit<u16>>,
    many_lock: Vec<MaybeUninit<*const Core>>,
}

impl Room {
    /// Allocates if it has to: outside of all locks.
    #[inline(always)]
    pub(super) fn new(cases: usize) -> Room {
        let (mut many_poll, mut many_lock) = (Vec::new(), Vec::new());
        if cases > FEW {
            many_poll = vec![MaybeUninit::uninit(); cases];
            many_lock = vec![MaybeUninit::uninit(); cases];
        }
        Room {
            poll: [MaybeUninit::uninit(); FEW],
            lock: [MaybeUninit::uninit(); FEW],
            many_poll,
            many_lock,
        }
    }

    #[inline(always)]
    pub(super) fn orders(&mut self) -> Orders<'_> {
        if self.many_poll.is_empty() {
            Orders { poll: &mut self.poll, polled: 0, lock: &mut self.lock, locked: 0 }
        } else {
            let (poll, lock) = (&mut self.many_poll[..], &mut self.many_lock[..]);
            Orders { poll, polled: 0, lock, locked: 0 }
        }
    }
}

pub(super) struct Orders<'a> {
    /// Written up to `polled`.
    poll: &'a mut [MaybeUninit<u16>],
    polled: usize,
    /// Written up to `locked`.
    lock: &'a mut [MaybeUninit<*const Core>],
    locked: usize,
}

impl Orders<'_> {
    /// Indices of the cases that can fire at all: in a random order that is uniform over
    /// all of them (Fisher and Yates, inside out), or as they are if `biased`. Whether there
    /// are timers among them.
    #[inline(always)]
    pub(super) fn draw(&mut self, cases: &[Case<'_>], biased: bool, critical: &Critical) -> bool {
        self.polled = 0;
        let mut timers = false;
        let mut random = if biased { 0 } else { critical.random() };
        for (index, case) in cases.iter().enumerate() {
            if !case.can_fire() {
                continue;
            }
            timers |= case.op == Op::Timer;
            let last = self.polled;
            self.polled += 1;
            let mut place = last;
            if !biased {
                if last >= DRAWS {
                    random = critical.random();
                }
                // The high half of the product is uniform below the factor, and the low half
                // is as random as before.
                let product = u64::from(random) * self.polled as u64;
                place = (product >> 32) as usize;
                random = product as u32;
            }
            self.poll[last] = self.poll[place];
            self.poll[place] = MaybeUninit::new(index as u16);
        }
        timers
    }

    #[inline(always)]
    pub(super) fn poll(&self) -> &[u16] {
        // SAFETY: written so far; the same layout.
        unsafe { std::slice::from_raw_parts(self.poll.as_ptr().cast(), self.polled) }
    }

    /// Notes the channels in the one order in which all selects lock: each once. `draw` has
    /// been here.
    #[inline(always)]
    pub(super) fn sort(&mut self, cases: &[Case<'_>]) {
        self.locked = 0;
        if self.polled > FEW {
            return self.sort_many(cases);
        }
        // As they are written, not as drawn: channels that were made one after the other
        // often lie so in memory.
        for case in cases {
            if !case.core.is_null() && case.can_fire() {
                self.insert(case.core);
            }
        }
    }

    /// Puts `core` where it belongs, if it is not there yet.
    #[inline(always)]
    fn insert(&mut self, core: *const Core) {
        let mut place = self.locked;
        while place > 0 {
            // SAFETY: written so far.
            let other = unsafe { self.lock[place - 1].assume_init() };
            if other == core {
                // Those moved up to here go back.
                for at in place..self.locked {
                    self.lock[at] = self.lock[at + 1];
                }
                return;
            }
            if Core::rank(other) < Core::rank(core) {
                break;
            }
            self.lock[place] = self.lock[place - 1];
            place -= 1;
        }
        self.lock[place] = MaybeUninit::new(core);
        self.locked += 1;
    }

    #[cold]
    #[inline(never)]
    fn sort_many(&mut self, cases: &[Case<'_>]) {
        for at in 0..self.polled {
            let core = cases[usize::from(self.poll()[at])].core;
            if !core.is_null() {
                self.lock[self.locked] = MaybeUninit::new(core);
                self.locked += 1;
            }
        }
        let first = self.lock.as_mut_ptr().cast::<*const Core>();
        // SAFETY: written so far; the same layout.
        let lock = unsafe { std::slice::from_raw_parts_mut(first, self.locked) };
        lock.sort_unstable_by_key(|&core| Core::rank(core));
        let mut kept = 0;
        for next in 0..lock.len() {
            if kept == 0 || lock[next] != lock[kept - 1] {
                lock[kept] = lock[next];
                kept += 1;
            }
        }
        self.locked = kept;
    }

    /// What [`sort`](Self::sort) noted.
    #[inline(always)]
    pub(super) fn lock(&self) -> &[*const Core] {
        // SAFETY: written so far; the same layout.
        unsafe { std::slice::from_raw_parts(self.lock.as_ptr().cast(), self.locked) }
    }
}
