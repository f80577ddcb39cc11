//! Who gets a goroutine's result and frees its slot (`g/join.rs`), and when a
//! scope may return (`g/scope.rs`). Those modules cannot be compiled under loom:
//! here are their steps on the same words, each function under its own name.

use crate::m::note::Note;
use crate::prim::checked::{Checked, check};
use crate::prim::{AtomicU32, AtomicUsize};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

/// A step that a test leaves out or does wrong, to see it missed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cut {
    Nothing,
    /// The waiter is announced without a look whether it is too late.
    AnnounceByCas,
    /// The second of M and handle is not found out.
    SecondFrees,
    /// G finds the handle gone and does not acquire what its owner read before.
    AcquireOfDrop,
    /// A waker is left without a look whether it is too late.
    TaskByOr,
    /// A waker is replaced while it may be G's.
    TakeBack,
    /// The handle frees the name of a goroutine that has a waker to wake.
    NameIsGs,
    /// A handle that has left a waker is dropped as if it had not.
    DropTakesBack,
}

mod join {
    use super::*;
    use std::sync::atomic::Ordering::Release;

    const HANDLE: u32 = 1;
    const DONE: u32 = 2;
    const WAITING: u32 = 4;
    const EXITED: u32 = 8;
    const RELEASED: u32 = 16;
    const TASK: u32 = 32;

    /// What a goroutine's end may find in `joiner`, dropped exactly once.
    #[derive(PartialEq, Debug)]
    enum Joiner {
        Nobody,
        Parker,
        Waker(u32),
    }

    /// The record of a goroutine that runs and has a handle.
    struct G {
        cut: Cut,
        join: AtomicU32,
        packet: Checked<Option<u32>>,
        joiner: Checked<Joiner>,
        /// The joiner's, parked or async.
        parker: Note,
        /// The waker that was woken, and how many there were and were dropped.
        woken: AtomicU32,
        cloned: AtomicU32,
        unused: AtomicU32,
        has_name: Checked<bool>,
        /// False once the slot is free: then nobody may touch the record.
        alive: Checked<bool>,
        /// Results taken by the handle and dropped by the goroutine.
        taken: AtomicU32,
        dropped: AtomicU32,
    }

    impl G {
        fn new(cut: Cut) -> G {
            G {
                cut,
                join: AtomicU32::new(HANDLE),
                packet: Checked::new(None),
                joiner: Checked::new(Joiner::Nobody),
                parker: Note::new(),
                woken: AtomicU32::new(0),
                cloned: AtomicU32::new(0),
                unused: AtomicU32::new(0),
                has_name: Checked::new(true),
                alive: Checked::new(true),
                taken: AtomicU32::new(0),
                dropped: AtomicU32::new(0),
            }
        }

        /// The word, in a slot that must not be free.
        fn word(&self) -> &AtomicU32 {
            assert!(self.alive.get(), "a free slot was used");
            &self.join
        }

        fn free_slot(&self) {
            assert!(self.alive.replace(false), "a slot was freed twice");
            assert!(!self.has_name.get(), "the name was not freed");
        }

        fn free_name(&self) {
            assert!(self.has_name.replace(false), "the name was freed twice");
        }

        fn drop_result(&self, result: Option<u32>) {
            assert_eq!(result, Some(42));
            self.dropped.fetch_add(1, Relaxed);
        }

        // G, then the M it ran on.

        fn end(&self) {
            if self.word().load(Acquire) & HANDLE != 0 {
                self.packet.set(Some(42));
                if !self.set_done() {
                    self.drop_result(self.packet.replace(None));
                    self.free_name();
                }
            } else {
                self.drop_result(Some(42));
                self.free_name();
            }
            if self.set_exited() {
                self.free_slot();
            }
        }

        fn set_done(&self) -> bool {
            let first = if self.cut == Cut::AcquireOfDrop { Relaxed } else { Acquire };
            let mut seen = self.word().load(first);
            while seen & HANDLE != 0 {
                match self.word().compare_exchange_weak(seen, seen | DONE, AcqRel, Acquire) {
                    Ok(_) => {
                        if seen & WAITING != 0 {
                            assert!(self.joiner.replace(Joiner::Nobody) == Joiner::Parker);
                            self.parker.wake();
                        } else if seen & TASK != 0 {
                            self.wake_task();
                        }
                        return true;
                    }
                    Err(now) => seen = now,
                }
            }
            false
        }

        fn wake_task(&self) {
            assert!(self.has_name.get(), "a waker's user code asks for a name that was freed");
            self.woken.store(self.take_waker(), Relaxed);
            self.parker.wake();
            assert!(self.has_name.get(), "the name was freed beneath a waker's user code");
            self.free_name();
        }

        fn take_waker(&self) -> u32 {
            match self.joiner.replace(Joiner::Nobody) {
                Joiner::Waker(number) => number,
                other => panic!("{other:?} in place of a waker"),
            }
        }

