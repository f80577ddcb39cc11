//! What a poll does, who is woken, how often, and in which order.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

use gmp::chan::{Receiver, RecvError, SendError, Sender, TryRecvError, bounded, unbounded};
use gmp::{go, select};

use crate::by_hand::{ByHand, Wakes};
use crate::support::{until, watchdog};

/// What needs no waiting is done by the first poll, and nobody is woken.
#[test]
fn ready_at_once() {
    for (tx, rx) in [bounded(3), unbounded()] {
        for n in 0..3 {
            let mut send = ByHand::new(tx.send_async(n));
            assert_eq!((send.poll(), send.wakes(), send.wakers_kept()), (Some(Ok(())), 0, 0));
        }
        assert_eq!(rx.len(), 3);
        for n in 0..3 {
            let mut receive = ByHand::new(rx.recv_async());
            let polled = receive.poll();
            assert_eq!((polled, receive.wakes(), receive.wakers_kept()), (Some(Ok(n)), 0, 0));
        }
    }
    // A partner that waits makes it as ready as room does.
    let (tx, rx) = bounded(0);
    let (mut send, mut receive) = (ByHand::new(tx.send_async(7)), ByHand::new(rx.recv_async()));
    assert_eq!(send.poll(), None);
    assert_eq!((receive.poll(), send.wakes(), send.poll()), (Some(Ok(7)), 1, Some(Ok(()))));
    let (mut send, mut receive) = (ByHand::new(tx.send_async(8)), ByHand::new(rx.recv_async()));
    assert_eq!(receive.poll(), None);
    assert_eq!((send.poll(), receive.wakes(), receive.poll()), (Some(Ok(())), 1, Some(Ok(8))));
    // So it does for who would not wait.
    let mut receive = ByHand::new(rx.recv_async());
    assert_eq!((receive.poll(), tx.try_send(9), receive.poll()), (None, Ok(()), Some(Ok(9))));
    let mut receive = ByHand::new(rx.recv_async());
    assert_eq!(receive.poll(), None);
    select! { tx <- 10 => {}, default => panic!("a task waits") }
    assert_eq!(receive.poll(), Some(Ok(10)));
}

/// Nothing happens before the first poll.
#[test]
fn futures_are_lazy() {
    let (tx, rx) = bounded(1);
    let (send, mut receive) = (tx.send_async(1), ByHand::new(rx.recv_async()));
    assert_eq!((rx.len(), rx.waiting_receivers(), rx.waiting_senders()), (0, 0, 0));
    drop(send);
    tx.send(2).unwrap();
    assert_eq!((receive.wakes(), receive.poll()), (0, Some(Ok(2))));
}

/// A receive that waits is woken once, when it was given a value, which nobody else gets.
#[test]
fn receives_are_woken_once() {
    for (tx, rx) in [bounded(0), bounded(2), unbounded()] {
        let mut receive = ByHand::new(rx.recv_async());
        assert_eq!(receive.poll(), None);
        assert_eq!((tx.waiting_receivers(), receive.wakes()), (1, 0));
        tx.send(1).unwrap();
        assert_eq!((tx.waiting_receivers(), receive.wakes(), rx.len()), (0, 1, 0));
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
        assert_eq!((receive.poll(), receive.wakes()), (Some(Ok(1)), 1));
    }
}

/// A send that waits is woken once, when its value was taken; it has nothing left to do.
#[test]
fn sends_are_woken_once() {
    for cap in [0, 1, 3] {
        let (tx, rx) = bounded(cap);
        (0..cap).for_each(|n| tx.send(n).unwrap());
        let mut send = ByHand::new(tx.send_async(cap));
        assert_eq!(send.poll(), None);
        assert_eq!((rx.waiting_senders(), send.wakes()), (1, 0));
        assert_eq!(rx.recv(), Ok(0));
        assert_eq!((rx.waiting_senders(), send.wakes(), rx.len()), (0, 1, cap));
        assert_eq!((send.poll(), send.wakes()), (Some(Ok(())), 1));
        assert_eq!(rx.try_iter().collect::<Vec<_>>(), (1..=cap).collect::<Vec<_>>());
    }
}

/// Polls in between change neither its place in the line nor the number of its entries, and
/// the last waker it was polled with is the one that counts.
#[test]
fn polled_again_and_again() {
    let (tx, rx) = bounded(0);
    let wakes = [(); 3].map(|()| Wakes::new());
    let [mut first, mut second] = [rx.recv_async(), rx.recv_async()].map(ByHand::new);
    assert!(first.poll_for(&wakes[0]).is_none() && second.poll().is_none());
    for _ in 0..100 {
        assert!(first.poll_for(&wakes[1]).is_none());
        assert!(first.poll_for(&wakes[2]).is_none());
        assert_eq!(tx.waiting_receivers(), 2);
    }
    // Only one of its wakers is kept, and no copies of it.
    assert_eq!(wakes.each_ref().map(|wakes| Arc::strong_count(wakes) - 1), [0, 0, 1]);
    tx.send(1).unwrap();
    assert_eq!(wakes.each_ref().map(|wakes| wakes.count()), [0, 0, 1]);
    assert_eq!((first.poll(), second.poll()), (Some(Ok(1)), None));
    tx.send(2).unwrap();
    assert_eq!((second.wakes(), second.poll()), (1, Some(Ok(2))));
    assert_eq!(wakes.each_ref().map(|wakes| Arc::strong_count(wakes) - 1), [0, 0, 0]);
}

