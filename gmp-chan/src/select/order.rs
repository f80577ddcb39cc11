//! In which order a select looks at its cases, and in which it locks their channels.

use super::case::{Case, Op};
use crate::chan::Core;
use crate::rt::Critical;

/// Up to this many cases need no allocation.
const FEW: usize = 8;

/// A list that allocates only where it is made, outside of all locks.
struct Scratch<T> {
    few: [T; FEW],
    many: Vec<T>,
    len: usize,
}

impl<T: Copy> Scratch<T> {
    fn new(room: usize, filler: T) -> Scratch<T> {
        let many = if room > FEW { vec![filler; room] } else { Vec::new() };
        Scratch { few: [filler; FEW], many, len: 0 }
    }

    #[inline(always)]
    fn as_mut_slice(&mut self) -> &mut [T] {
        let all = if self.many.is_empty() { &mut self.few[..] } else { &mut self.many[..] };
        &mut all[..self.len]
    }

    #[inline(always)]
    fn as_slice(&self) -> &[T] {
        let all = if self.many.is_empty() { &self.few[..] } else { &self.many[..] };
        &all[..self.len]
    }

    #[inline(always)]
    fn push(&mut self, value: T) {
        self.len += 1;
        if let Some(last) = self.as_mut_slice().last_mut() {
            *last = value;
        }
    }
}

pub(super) struct Orders {
    poll: Scratch<u16>,
    lock: Scratch<*const Core>,
}

impl Orders {
    pub(super) fn new(cases: usize) -> Orders {
        Orders { poll: Scratch::new(cases, 0), lock: Scratch::new(cases, std::ptr::null()) }
    }

    /// Indices of the cases that can fire at all: in a random order that is uniform over
    /// all of them (Fisher and Yates, inside out), or as they are if `biased`.
    #[inline(always)]
    pub(super) fn draw(&mut self, cases: &[Case<'_>], biased: bool, critical: &Critical) {
        self.poll.len = 0;
        for (index, case) in cases.iter().enumerate() {
            let can_fire = match case.op {
                Op::Timer => case.when != u64::MAX,
                // (A case is good for one select.)
                _ => !case.core.is_null() && case.answer().is_none(),
            };
            if can_fire {
                self.poll.push(index as u16);
            }
        }
        let poll = self.poll.as_mut_slice();
        if !biased {
            for last in 1..poll.len() {
                // Lemire's reduction: the high half of the product is below `last + 1`.
                let among = last as u64 + 1;
                let other = (u64::from(critical.random()) * among) >> 32;
                poll.swap(last, other as usize);
            }
        }
    }

    #[inline(always)]
    pub(super) fn poll(&self) -> &[u16] {
        self.poll.as_slice()
    }

    /// Notes the channels in the one order in which all selects lock: each once.
    pub(super) fn sort(&mut self, cases: &[Case<'_>]) {
        self.lock.len = 0;
        for case in cases.iter().filter(|case| !case.core.is_null()) {
            self.lock.push(case.core);
        }
        let lock = self.lock.as_mut_slice();
        lock.sort_unstable_by_key(|&core| Core::rank(core));
        let mut kept = 0;
        for next in 0..lock.len() {
            if kept == 0 || lock[next] != lock[kept - 1] {
                lock[kept] = lock[next];
                kept += 1;
            }
        }
        self.lock.len = kept;
    }

    /// What [`sort`](Self::sort) noted.
    pub(super) fn lock(&self) -> &[*const Core] {
        self.lock.as_slice()
    }
}