        fn set_exited(&self) -> bool {
            self.word().load(Relaxed) & HANDLE == 0
                || self.word().fetch_or(EXITED, AcqRel) & RELEASED != 0
                || self.cut == Cut::SecondFrees
        }

        // The handle.

        fn join(&self) {
            self.wait_done();
            assert_eq!(self.packet.replace(None), Some(42));
            self.taken.fetch_add(1, Relaxed);
            self.release(HANDLE);
        }

        fn wait_done(&self) {
            if self.word().load(Acquire) & DONE != 0 {
                return;
            }
            self.joiner.set(Joiner::Parker);
            if self.announce_wait() {
                self.parker.sleep();
            }
            self.word().load(Acquire);
        }

        fn announce_wait(&self) -> bool {
            if self.cut == Cut::AnnounceByCas {
                self.word().fetch_or(WAITING, AcqRel);
                return true;
            }
            self.word().compare_exchange(HANDLE, HANDLE | WAITING, AcqRel, Acquire).is_ok()
        }

        fn release(&self, word: u32) {
            if word & TASK == 0 || self.cut == Cut::NameIsGs {
                self.free_name();
            }
            if self.word().fetch_or(RELEASED, AcqRel) & EXITED != 0 {
                self.free_slot();
            }
        }

        fn drop_handle(&self) {
            if self.word().compare_exchange(HANDLE, 0, Release, Relaxed).is_ok() {
                return;
            }
            self.drop_done();
        }

        fn drop_done(&self) {
            let word = self.word().load(Acquire);
            assert_eq!(self.packet.replace(None), Some(42));
            self.taken.fetch_add(1, Relaxed);
            self.release(word);
        }

        // The handle, polled.

        /// Polls `polls` times, each time with another waker, and then as often as woken.
        fn wait_for(&self, polls: u32) {
            for number in 1.. {
                if self.poll(number.min(polls)) {
                    return;
                }
                if number >= polls {
                    self.parker.sleep();
                }
            }
        }

        fn poll(&self, waker: u32) -> bool {
            if !self.poll_done(waker) {
                return false;
            }
            self.drop_done();
            true
        }

        fn poll_done(&self, waker: u32) -> bool {
            let seen = self.word().load(Acquire);
            if seen & DONE != 0 {
                return true;
            }
            let mut own = None;
            if seen & TASK != 0 {
                let Some(former) = self.take_back() else { return true };
                if former == waker {
                    own = Some(former);
                } else {
                    self.drop_waker(former);
                }
            }
            let own = own.unwrap_or_else(|| {
                self.cloned.fetch_add(1, Relaxed);
                waker
            });
            let before = self.joiner.replace(Joiner::Waker(own));
            assert!(before == Joiner::Nobody, "a waker was lost");
            if self.cut == Cut::TaskByOr {
                self.word().fetch_or(TASK, AcqRel);
                return false;
            }
            if self.word().compare_exchange(HANDLE, HANDLE | TASK, AcqRel, Acquire).is_ok() {
                return false;
            }
            let own = self.take_waker();
            self.drop_waker(own);
            true
        }

        fn take_back(&self) -> Option<u32> {
            if self.cut != Cut::TakeBack {
                let word = self.word();
                word.compare_exchange(HANDLE | TASK, HANDLE, AcqRel, Acquire).ok()?;
            }
            Some(self.take_waker())
        }

        fn drop_waker(&self, _number: u32) {
            self.unused.fetch_add(1, Relaxed);
        }

        fn poll_and_drop(&self) {
            if self.poll(1) {
                return;
            }
            if self.cut != Cut::DropTakesBack
                && self.word().load(Acquire) & TASK != 0
                && let Some(waker) = self.take_back()
            {
                self.drop_waker(waker);
            }
            self.drop_handle();
        }

        fn wakers_settled(&self) {
            self.all_settled();
            assert!(self.joiner.replace(Joiner::Nobody) == Joiner::Nobody, "a waker was left");
            let used = u32::from(self.woken.load(Relaxed) != 0) + self.unused.load(Relaxed);
            assert_eq!(self.cloned.load(Relaxed), used, "each waker is woken or dropped, once");
        }

        fn all_settled(&self) {
            assert!(!self.alive.get(), "the slot was not freed");
            assert_eq!(self.packet.get(), None, "the result was left in the packet");
            let settled = self.taken.load(Relaxed) + self.dropped.load(Relaxed);
            assert_eq!(settled, 1, "the result must have exactly one owner");
        }
    }

    fn joined(cut: Cut) {
        check(
            4,
            move || G::new(cut),
            [G::end, G::join],
            |gp| {
                gp.all_settled();
                assert_eq!(gp.taken.load(Relaxed), 1, "join returned without the result");
            },
        );
    }

    #[test]
    fn loom_join_against_end() {
        joined(Cut::Nothing);
    }