/// The waker that was not polled with since is not woken even if the poll races with a send.
#[gmp::test]
fn wakers_change_while_it_is_served() {
    let _watchdog = watchdog();
    let (tx, rx) = bounded(0);
    let sender = go!(move || (0..20_000).for_each(|n| tx.send(n).unwrap()));
    let wakes = [(); 2].map(|()| Wakes::new());
    for n in 0..20_000 {
        let mut receive = ByHand::new(rx.recv_async());
        let before = wakes.each_ref().map(|wakes| wakes.count());
        if let Some(got) = receive.poll_for(&wakes[0]).or_else(|| receive.poll_for(&wakes[1])) {
            assert_eq!(got, Ok(n));
            continue;
        }
        // It was pending with the second: that one must hear of it.
        until(|| wakes[1].count() > before[1]);
        assert_eq!(receive.poll(), Some(Ok(n)));
    }
    sender.join().unwrap();
}

/// Tasks stand in line: those who were polled first are served first.
#[test]
fn served_in_order() {
    for (tx, rx) in [bounded(0), bounded(2), unbounded()] {
        let mut waiting: Vec<_> = (0..50).map(|_| ByHand::new(rx.recv_async())).collect();
        assert!(waiting.iter_mut().all(|receive| receive.poll().is_none()));
        for n in 0..50 {
            tx.send(n).unwrap();
            assert!(waiting.iter().map(ByHand::wakes).eq((0..50).map(|m| usize::from(m <= n))));
        }
        for (n, receive) in (0..).zip(&mut waiting) {
            assert_eq!(receive.poll(), Some(Ok(n)));
        }
    }
    for cap in [0, 2] {
        let (tx, rx) = bounded(cap);
        (0..cap).for_each(|n| tx.send(n).unwrap());
        let mut waiting: Vec<_> = (cap..50).map(|n| ByHand::new(tx.send_async(n))).collect();
        assert!(waiting.iter_mut().all(|send| send.poll().is_none()));
        for n in 0..50 {
            assert_eq!(rx.recv(), Ok(n));
            let served = (n + 1).min(waiting.len());
            assert_eq!(waiting.iter().map(ByHand::wakes).sum::<usize>(), served);
            assert!(waiting[..served].iter().all(|send| send.wakes() == 1));
        }
        assert!(waiting.iter_mut().all(|send| send.poll() == Some(Ok(()))));
    }
}

/// The end of a channel wakes all who wait on either side, each once; senders get their value.
#[test]
fn woken_by_the_end() {
    type End = fn(&Sender<u32>, &Receiver<u32>);
    let ends: [End; 2] = [|tx, _| tx.close(), |_, rx| rx.close()];
    for end in ends {
        let (tx, rx) = bounded(0);
        let mut sends: Vec<_> = (0..20).map(|n| ByHand::new(tx.send_async(n))).collect();
        assert!(sends.iter_mut().all(|send| send.poll().is_none()));
        end(&tx, &rx);
        for (n, send) in (0..).zip(&mut sends) {
            assert_eq!((send.wakes(), send.poll()), (1, Some(Err(SendError(n)))));
        }
        let (tx, rx) = bounded(0);
        let mut receives: Vec<_> = (0..20).map(|_| ByHand::new(rx.recv_async())).collect();
        assert!(receives.iter_mut().all(|receive| receive.poll().is_none()));
        end(&tx, &rx);
        for receive in &mut receives {
            assert_eq!((receive.wakes(), receive.poll()), (1, Some(Err(RecvError))));
        }
        assert_eq!((tx.waiting_receivers(), tx.waiting_senders()), (0, 0));
    }
    let (tx, rx) = bounded::<u32>(0);
    let mut receive = ByHand::new(rx.recv_async());
    assert_eq!(receive.poll(), None);
    drop(tx);
    assert_eq!((receive.wakes(), receive.poll()), (1, Some(Err(RecvError))));
    let (tx, rx) = bounded::<u32>(0);
    let mut send = ByHand::new(tx.send_async(3));
    assert_eq!(send.poll(), None);
    drop(rx);
    assert_eq!((send.wakes(), send.poll()), (1, Some(Err(SendError(3)))));
}

