//! Coroutines that start, end, yield and hand a token around.

use std::mem::replace;

use may::coroutine::yield_now;
use may::sync::spsc;

use crate::start::{go, join, keep_stacks, run};

/// Starts coroutines by the hundred and waits for each hundred: by their handles, which is
/// faster than may's `WaitGroup` and `Semphore`.
pub(crate) fn spawn_exit(n: u64) {
    keep_stacks(128);
    run(move || {
        let mut hundred = Vec::with_capacity(100);
        for _ in 0..n / 100 {
            hundred.extend((0..100).map(|_| go(|| ())));
            hundred.drain(..).for_each(join);
        }
    });
}

/// Starts a coroutine and waits for what it returns.
pub(crate) fn spawn_join(n: u64) {
    keep_stacks(128);
    run(move || {
        for i in 0..n {
            assert_eq!(join(go(move || i)), i);
        }
    });
}

/// Two coroutines that leave each other the thread.
pub(crate) fn yielding(n: u64) {
    run(move || {
        let yields = move || (0..n / 2).for_each(|_| yield_now());
        let (a, b) = (go(yields), go(yields));
        join(a);
        join(b);
    });
}

/// A coroutine that answers each number with the next. The channels hold any number of
/// messages, since may has no others; here that makes no difference.
pub(crate) fn ping_pong(n: u64) {
    run(move || {
        let (question, questions) = spsc::channel::<u64>();
        let (answer, answers) = spsc::channel();
        let pong = go(move || {
            for number in questions {
                answer.send(number + 1).expect("the asker is there");
            }
        });
        for i in 0..n {
            question.send(i).expect("the answerer is there");
            assert_eq!(answers.recv(), Ok(i + 1));
        }
        drop(question);
        join(pong);
    });
}

/// A thousand coroutines hand a token to the next, over channels without a bound.
pub(crate) fn ring(n: u64) {
    keep_stacks(1024);
    run(move || {
        let (first, mut from) = spsc::channel();
        first.send(n).expect("the ring is to be");
        let mut all = Vec::with_capacity(1000);
        for _ in 1..1000 {
            let (to, next) = spsc::channel();
            let from = replace(&mut from, next);
            all.push(go(move || pass_on(&from, &to)));
        }
        all.push(go(move || pass_on(&from, &first)));
        assert_eq!(all.into_iter().map(join).sum::<u64>(), n);
    });
}

/// Counts the token down by one as often as it comes; ends when it is 0, or when the one
/// before has ended.
fn pass_on(from: &spsc::Receiver<u64>, to: &spsc::Sender<u64>) -> u64 {
    let mut hops = 0;
    while let Ok(left @ 1..) = from.recv() {
        hops += 1;
        to.send(left - 1).expect("the next is there");
    }
    hops
}
