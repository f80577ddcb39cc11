//! Read-write locks: who is in at the same time, who waits, and who is let in when.
//!
//! Faults seen here:
//! - who comes to a closed lock does not look again under the queue's lock, does not say that
//!   he waits, stays counted, or lets nobody in when he was the last one counted;
//! - the last reader lets nobody in, or does so though another one has;
//! - `QUEUED` stays when the queue is empty, goes when one of the lists is, or closes nothing;
//! - readers, or attempts to read or to write, overtake a writer who waits;
//! - a writer unlocks without a look at who waits, lets the next writer go first, lets in one
//!   reader of several, does not count them, or leaves the gate locked;
//! - downgrading does not count who downgrades, or lets nobody in;
//! - a writer is woken before the lock is his, or without it;
//! - each of the orderings relaxed, but for those under the queue's lock that order nothing.

use super::harness::{By, Count, Goroutine, Guarded, Kept, Thread, model};
use crate::rwlock::state::{Came, State};

struct Lock {
    state: State,
    value: Guarded,
    /// Whether a writer was seen to wait, or whether all were.
    seen: Kept<bool>,
    /// How many have got in by now.
    entered: Count,
}

fn lock() -> Lock {
    Lock {
        state: State::new(),
        value: Guarded::new(),
        seen: Kept::none(),
        entered: Count::default(),
    }
}

fn held_by_a_reader() -> Lock {
    let lock = lock();
    lock.state.read();
    lock
}

fn held_by_a_writer() -> Lock {
    let lock = lock();
    assert_eq!(lock.state.write(), Came::Freely);
    lock
}

fn read(lock: &Lock) -> u32 {
    lock.state.read();
    lock.entered.next();
    let value = lock.value.look();
    lock.state.unlock_read();
    value
}

fn write(lock: &Lock) -> u32 {
    let came = lock.state.write();
    let before = lock.entered.next();
    lock.value.change();
    lock.state.unlock_write(came);
    before
}

fn reader(lock: &Lock) {
    read(lock);
}

fn writer(lock: &Lock) {
    write(lock);
}

/// Nobody is left, and nothing of them.
fn at_rest(lock: &Lock) {
    assert_eq!(lock.state.waiting(), 0);
    assert!(lock.state.is_at_rest(), "it is still held");
}

/// At rest, after so many changes.
fn changed(lock: &Lock, times: u32) {
    at_rest(lock);
    assert_eq!(lock.value.look(), times);
}

#[test]
fn loom_writers() {
    model("rwlock: two writers").by_all().check(lock, [writer, writer], |lock| changed(lock, 2));
    model("rwlock: three writers")
        .preemptions(3)
        .check(lock, [writer, writer, writer], |lock| changed(lock, 3));
}

#[test]
fn loom_readers_and_a_writer() {
    model("rwlock: reader, writer").by_all().check(lock, [reader, writer], at_rest);
    model("rwlock: two readers, writer").preemptions(3).check(
        lock,
        [reader, writer, reader],
        at_rest,
    );
}

#[test]
fn loom_a_reader_and_writers() {
    let model = model("rwlock: reader, two writers").preemptions(3);
    model.check(lock, [writer, reader, writer], |lock| changed(lock, 2));
}

#[test]
fn loom_twice_each() {
    let twice = |lock: &Lock| {
        write(lock);
        read(lock);
    };
    model("rwlock: write and read, twice").by_all().check(lock, [twice, twice], |lock| {
        changed(lock, 2);
    });
}

#[test]
fn loom_attempts() {
    let attempt = |lock: &Lock| {
        if lock.state.try_read() {
            lock.value.look();
            lock.state.unlock_read();
        }
        if lock.state.try_write() {
            lock.value.change();
            lock.state.unlock_write(Came::Freely);
        }
    };
    let all = |lock: &Lock| {
        write(lock);
        read(lock);
    };
    model("rwlock: attempts").check(lock, [attempt, all, attempt], at_rest);
}

#[test]
fn loom_what_was_written_is_read() {
    // Through a fast unlock, a hand-off and an admission alike.
    let reader = |lock: &Lock| {
        let value = read(lock);
        assert!(value <= 1);
        lock.seen.put(value == 1);
    };
    model("rwlock: written and read").by_all().check(lock, [writer, reader], |lock| {
        changed(lock, 1);
    });
}

const KINDS: [[By; 3]; 3] = [[Goroutine; 3], [Thread; 3], [Goroutine, Thread, Goroutine]];