/// What is buffered when the channel is closed is still received, then the end, at once.
#[test]
fn closed_channels() {
    let (tx, rx) = unbounded();
    tx.send(1).unwrap();
    tx.close();
    assert_eq!(ByHand::new(tx.send_async(2)).poll(), Some(Err(SendError(2))));
    assert_eq!(ByHand::new(rx.recv_async()).poll(), Some(Ok(1)));
    for _ in 0..3 {
        assert_eq!(ByHand::new(rx.recv_async()).poll(), Some(Err(RecvError)));
    }
}

/// A waker that uses the channel it is woken by, from within the wake-up.
struct Meddler {
    tx: Sender<u32>,
    rx: Receiver<u32>,
    woken: AtomicUsize,
}

impl Wake for Meddler {
    fn wake(self: Arc<Meddler>) {
        self.woken.fetch_add(1, SeqCst);
        let _ = (self.tx.try_send(100), self.rx.len(), self.rx.waiting_receivers());
        drop((self.tx.clone(), self.rx.clone()));
    }
}

/// Nobody is woken with the channel's lock held: a waker may do with the channel what it likes.
#[test]
fn wakers_may_use_the_channel() {
    let _watchdog = watchdog();
    for (tx, rx) in [bounded(1), bounded(2), unbounded()] {
        let meddler =
            Arc::new(Meddler { tx: tx.clone(), rx: rx.clone(), woken: AtomicUsize::new(0) });
        let waker = Waker::from(Arc::clone(&meddler));
        let mut context = Context::from_waker(&waker);
        let mut receive = Box::pin(rx.recv_async());
        assert!(receive.as_mut().poll(&mut context).is_pending());
        tx.send(1).unwrap();
        assert_eq!(meddler.woken.load(SeqCst), 1);
        assert!(receive.as_mut().poll(&mut context).is_ready());
        if let Some(cap) = tx.capacity() {
            while tx.try_send(7).is_ok() {}
            let mut send = Box::pin(tx.send_async(2));
            assert!(send.as_mut().poll(&mut context).is_pending());
            rx.recv().unwrap();
            assert_eq!((meddler.woken.load(SeqCst), rx.len()), (2, cap));
            assert!(send.as_mut().poll(&mut context).is_ready());
        }
        rx.try_iter().for_each(drop);
        let woken = meddler.woken.load(SeqCst);
        let mut receive = Box::pin(rx.recv_async());
        assert!(receive.as_mut().poll(&mut context).is_pending());
        tx.close();
        assert_eq!(meddler.woken.load(SeqCst), woken + 1);
        assert!(receive.as_mut().poll(&mut context).is_ready());
    }
}

/// Futures can be sent to other threads, also between two polls, and be held in a struct.
#[gmp::test]
fn futures_move_between_threads() {
    fn sendable<F: Future + Send>(future: F) -> F {
        future
    }
    let _watchdog = watchdog();
    let (tx, rx) = bounded(1);
    let receiver = rx.clone();
    let mut receive = ByHand::new(sendable(async move { receiver.recv_async().await }));
    assert_eq!(receive.poll(), None);
    let sender = tx.clone();
    let mut send = ByHand::new(sendable(async move { sender.send_async(2).await }));
    let elsewhere = go!(move || {
        let polled = receive.poll();
        tx.send(1).unwrap();
        (polled, receive.poll(), tx, receive)
    });
    let (before, after, tx, _receive) = elsewhere.join().unwrap();
    assert_eq!((before, after), (None, Some(Ok(1))));
    tx.send(1).unwrap();
    assert_eq!(send.poll(), None);
    let elsewhere = std::thread::spawn(move || {
        let pending = send.poll().is_none();
        (pending, rx.recv(), send.poll())
    });
    assert_eq!(crate::support::join_thread(elsewhere), (true, Ok(1), Some(Ok(()))));
}

/// A waker that panics, with a payload whose drop panics in its turn, does not unwind the
/// sender that served its task: the value has one owner, the task.
#[test]
fn waker_that_panics_badly() {
    struct Loud;
    impl Drop for Loud {
        fn drop(&mut self) {
            panic!("the payload's drop");
        }
    }
    struct Broken;
    impl Wake for Broken {
        fn wake(self: Arc<Self>) {
            std::panic::panic_any(Loud);
        }
    }
    let _watchdog = watchdog();
    let waker = Waker::from(Arc::new(Broken));
    let mut cx = Context::from_waker(&waker);
    let (tx, rx) = bounded(0);
    let value = Arc::new(());
    let mut receive = Box::pin(rx.recv_async());
    assert!(receive.as_mut().poll(&mut cx).is_pending());
    tx.send(Arc::clone(&value)).unwrap();
    assert_eq!(Arc::strong_count(&value), 2);
    let Poll::Ready(Ok(received)) = receive.as_mut().poll(&mut cx) else { panic!("not served") };
    drop(received);
    assert_eq!(Arc::strong_count(&value), 1);
}
