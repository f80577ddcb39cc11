//! `select!`.

use tokio::sync::mpsc::{self, Receiver, Sender, error::TryRecvError};
use tokio::task::JoinSet;

use crate::runtime::run;

/// Channels that hold one message, since tokio has none without a buffer.
fn channels<const K: usize>() -> ([Sender<u64>; K], [Receiver<u64>; K]) {
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..K).map(|_| mpsc::channel(1)).unzip();
    let all = "as many channels as were made";
    (senders.try_into().expect(all), receivers.try_into().expect(all))
}

/// Starts one sender for each channel.
fn start_senders<const K: usize>(senders: [Sender<u64>; K], each: u64) -> JoinSet<()> {
    let mut set = JoinSet::new();
    for tx in senders {
        set.spawn(async move {
            for i in 0..each {
                tx.send(i).await.expect("the receiver is there");
            }
        });
    }
    set
}

/// One task receives from whichever of several channels has a message; the order of each
/// channel is checked. Which one is tried first is chosen at random, as in Go.
macro_rules! select_of {
    ($name:ident, $count:literal: $($index:literal $rx:ident)+) => {
        pub(crate) fn $name(n: u64) {
            run(async move {
                let (senders, [$(mut $rx),+]) = channels::<$count>();
                let senders = start_senders(senders, n / $count);
                let receiver = tokio::spawn(async move {
                    let mut next = [0; $count];
                    for _ in 0..n {
                        tokio::select! {
                            $(Some(i) = $rx.recv() => {
                                assert_eq!(i, next[$index]);
                                next[$index] += 1;
                            })+
                        }
                    }
                    assert_eq!(next, [n / $count; $count]);
                });
                receiver.await.expect("nothing panics");
                senders.join_all().await;
            });
        }
    };
}

select_of!(select_2, 2: 0 a 1 b);
select_of!(select_4, 4: 0 a 1 b 2 c 3 d);
select_of!(select_16, 16:
    0 a 1 b 2 c 3 d 4 e 5 f 6 g 7 h 8 i1 9 j 10 k 11 l 12 m 13 o 14 p 15 q);

/// Four channels that always have a message: the one received is sent back.
pub(crate) fn select_4_ready(n: u64) {
    run(async move {
        let (senders, [mut a, mut b, mut c, mut d]) = channels::<4>();
        for (i, tx) in (0..4).zip(&senders) {
            tx.try_send(i).expect("the channel is empty");
        }
        let mut counts = [0; 4];
        for _ in 0..n {
            let i = tokio::select! {
                Some(i) = a.recv() => i,
                Some(i) = b.recv() => i,
                Some(i) = c.recv() => i,
                Some(i) = d.recv() => i,
            };
            counts[i as usize] += 1;
            senders[i as usize].try_send(i).expect("its message was received");
        }
        assert_eq!(counts.iter().sum::<u64>(), n);
    });
}

/// Whether there is a message, which there never is. `try_recv` is what a program on tokio
/// writes for Go's `default`.
pub(crate) fn select_default(n: u64) {
    run(async move {
        let (tx, mut rx) = mpsc::channel::<u64>(1);
        for _ in 0..n {
            assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
        }
        drop(tx);
    });
}
