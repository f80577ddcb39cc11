//! The queues by themselves.

#![expect(unsafe_code, reason = "the tests are the waiters' owners")]

use std::ptr::{self, NonNull};

use super::*;
use crate::rt::{Critical, Parker};

/// Waiters nobody parks for: the tests look at the queue only.
fn waiters(count: usize) -> (Parker, Vec<Waiter>) {
    let parker = Parker::new(&Critical::enter());
    let waiters = (0..count).map(|_| Waiter::new(&parker, ptr::null_mut())).collect();
    (parker, waiters)
}

fn drain(queue: &WaitQueue) -> Vec<*mut Waiter> {
    // SAFETY: the queue is this test's own, so nobody else can hold its lock.
    std::iter::from_fn(|| unsafe { queue.pop() }).map(NonNull::as_ptr).collect()
}

#[test]
fn first_in_first_out() {
    let (_parker, mut waiters) = waiters(5);
    let queue = WaitQueue::new();
    assert!(queue.looks_empty());
    let order: Vec<_> = waiters.iter_mut().map(|w| &raw mut *w).collect();
    for (index, &waiter) in order.iter().enumerate() {
        // SAFETY: the queue is ours, and the vector outlives it unmoved.
        unsafe {
            queue.push(waiter);
            assert_eq!(queue.count(), index + 1);
        }
    }
    assert!(!queue.looks_empty());
    assert_eq!(drain(&queue), order);
    assert!(queue.looks_empty());
}

#[test]
fn remove_at_any_place_and_twice() {
    for gone in 0..4 {
        let (_parker, mut waiters) = waiters(4);
        let queue = WaitQueue::new();
        let mut order: Vec<_> = waiters.iter_mut().map(|w| &raw mut *w).collect();
        for &waiter in &order {
            // SAFETY: as above.
            unsafe { queue.push(waiter) };
        }
        let removed = order.remove(gone);
        // SAFETY: as above; the second call finds it in no queue.
        unsafe {
            queue.remove(removed);
            queue.remove(removed);
            assert_eq!(queue.count(), 3);
        }
        assert_eq!(drain(&queue), order);
    }
}

#[test]
fn one_winner_per_race_and_losers_are_unlinked() {
    let parker = Parker::new(&Critical::enter());
    let race = Race::new();
    let mut slot = 0_u8;
    let slot = (&raw mut slot).cast();
    let mut first = Waiter::racing(&parker, slot, &race, 0, Kind::Racing);
    let mut second = Waiter::racing(&parker, slot, &race, 1, Kind::Racing);
    let mut plain = Waiter::new(&parker, slot);
    let (one, other) = (WaitQueue::new(), WaitQueue::new());
    // SAFETY: both queues are ours, and the waiters outlive them unmoved.
    unsafe {
        one.push(&raw mut first);
        other.push(&raw mut second);
        other.push(&raw mut plain);
    }
    assert_eq!(race.winner(), None);
    assert_eq!(drain(&one), [&raw mut first]);
    assert_eq!(race.winner(), Some(0));
    assert_eq!(drain(&other), [&raw mut plain], "the loser is skipped");
    // SAFETY: as above; `second` is in no queue any more.
    unsafe { other.remove(&raw mut second) };
    assert!(other.looks_empty());
    assert_eq!(second.outcome(), Outcome::Waiting, "losers are not touched");
}
