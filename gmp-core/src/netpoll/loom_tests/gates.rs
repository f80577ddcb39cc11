//! Turns and closing. A missed wake-up shows as a deadlock; two in one turn, or one in a
//! descriptor that was given up, as two accesses that are not ordered.
#![expect(unsafe_code, reason = "who waits is woken where he is")]

use crate::m::note::Note;
use crate::netpoll::gates::{Entry, Gates, Queued};
use crate::prim::checked::{Checked, check};
use crate::prim::{AtomicU32, Locked};
use std::sync::atomic::Ordering::Relaxed;

const READ: usize = 0;
const WRITE: usize = 1;

struct World {
    gates: Locked<Gates<Note>>,
    /// What only who has the turn touches.
    turns: [Checked<u32>; 2],
    /// The descriptor: given up once, by the closer, after all others have gone.
    given_up: Checked<bool>,
    turned_away: AtomicU32,
}

/// Wakes who was taken out.
fn wake(note: *const Note) {
    // SAFETY: he waits, and only who took him out wakes him.
    if let Some(note) = unsafe { note.as_ref() } {
        note.wake();
    }
}

impl World {
    fn new() -> World {
        World {
            gates: Locked::new(Gates::new()),
            turns: [Checked::new(0), Checked::new(0)],
            given_up: Checked::new(false),
            turned_away: AtomicU32::new(0),
        }
    }

    /// As `Desc::begin`, `end`: whether there was a turn.
    fn operate(&self, dir: usize) -> bool {
        let queued = Queued::new(Note::new());
        let entry = self.gates.with_and_keep(|gates| gates.enter(dir, &raw const queued));
        self.gates.unlock();
        let turn = match entry {
            Entry::Closed => false,
            Entry::Free => true,
            Entry::Queued => {
                queued.waiter.sleep();
                !queued.is_closed()
            }
        };
        if !turn {
            self.turned_away.fetch_add(1, Relaxed);
            return false;
        }
        self.turns[dir].with(|turns| *turns += 1);
        assert!(!self.given_up.get(), "it was given up under who uses it");
        wake(self.gates.with(|gates| gates.end(dir)));
        true
    }

    fn read(&self) {
        self.operate(READ);
    }

    fn write(&self) {
        self.operate(WRITE);
    }

    /// As `Desc::hold`, `release`.
    fn look(&self) {
        if self.gates.with(Gates::hold) {
            assert!(!self.given_up.get(), "it was given up under who keeps it");
            wake(self.gates.with(Gates::leave));
        }
    }

    /// As `PollDesc::close`.
    fn close(&self) {
        let Some(turned_away) = self.gates.with(Gates::shut) else { return };
        turned_away.for_each(wake);
        let note = Note::new();
        let unused = self.gates.with_and_keep(|gates| gates.is_unused(&raw const note));
        self.gates.unlock();
        if !unused {
            note.sleep();
        }
        assert!(!self.given_up.replace(true), "given up twice");
    }
}

#[test]
fn loom_gates_one_turn_at_a_time() {
    check(2, World::new, [World::read, World::read, World::read], |world| {
        assert_eq!(world.turns[READ].get(), 3);
    });
}

#[test]
fn loom_gates_directions_do_not_wait_for_each_other() {
    check(3, World::new, [World::read, World::write], |world| {
        assert_eq!(world.turns.each_ref().map(Checked::get), [1, 1]);
    });
}

#[test]
fn loom_gates_close_waits_for_who_has_a_turn_and_turns_away_who_queues() {
    check(2, World::new, [World::read, World::read, World::close], |world| {
        assert_eq!(world.turns[READ].get() + world.turned_away.load(Relaxed), 2);
        assert!(world.given_up.get());
    });
}

#[test]
fn loom_gates_close_waits_for_both_directions() {
    check(2, World::new, [World::read, World::write, World::close], |world| {
        assert!(world.given_up.get());
    });
}

#[test]
fn loom_gates_close_waits_for_who_keeps_it() {
    check(2, World::new, [World::look, World::read, World::close], |world| {
        assert!(world.given_up.get());
    });
}

#[test]
fn loom_gates_two_who_close() {
    check(2, World::new, [World::read, World::close, World::close], |world| {
        assert!(world.given_up.get());
    });
}