    fn dropped(cut: Cut) {
        check(4, move || G::new(cut), [G::end, G::drop_handle], G::all_settled);
    }

    #[test]
    fn loom_join_dropped_against_end() {
        dropped(Cut::Nothing);
    }

    fn awaited(cut: Cut, handle: fn(&G)) {
        check(4, move || G::new(cut), [G::end, handle], G::wakers_settled);
    }

    #[test]
    fn loom_join_awaited_against_end() {
        awaited(Cut::Nothing, |gp| {
            gp.wait_for(1);
            assert_eq!(gp.taken.load(Relaxed), 1);
        });
    }

    /// A waker that comes in place of another is the one that is woken.
    #[test]
    fn loom_join_awaited_by_two_wakers() {
        awaited(Cut::Nothing, |gp| gp.wait_for(2));
    }

    #[test]
    fn loom_join_awaited_and_dropped() {
        awaited(Cut::Nothing, G::poll_and_drop);
    }

    #[test]
    #[should_panic(expected = "deadlock")]
    fn loom_join_task_by_cas_is_needed() {
        awaited(Cut::TaskByOr, |gp| gp.wait_for(1));
    }

    #[test]
    #[should_panic(expected = "Causality violation")]
    fn loom_join_taking_back_is_needed() {
        awaited(Cut::TakeBack, |gp| gp.wait_for(2));
    }

    #[test]
    #[should_panic(expected = "Causality violation")]
    fn loom_join_name_is_the_goroutines() {
        awaited(Cut::NameIsGs, |gp| gp.wait_for(1));
    }

    #[test]
    #[should_panic(expected = "Causality violation")]
    fn loom_join_drop_taking_back_is_needed() {
        awaited(Cut::DropTakesBack, G::poll_and_drop);
    }

    #[test]
    #[should_panic(expected = "Causality violation")]
    fn loom_join_acquire_of_drop_is_needed() {
        dropped(Cut::AcquireOfDrop);
    }

    #[test]
    #[should_panic(expected = "deadlock")]
    fn loom_join_announcing_by_cas_is_needed() {
        joined(Cut::AnnounceByCas);
    }

    #[test]
    #[should_panic]
    fn loom_join_second_frees_is_needed() {
        joined(Cut::SecondFrees);
    }
}

mod scope {
    use super::*;

    const WAITING: usize = 1 << (usize::BITS - 1);

    /// The frame of `scope`, whose closure has returned and left two goroutines.
    struct Shared {
        cut: Cut,
        state: AtomicUsize,
        parker: Checked<bool>,
        note: Note,
        /// False once `scope` has returned: then nobody may touch its frame.
        alive: Checked<bool>,
        /// What the goroutines borrow.
        borrowed: [Checked<u32>; 2],
    }

    impl Shared {
        fn new(cut: Cut) -> Shared {
            Shared {
                cut,
                state: AtomicUsize::new(2),
                parker: Checked::new(false),
                note: Note::new(),
                alive: Checked::new(true),
                borrowed: [Checked::new(0), Checked::new(0)],
            }
        }

        fn state(&self) -> &AtomicUsize {
            assert!(self.alive.get(), "the frame of a scope that has returned was used");
            &self.state
        }

        fn wait(&self) {
            if self.state().load(Acquire) != 0 {
                self.parker.set(true);
                if self.announce_wait() {
                    self.note.sleep();
                }
                self.state().load(Acquire);
            }
            self.alive.set(false);
            for borrowed in &self.borrowed {
                assert_eq!(borrowed.get(), 1, "a scope returned before its goroutines");
            }
        }

        fn announce_wait(&self) -> bool {
            if self.cut == Cut::AnnounceByCas {
                self.state().fetch_or(WAITING, AcqRel);
                return true;
            }
            let mut seen = self.state().load(Acquire);
            while seen != 0 {
                match self.state().compare_exchange_weak(seen, seen | WAITING, AcqRel, Acquire) {
                    Ok(_) => return true,
                    Err(now) => seen = now,
                }
            }
            false
        }

        fn leave(&self, goroutine: usize) {
            self.borrowed[goroutine].set(1);
            let before = self.state().fetch_sub(1, AcqRel);
            if before == WAITING | 1 {
                assert!(self.alive.get() && self.parker.get());
                self.note.wake();
            }
        }
    }

    fn two_leave(cut: Cut) {
        check(
            3,
            move || Shared::new(cut),
            [Shared::wait, |s| s.leave(0), |s| s.leave(1)],
            |s| {
                assert!(!s.alive.get());
            },
        );
    }

    #[test]
    fn loom_scope_two_leave() {
        two_leave(Cut::Nothing);
    }

    #[test]
    #[should_panic(expected = "deadlock")]
    fn loom_scope_announcing_by_cas_is_needed() {
        two_leave(Cut::AnnounceByCas);
    }
}
