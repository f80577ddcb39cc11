//! Tasks: futures of a send and of a receive, polled, woken, dropped at every stage.
//!
//! Faults seen here:
//! - a dropped receive keeps its value, or stays queued, or leaves the value to nobody;
//! - a dropped send stays queued, or drops what was received;
//! - a task is woken by its first waker, under the lock, or not at all.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use super::harness::{By, Executor, Goroutine, Kept, Thread, Token, model};
use crate::arm::{LazySendArm, Promise, RecvArm, select};
use crate::{Receiver, Sender, bounded};

const KINDS: [[By; 2]; 2] = [[Goroutine, Goroutine], [Thread, Goroutine]];

struct One {
    tx: Sender<Token>,
    rx: Receiver<Token>,
    sent: Kept<bool>,
    received: Kept<bool>,
}

fn one(cap: usize) -> One {
    let (tx, rx) = bounded(cap);
    One { tx, rx, sent: Kept::none(), received: Kept::none() }
}

fn nobody_waits(one: &One) {
    assert_eq!((one.tx.waiting_senders(), one.tx.waiting_receivers()), (0, 0));
}

fn nothing_is_left(one: &One) {
    assert_eq!(one.rx.len(), 0);
    nobody_waits(one);
}

fn received_if_sent(one: &One) {
    assert_eq!(one.sent.get(), one.received.get());
    nothing_is_left(one);
}

fn send(one: &One) {
    one.tx.send(Token::new(1)).unwrap();
}

fn recv(one: &One) {
    assert_eq!(one.rx.recv().unwrap().number(), 1);
}

fn send_async(one: &One) {
    Executor::new().run(pin!(one.tx.send_async(Token::new(1)))).unwrap();
}

fn recv_async(one: &One) {
    let token = Executor::new().run(pin!(one.rx.recv_async())).unwrap();
    assert_eq!(token.number(), 1);
}

