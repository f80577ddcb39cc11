//! The word and the gates under loom. A missed wake-up shows as a deadlock.

mod gates;

use super::word::{Was, Word};
use crate::m::note::Note;
use crate::prim::checked::{Checked, check};
use crate::prim::{AtomicBool, AtomicU32};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// The one who waits sleeps on a note, which stands for his goroutine.
struct World {
    word: Word<Note>,
    sleeper: Note,
    /// What is told by notifying.
    news: Checked<u32>,
    /// What is told by interrupting: a deadline moved, or a descriptor closed.
    closed: AtomicBool,
    wakes: AtomicU32,
    cut: Cut,
}

/// A step that a model leaves out, to see it missed.
#[derive(Clone, Copy, PartialEq)]
enum Cut {
    Nothing,
    /// (W2)
    Flag,
    /// (I2) does not write when nobody waits.
    Write,
}

impl World {
    fn new(cut: Cut) -> World {
        World {
            word: Word::new(),
            sleeper: Note::new(),
            news: Checked::new(0),
            closed: AtomicBool::new(false),
            wakes: AtomicU32::new(0),
            cut,
        }
    }

    /// (W1)-(W4), once; false if it is closed.
    fn wait(&self) -> bool {
        if !self.word.announce() {
            return true;
        }
        if self.cut != Cut::Flag && self.closed.load(Relaxed) {
            self.word.withdraw();
            return false;
        }
        if self.word.publish(&raw const self.sleeper) {
            self.sleeper.sleep();
        }
        !self.closed.load(Relaxed)
    }

    /// As an operation does: until there is something, or it is closed.
    fn wait_for_news(&self) -> Option<u32> {
        loop {
            if self.word.take() {
                return Some(self.news.get());
            }
            if self.closed.load(Acquire) || !self.wait() {
                return None;
            }
        }
    }

    fn wake(&self, was: &Was<Note>) {
        if let Was::Waiter(_) = was {
            self.wakes.fetch_add(1, Relaxed);
            self.sleeper.wake();
        }
    }

    fn notify(&self) {
        self.wake(&self.word.notify());
    }

    fn close(&self) {
        self.closed.store(true, Release);
        if self.cut == Cut::Write && !self.word.is_waited_for() {
            return;
        }
        self.wake(&self.word.interrupt());
    }

    /// The timer's: its owner stays until this is over.
    fn run_out(&self) {
        self.closed.store(true, Release);
        if self.word.retract(&raw const self.sleeper) {
            self.wake(&Was::Waiter(&raw const self.sleeper));
        }
    }
}

#[test]
fn loom_word_notify() {
    check(
        3,
        || World::new(Cut::Nothing),
        [
            |world: &World| assert_eq!(world.wait_for_news(), Some(7)),
            |world: &World| {
                world.news.set(7);
                world.notify();
            },
        ],
        |_| (),
    );
}

#[test]
fn loom_word_interrupt() {
    check(
        3,
        || World::new(Cut::Nothing),
        [|world: &World| assert_eq!(world.wait_for_news(), None), World::close],
        |_| (),
    );
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_word_flag_is_looked_at() {
    check(
        3,
        || World::new(Cut::Flag),
        [
            |world: &World| {
                // Closed before it was announced, and interrupted, too.
                world.wait();
            },
            World::close,
        ],
        |_| (),
    );
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_word_interrupt_must_write() {
    check(
        3,
        || World::new(Cut::Write),
        [|world: &World| assert_eq!(world.wait_for_news(), None), World::close],
        |_| (),
    );
}

/// Three who may wake: whoever takes the waiter out wakes him, nobody else.
#[test]
fn loom_word_one_wakes() {
    check(
        2,
        || World::new(Cut::Nothing),
        [
            |world: &World| {
                world.wait();
            },
            World::notify,
            World::close,
        ],
        |world| {
            assert!(world.wakes.load(Relaxed) <= 1);
            assert!(world.word.take(), "what has come was lost");
        },
    );
}

#[test]
fn loom_word_time_against_news() {
    check(
        2,
        || World::new(Cut::Nothing),
        [
            |world: &World| {
                if world.word.announce() && world.word.publish(&raw const world.sleeper) {
                    world.sleeper.sleep();
                }
            },
            |world: &World| {
                world.news.set(1);
                world.notify();
            },
            World::run_out,
        ],
        |world| {
            assert!(world.wakes.load(Relaxed) <= 1);
            assert!(world.word.take(), "what has come was lost");
        },
    );
}

/// A task, polled again and again: its waker (the note) is left before the word says so.
#[test]
fn loom_word_task() {
    check(
        3,
        || World::new(Cut::Nothing),
        [
            |world: &World| loop {
                if world.word.take() {
                    assert_eq!(world.news.get(), 7);
                    break;
                }
                if world.word.await_as_task().0 {
                    world.sleeper.sleep();
                }
            },
            |world: &World| {
                world.news.set(7);
                if let Was::Task = world.word.notify() {
                    world.sleeper.wake();
                }
            },
        ],
        |_| (),
    );
}
