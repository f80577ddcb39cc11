//! `select!`.

use gmp::prelude::*;

/// As many channels as `K`, and a goroutine for each that sends a `K`th of `n` over it. The
/// senders are returned as well: a channel without one would always be ready.
fn senders<const K: usize>(n: u64) -> [(Sender<u64>, Receiver<u64>); K] {
    std::array::from_fn(|_| {
        let (tx, rx) = bounded(0);
        let sender = tx.clone();
        go! {
            for i in 0..n / K as u64 {
                sender.send(i).unwrap();
            }
        };
        (tx, rx)
    })
}

/// One goroutine receives from whichever of several channels has a message; the order of
/// each channel is checked.
macro_rules! select_of {
    ($name:ident, $count:literal: $($index:literal $channel:ident)+) => {
        pub(crate) fn $name(n: u64) {
            let [$($channel),+] = senders::<$count>(n);
            let mut next = [0; $count];
            for _ in 0..n {
                let (from, i) = select! {
                    $(i = <-$channel.1 => ($index, i),)+
                };
                assert_eq!(i, Ok(next[from]));
                next[from] += 1;
            }
        }
    };
}

select_of!(select_2, 2: 0 a 1 b);
select_of!(select_4, 4: 0 a 1 b 2 c 3 d);
select_of!(select_16, 16:
    0 a 1 b 2 c 3 d 4 e 5 f 6 g 7 h 8 i 9 j 10 k 11 l 12 m 13 o 14 p 15 q);

/// Four channels that always have a message: the one received is sent back.
pub(crate) fn select_4_ready(n: u64) {
    let [a, b, c, d] = [0, 1, 2, 3].map(|i| {
        let (tx, rx) = bounded(1);
        tx.send(i).unwrap();
        (tx, rx)
    });
    for _ in 0..n {
        select! {
            i = <-a.1 => a.0.send(i.unwrap()).unwrap(),
            i = <-b.1 => b.0.send(i.unwrap()).unwrap(),
            i = <-c.1 => c.0.send(i.unwrap()).unwrap(),
            i = <-d.1 => d.0.send(i.unwrap()).unwrap(),
        }
    }
    assert_eq!([a, b, c, d].map(|(_, rx)| rx.recv().unwrap()), [0, 1, 2, 3]);
}

/// Whether there is a message, which there never is.
pub(crate) fn select_default(n: u64) {
    let (_tx, rx) = bounded::<u64>(0);
    for _ in 0..n {
        select! {
            <-rx => unreachable!(),
            default => {}
        }
    }
}