#[test]
fn loom_a_waiting_writer_goes_before_who_comes_to_read() {
    // A reader is in. Who comes to read once a writer waits finds what that one wrote.
    let leaver = |lock: &Lock| lock.state.unlock_read();
    let newcomer = |lock: &Lock| {
        let waits = lock.state.waiting() == 1;
        if waits && lock.state.try_read() {
            // Only if the writer had its turn meanwhile.
            assert_eq!(lock.value.look(), 1);
            lock.state.unlock_read();
        }
        let value = read(lock);
        assert!(value == 1 || !waits, "it has overtaken a writer");
    };
    let model = model("rwlock: a writer waits").by(&KINDS);
    model.check(held_by_a_reader, [writer, leaver, newcomer], |lock| changed(lock, 1));
}

#[test]
fn loom_all_readers_go_before_the_next_writer() {
    // A writer is in. Of those who wait when it leaves, who reads goes first.
    let leaver = |lock: &Lock| {
        lock.seen.put(lock.state.waiting() == 2);
        lock.state.unlock_write(Came::Freely);
    };
    let reader = |lock: &Lock| {
        let value = read(lock);
        let all = lock.seen.get().unwrap();
        assert!(value == 0 || !all, "a writer went first");
    };
    let model = model("rwlock: readers go first").by(&KINDS);
    model.check(held_by_a_writer, [writer, reader, leaver], |lock| changed(lock, 1));
}

#[test]
fn loom_two_readers_go_before_the_next_writer() {
    let leaver = |lock: &Lock| {
        lock.seen.put(lock.state.waiting() == 3);
        lock.state.unlock_write(Came::Freely);
    };
    let reader = |lock: &Lock| {
        let value = read(lock);
        let all = lock.seen.get().unwrap();
        assert!(value == 0 || !all, "a writer went first");
    };
    let model = model("rwlock: two readers go first").preemptions(1);
    model.check(held_by_a_writer, [writer, reader, leaver, reader], |lock| changed(lock, 1));
}

#[test]
fn loom_a_waiting_writer_goes_before_the_next_one() {
    // A reader is in, and a writer waits to be next: nobody overtakes that one.
    let leaver = |lock: &Lock| lock.state.unlock_read();
    let late = |lock: &Lock| {
        let waits = lock.state.waiting() == 1;
        let before = write(lock);
        assert!(before == 1 || !waits, "it has overtaken a writer");
    };
    let model = model("rwlock: next to write").by(&KINDS);
    model.check(held_by_a_reader, [writer, leaver, late], |lock| changed(lock, 2));
}

#[test]
fn loom_downgrade() {
    // What was written is still there afterwards, though a writer waits.
    let downgrader = |lock: &Lock| {
        let came = lock.state.write();
        lock.value.change();
        let before = lock.value.look();
        lock.state.downgrade(came);
        assert_eq!(lock.value.look(), before);
        lock.state.unlock_read();
    };
    let model_of_two = model("rwlock: downgrade, two").by_all();
    model_of_two.check(lock, [downgrader, downgrader], |lock| changed(lock, 2));
    let model = model("rwlock: downgrade").preemptions(3);
    model.check(lock, [downgrader, reader, writer], |lock| changed(lock, 2));
}

#[test]
fn loom_downgrade_admits_who_waits_to_read() {
    let downgrader = |lock: &Lock| {
        let waits = lock.state.waiting() == 1;
        lock.state.downgrade(Came::Freely);
        if waits {
            assert_eq!(lock.state.waiting(), 0, "a reader still waits");
        }
        lock.value.look();
        lock.state.unlock_read();
    };
    let model = model("rwlock: downgrade admits").by_all();
    model.check(held_by_a_writer, [reader, downgrader], at_rest);
}

#[test]
fn loom_downgrade_keeps_writers_out() {
    // All wait: the reader is admitted, the writer is not before both have left.
    let downgrader = |lock: &Lock| {
        lock.seen.put(lock.state.waiting() == 2);
        lock.state.downgrade(Came::Freely);
        assert_eq!(lock.value.look(), 0);
        lock.state.unlock_read();
    };
    let reader = |lock: &Lock| {
        let value = read(lock);
        let all = lock.seen.get().unwrap();
        assert!(value == 0 || !all, "a writer went first");
    };
    let model = model("rwlock: downgrade keeps writers out").by(&KINDS);
    model.check(held_by_a_writer, [writer, reader, downgrader], |lock| changed(lock, 1));
}
