//! The M that sleeps in the poller, against who gives it work there, and against a plain thread
//! that begins to wait: the steps of `sched/sleep.rs` and of `netpoll/mod.rs` in their order.

use super::WakeState;
use crate::m::note::Note;
use crate::prim::checked::check;
use crate::prim::{AtomicBool, AtomicU32, full_fence};
use loom::sync::{Condvar, Mutex};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

/// One M, one P.
struct World {
    wake: WakeState,
    lists: Mutex<Lists>,
    /// `netpoll::IN`.
    attended: AtomicBool,
    /// Who waits for the descriptor: `netpoll::count`.
    waiting: AtomicU32,
    /// A goroutine that was made ready elsewhere.
    work: AtomicBool,
    kernel: Mutex<Kernel>,
    change: Condvar,
    m: Note,
    outsider: Note,
    done: AtomicU32,
    cut: Cut,
}

#[derive(Default)]
struct Lists {
    p_idle: bool,
    plain: bool,
    poller: bool,
    inside: bool,
    look_again: bool,
}

/// epoll, the eventfd in it and the descriptor.
#[derive(Default)]
struct Kernel {
    bell: bool,
    event: bool,
}

/// A step that a model leaves out, to see it missed.
#[derive(Clone, Copy, PartialEq)]
enum Cut {
    Nothing,
    /// The bell is used up by who looks without waiting.
    Bell,
    /// Who gives work to the poller wakes it on its note.
    Note,
}

impl World {
    /// The M runs, with the P; `waits`: a goroutine waits for the descriptor already.
    fn new(cut: Cut, waits: bool) -> World {
        World {
            wake: WakeState::new(),
            lists: Mutex::default(),
            attended: AtomicBool::new(false),
            waiting: AtomicU32::new(u32::from(waits)),
            work: AtomicBool::new(false),
            kernel: Mutex::default(),
            change: Condvar::new(),
            m: Note::new(),
            outsider: Note::new(),
            done: AtomicU32::new(0),
            cut,
        }
    }

    fn is_unattended(&self) -> bool {
        self.waiting.load(Relaxed) != 0 && !self.attended.load(Relaxed)
    }

    /// Tells the waiter.
    fn tell(&self, has_come: bool) {
        if has_come {
            self.waiting.fetch_sub(1, AcqRel);
            self.done.fetch_add(1, AcqRel);
            self.outsider.wake();
        }
    }

    fn look(&self) {
        let has_come = {
            let mut kernel = self.kernel.lock().unwrap();
            if self.cut == Cut::Bell {
                kernel.bell = false;
            }
            std::mem::take(&mut kernel.event)
        };
        self.tell(has_come);
    }

    /// The M's life, until `jobs` are done.
    fn run(&self, jobs: u32) {
        let mut spinning = false;
        loop {
            if self.work.load(Acquire) {
                self.work.store(false, Relaxed);
                self.done.fetch_add(1, AcqRel);
            }
            if self.is_unattended() {
                self.look();
            }
            if self.done.load(Acquire) == jobs {
                return;
            }
            spinning = self.give_up(spinning);
        }
    }

    /// Sleeps without the P; with it again it says whether it spins.
    fn give_up(&self, spinning: bool) -> bool {
        {
            let mut lists = self.lists.lock().unwrap();
            lists.p_idle = true;
            self.wake.p_idle();
        }
        if spinning {
            self.wake.stop_spinning();
        }
        self.wake.before_recheck();
        if self.work.load(Acquire) {
            let mut lists = self.lists.lock().unwrap();
            if std::mem::take(&mut lists.p_idle) {
                self.wake.p_busy();
                return false;
            }
        }
        {
            let mut lists = self.lists.lock().unwrap();
            if std::mem::take(&mut lists.look_again) && std::mem::take(&mut lists.p_idle) {
                self.wake.p_busy();
                return false;
            }
            let polls = self.waiting.load(Relaxed) != 0 && !lists.inside;
            if !polls {
                lists.plain = true;
                drop(lists);
                self.m.sleep();
                return true;
            }
            lists.poller = true;
            lists.inside = true;
            self.attended.store(true, Relaxed);
        }
        self.sleep_in_poller()
    }

    fn sleep_in_poller(&self) -> bool {
        loop {
            let has_come = {
                let mut kernel = self.kernel.lock().unwrap();
                while !kernel.bell && !kernel.event {
                    kernel = self.change.wait(kernel).unwrap();
                }
                kernel.bell = false;
                std::mem::take(&mut kernel.event)
            };
            let mut lists = self.lists.lock().unwrap();
            if lists.poller && !has_come {
                continue;
            }
            self.attended.store(false, Relaxed);
            lists.inside = false;
            let idle = std::mem::take(&mut lists.poller);
            if idle && std::mem::take(&mut lists.p_idle) {
                self.wake.p_busy();
                drop(lists);
                self.tell(has_come);
                return false;
            }
            lists.plain = idle;
            drop(lists);
            self.tell(has_come);
            self.m.sleep();
            return true;
        }
    }

    /// `wakep`, and what follows from it.
    fn wakep(&self) {
        if !self.wake.must_wake() {
            return;
        }
        let mut lists = self.lists.lock().unwrap();
        if !lists.p_idle || !(lists.plain || lists.poller) {
            // No M to be had: one that is on its way to sleep finds the note.
            lists.look_again |= lists.p_idle;
            self.wake.stop_spinning();
            return;
        }
        lists.p_idle = false;
        self.wake.p_busy();
        let plain = std::mem::take(&mut lists.plain);
        lists.poller &= plain;
        drop(lists);
        self.m.wake();
        if !plain && self.cut != Cut::Note {
            self.kernel.lock().unwrap().bell = true;
            self.change.notify_one();
        }
    }

    /// A plain thread waits for the descriptor: (O1)-(O3).
    fn wait_outside(&self) {
        self.waiting.fetch_add(1, AcqRel);
        full_fence();
        if !self.attended.load(Relaxed) {
            self.wakep();
        }
        self.outsider.sleep();
    }

    fn event(&self) {
        self.kernel.lock().unwrap().event = true;
        self.change.notify_one();
    }

    fn submit(&self) {
        self.work.store(true, Release);
        self.wakep();
    }
}

/// A plain thread begins to wait while the M goes to sleep.
#[test]
fn loom_poller_outsider() {
    check(
        2,
        || World::new(Cut::Nothing, false),
        [
            |world: &World| world.run(1),
            |world: &World| {
                world.event();
                world.wait_outside();
            },
        ],
        |_| (),
    );
}

/// Work is given to the M while it is in the poller, and something comes for a descriptor.
#[test]
fn loom_poller_work_and_event() {
    check(
        2,
        || World::new(Cut::Nothing, true),
        [|world: &World| world.run(2), World::submit, World::event],
        |_| (),
    );
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_poller_is_woken_where_it_sleeps() {
    check(2, || World::new(Cut::Note, true), [|world: &World| world.run(1), World::submit], |_| ());
}

/// sysmon looks while work is given to the M.
#[test]
fn loom_poller_looked_at_by_others() {
    check(
        2,
        || World::new(Cut::Nothing, true),
        [|world: &World| world.run(1), World::submit, World::look],
        |_| (),
    );
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_poller_bell_is_left_alone() {
    check(
        2,
        || World::new(Cut::Bell, true),
        [|world: &World| world.run(1), World::submit, World::look],
        |_| (),
    );
}
