//! The queue on plain threads.

use std::thread;
use std::time::{Duration, Instant};

use super::{Batch, Place, Queue};
use crate::rt::{self, WaitReason};

const REASON: WaitReason = WaitReason::Semacquire;

/// Until `queue` has `n` waiters.
fn until<const N: usize>(queue: &Queue<N>, n: usize) {
    while queue.len() != n {
        thread::yield_now();
    }
}

#[test]
fn first_in_first_out_but_for_the_front() {
    let queue: &Queue = &Queue::new();
    thread::scope(|scope| {
        let mut waiters = Vec::new();
        for (n, place) in [Place::Back, Place::Back, Place::Front].into_iter().enumerate() {
            waiters.push(scope.spawn(move || queue.lock().wait(n, place, REASON)));
            until(queue, n + 1);
        }
        let mut order = Vec::new();
        for answer in 10..13 {
            let mut locked = queue.lock();
            assert!(!locked.is_empty());
            assert_eq!(locked.first(), Some(if answer == 10 { 2 } else { answer - 11 }));
            let woken = locked.pop(answer).expect("three wait");
            order.push(woken.token());
            woken.wake(&locked.unlock());
        }
        assert_eq!(order, [2, 0, 1]);
        let answers: Vec<_> = waiters.into_iter().map(|waiter| waiter.join().unwrap()).collect();
        assert_eq!(answers, [11, 12, 10]);
    });
    assert!(queue.lock().pop(0).is_none());
}

#[test]
fn two_lists_and_a_batch() {
    let queue: &Queue<2> = &Queue::new();
    thread::scope(|scope| {
        for list in [0, 1, 1] {
            let before = queue.len();
            scope.spawn(move || {
                assert_eq!(queue.lock().wait_in(list, list, Place::Back, REASON), list + 7);
            });
            until(queue, before + 1);
        }
        let mut locked = queue.lock();
        assert_eq!((locked.first_in(0), locked.first_in(1)), (Some(0), Some(1)));
        let mut batch = locked.pop_all_in(1, 8);
        assert!(locked.is_empty_in(1) && queue.looks_empty_in(1) && !queue.looks_empty_in(0));
        batch.push(locked.pop_in(0, 7).expect("one waits"));
        drop(locked);
        batch.wake_all();
    });
    Batch::new().wake_all();
}

#[test]
fn a_deadline_is_not_early_and_leaves_the_queue() {
    let queue: &Queue = &Queue::new();
    let start = Instant::now();
    let deadline = rt::now_ns() + 20_000_000;
    let answer = queue.lock().wait_until(0, Place::Back, REASON, deadline);
    assert_eq!(answer, None);
    assert!(start.elapsed() >= Duration::from_millis(20));
    assert_eq!(queue.len(), 0);
    // One that has passed.
    assert_eq!(queue.lock().wait_until(0, Place::Front, REASON, 0), None);
}

#[test]
fn an_answer_comes_before_the_deadline() {
    let queue: &Queue = &Queue::new();
    thread::scope(|scope| {
        let far = rt::now_ns() + 3_600_000_000_000;
        let waiter = scope.spawn(move || queue.lock().wait_until(0, Place::Back, REASON, far));
        until(queue, 1);
        let mut locked = queue.lock();
        let woken = locked.pop(5).expect("one waits");
        woken.wake(&locked.unlock());
        assert_eq!(waiter.join().unwrap(), Some(5));
    });
}

#[test]
fn who_is_chosen_before_parking_does_not_park() {
    let queue: &Queue = &Queue::new();
    let choose = || {
        let mut locked = queue.lock();
        let woken = locked.pop(3).expect("has joined");
        woken.wake(&locked.unlock());
    };
    // SAFETY: it unwinds only where the test fails.
    #[expect(unsafe_code, reason = "the function under test")]
    let answer = unsafe { queue.wait_after(REASON, u64::MAX, choose) };
    assert_eq!(answer, Some(3));
    // SAFETY: as above.
    #[expect(unsafe_code, reason = "the function under test")]
    let answer = unsafe { queue.wait_after(REASON, rt::now_ns(), || ()) };
    assert_eq!(answer, None);
}