/// Polls once, drops the future unless it was ready.
fn once<F: Future>(future: F) -> Option<F::Output> {
    match Executor::new().poll(pin!(future)) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

#[test]
fn loom_task_receives() {
    let model = model("task receives").by(&KINDS);
    model.check(|| one(0), [recv_async, send], nothing_is_left);
}

#[test]
fn loom_task_receives_buffered() {
    let model = model("task receives, buffered").by(&KINDS);
    model.check(|| one(1), [recv_async, send], nothing_is_left);
}

#[test]
fn loom_task_sends() {
    let model = model("task sends").by(&KINDS);
    model.check(|| one(0), [send_async, recv], nothing_is_left);
}

#[test]
fn loom_two_tasks() {
    let model = model("two tasks").by(&KINDS);
    model.check(|| one(0), [send_async, recv_async], nothing_is_left);
}

#[test]
fn loom_task_sends_where_it_is_full() {
    let receiver = |one: &One| {
        assert_eq!(one.rx.recv().unwrap().number(), 7);
        recv(one);
    };
    let start = || {
        let one = one(1);
        one.tx.try_send(Token::new(7)).unwrap();
        one
    };
    let model = model("task sends, full").by(&KINDS);
    model.check(start, [send_async, receiver], nothing_is_left);
}

#[test]
fn loom_task_against_a_select() {
    let chooser = |one: &One| {
        let (mut a, mut b) = (RecvArm::new(Some(&one.rx)), RecvArm::new(Some(&one.rx)));
        let token = match select(&mut [a.case(), b.case()]) {
            0 => a.take().unwrap(),
            _ => b.take().unwrap(),
        };
        assert_eq!(token.number(), 1);
    };
    let model = model("task against select").split().by(&KINDS);
    model.check(|| one(0), [send_async, chooser], nothing_is_left);
}

#[test]
fn loom_tasks_against_close() {
    let sender = |one: &One| {
        let sent = Executor::new().run(pin!(one.tx.send_async(Token::new(1))));
        one.sent.put(sent.is_ok());
    };
    let receiver = |one: &One| {
        let received = Executor::new().run(pin!(one.rx.recv_async()));
        one.received.put(received.is_ok());
    };
    let closer = |one: &One| one.rx.close();
    let model = model("tasks against close").by(&[[Goroutine; 3], [Thread, Goroutine, Thread]]);
    model.check(|| one(0), [sender, receiver, closer], received_if_sent);
}

#[test]
fn loom_a_task_is_woken_by_its_last_waker() {
    let receiver = |one: &One| {
        let mut future = pin!(one.rx.recv_async());
        if let Poll::Ready(token) = Executor::new().poll(future.as_mut()) {
            assert_eq!(token.unwrap().number(), 1);
            return;
        }
        // From now on the first waker has nobody who sleeps.
        assert_eq!(Executor::new().run(future).unwrap().number(), 1);
    };
    let model = model("last waker").by(&KINDS);
    model.check(|| one(0), [receiver, send], nothing_is_left);
}

/// Receives as a task that gives up after one look, and then as a party that does not.
fn give_up_and_recv(one: &One) {
    drop(one.rx.recv_async());
    match once(one.rx.recv_async()) {
        Some(token) => assert_eq!(token.unwrap().number(), 1),
        None => recv(one),
    }
}

#[test]
fn loom_dropped_receive_loses_nothing() {
    let model = model("dropped receive").by(&KINDS);
    model.check(|| one(0), [give_up_and_recv, send], nothing_is_left);
}

#[test]
fn loom_dropped_receive_loses_nothing_buffered() {
    let model = model("dropped receive, buffered").by(&KINDS);
    model.check(|| one(1), [give_up_and_recv, send], nothing_is_left);
}

#[test]
fn loom_dropped_receive_loses_no_tasks_value() {
    let model = model("dropped receive of a task's").by(&KINDS);
    model.check(|| one(0), [give_up_and_recv, send_async], nothing_is_left);
}

/// Looks once; what it has got it sends on.
fn give_up(one: &One) {
    if let Some(token) = once(one.rx.recv_async()) {
        one.tx.send(token.unwrap()).unwrap();
    }
}

#[test]
fn loom_dropped_receive_passes_on() {
    let model = model("dropped receive passes on");
    model.check(|| one(0), [give_up, recv, send], nothing_is_left);
}

#[test]
fn loom_dropped_receive_passes_on_to_a_task() {
    let model = model("dropped receive passes on to a task");
    model.check(|| one(1), [give_up, recv_async, send], nothing_is_left);
}

#[test]
fn loom_dropped_receive_after_close() {
    // Sent before the close: nobody is told the end before it is received.
    let receiver = |one: &One| {
        if let Some(token) = once(one.rx.recv_async()) {
            return assert_eq!(token.unwrap().number(), 1);
        }
        recv(one);
        assert!(one.rx.recv().is_err());
    };
    let sender = |one: &One| {
        send(one);
        one.tx.close();
    };
    let model = model("dropped receive and close").by(&KINDS);
    model.check(|| one(1), [receiver, sender], nothing_is_left);
}

#[test]
fn loom_dropped_send_is_received_or_dropped() {
    let sender = |one: &One| {
        drop(one.tx.send_async(Token::new(3)));
        drop(once(one.tx.send_async(Token::new(1))));
        one.tx.close();
    };
    let receiver = |one: &One| {
        if let Ok(token) = one.rx.recv() {
            assert_eq!(token.number(), 1);
        }
    };
    let model = model("dropped send").by(&KINDS);
    model.check(|| one(0), [sender, receiver], nothing_is_left);
}

#[test]
fn loom_dropped_send_against_a_task() {
    let sender = |one: &One| {
        drop(once(one.tx.send_async(Token::new(1))));
        one.tx.close();
    };
    let receiver = |one: &One| {
        if let Ok(token) = Executor::new().run(pin!(one.rx.recv_async())) {
            assert_eq!(token.number(), 1);
        }
    };
    let model = model("dropped send to a task").by(&KINDS);
    model.check(|| one(0), [sender, receiver], nothing_is_left);
}

fn promise(one: &One) -> Promise<'_, Token> {
    let mut arm = LazySendArm::new(Some(&one.tx));
    assert_eq!(select(&mut [arm.case()]), 0);
    arm.picked()
}

fn keep(one: &One) {
    promise(one).send(Token::new(1)).unwrap();
}

fn break_off(one: &One) {
    drop(promise(one));
    send(one);
}

#[test]
fn loom_promise_kept_to_a_task() {
    let model = model("promise kept to a task").split().by(&KINDS);
    model.check(|| one(0), [keep, recv_async], nothing_is_left);
}

#[test]
fn loom_promise_broken_to_a_task() {
    let model = model("promise broken to a task").split().by(&KINDS);
    model.check(|| one(0), [break_off, recv_async], nothing_is_left);
}

#[test]
fn loom_promise_to_a_task_that_gives_up() {
    let model = model("promise to a task that gives up").split().by(&KINDS);
    model.check(|| one(0), [keep, give_up_and_recv], nothing_is_left);
}

#[test]
fn loom_promise_to_a_task_and_a_receiver() {
    let model = model("promise to a task, and a receiver").by(&[[Goroutine; 3]]);
    model.check(|| one(0), [keep, give_up, recv], nothing_is_left);
}
