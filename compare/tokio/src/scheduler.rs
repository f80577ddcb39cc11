//! Tasks that start, end, yield and hand a token around.

use std::future::Future;
use std::mem::replace;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;

use crate::runtime::run;

/// What tells that a number of tasks have ended: cheaper than a `JoinSet` or their handles.
struct Group {
    running: AtomicU64,
    all_ended: Notify,
}

impl Group {
    fn done(&self) {
        if self.running.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.all_ended.notify_one();
        }
    }
}

/// Starts tasks by the hundred and waits for each hundred.
pub(crate) fn spawn_exit(n: u64) {
    run(async move {
        let group = Arc::new(Group { running: AtomicU64::new(0), all_ended: Notify::new() });
        for _ in 0..n / 100 {
            group.running.store(100, Ordering::Relaxed);
            for _ in 0..100 {
                let group = Arc::clone(&group);
                tokio::spawn(async move { group.done() });
            }
            group.all_ended.notified().await;
            assert_eq!(group.running.load(Ordering::Acquire), 0);
        }
    });
}

/// Starts a task and waits for what it returns.
pub(crate) fn spawn_join(n: u64) {
    run(async move {
        for i in 0..n {
            assert_eq!(tokio::spawn(async move { i }).await.expect("nothing panics"), i);
        }
    });
}

/// Two tasks that leave each other the thread.
pub(crate) fn yielding(n: u64) {
    run(async move {
        let yields = move || async move {
            for _ in 0..n / 2 {
                tokio::task::yield_now().await;
            }
        };
        both(yields(), yields()).await;
    });
}

/// A task that answers each number with the next. The channels hold one message, since tokio
/// has none without a buffer; here that makes no difference.
pub(crate) fn ping_pong(n: u64) {
    run(async move {
        let (question, mut questions) = mpsc::channel::<u64>(1);
        let (answer, mut answers) = mpsc::channel(1);
        let pong = async move {
            while let Some(number) = questions.recv().await {
                answer.send(number + 1).await.expect("the asker is there");
            }
        };
        let ping = async move {
            for i in 0..n {
                question.send(i).await.expect("the answerer is there");
                assert_eq!(answers.recv().await, Some(i + 1));
            }
        };
        both(ping, pong).await;
    });
}

/// A thousand tasks hand a token to the next, over channels that hold one message.
pub(crate) fn ring(n: u64) {
    run(async move {
        let (first, mut from) = mpsc::channel::<u64>(1);
        let mut set = JoinSet::new();
        for _ in 1..1000 {
            let (to, next) = mpsc::channel(1);
            set.spawn(pass_on(replace(&mut from, next), to));
        }
        set.spawn(pass_on(from, first.clone()));
        first.send(n).await.expect("the ring is there");
        drop(first);
        let hops: u64 = set.join_all().await.into_iter().sum();
        assert_eq!(hops, n);
    });
}

/// Counts the token down by one as often as it comes; ends when it is 0, or when the one
/// before has ended.
async fn pass_on(mut from: mpsc::Receiver<u64>, to: mpsc::Sender<u64>) -> u64 {
    let mut hops = 0;
    while let Some(left @ 1..) = from.recv().await {
        hops += 1;
        to.send(left - 1).await.expect("the next is there");
    }
    hops
}

/// Runs two tasks and waits for both.
async fn both<A, B>(a: A, b: B)
where
    A: Future<Output = ()> + Send + 'static,
    B: Future<Output = ()> + Send + 'static,
{
    let (a, b) = (tokio::spawn(a), tokio::spawn(b));
    a.await.expect("nothing panics");
    b.await.expect("nothing panics");
}
