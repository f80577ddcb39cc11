//! `select!`.

use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded, select};

fn channels<const K: usize>(capacity: usize) -> [(Sender<u64>, Receiver<u64>); K] {
    std::array::from_fn(|_| bounded(capacity))
}

/// One thread receives from whichever of several channels has a message, each with a sender
/// of its own; the order of each channel is checked.
macro_rules! select_of {
    ($name:ident, $count:literal: $($index:literal $channel:ident)+) => {
        pub(crate) fn $name(n: u64) {
            let [$($channel),+] = &channels::<$count>(0);
            thread::scope(|s| {
                for (tx, _) in [$($channel),+] {
                    s.spawn(|| (0..n / $count).for_each(|i| tx.send(i).unwrap()));
                }
                let mut next = [0; $count];
                for _ in 0..n {
                    let (from, i) = select! {
                        $(recv($channel.1) -> i => ($index, i),)+
                    };
                    assert_eq!(i, Ok(next[from]));
                    next[from] += 1;
                }
            });
        }
    };
}

select_of!(select_2, 2: 0 a 1 b);
select_of!(select_4, 4: 0 a 1 b 2 c 3 d);
select_of!(select_16, 16:
    0 a 1 b 2 c 3 d 4 e 5 f 6 g 7 h 8 i 9 j 10 k 11 l 12 m 13 o 14 p 15 q);

/// Four channels that always have a message: the one received is sent back.
pub(crate) fn select_4_ready(n: u64) {
    let [a, b, c, d] = &channels::<4>(1);
    for ((tx, _), i) in [a, b, c, d].into_iter().zip(0..) {
        tx.send(i).unwrap();
    }
    for _ in 0..n {
        select! {
            recv(a.1) -> i => a.0.send(i.unwrap()).unwrap(),
            recv(b.1) -> i => b.0.send(i.unwrap()).unwrap(),
            recv(c.1) -> i => c.0.send(i.unwrap()).unwrap(),
            recv(d.1) -> i => d.0.send(i.unwrap()).unwrap(),
        }
    }
    assert_eq!([a, b, c, d].map(|(_, rx)| rx.recv().unwrap()), [0, 1, 2, 3]);
}

/// Whether there is a message, which there never is.
pub(crate) fn select_default(n: u64) {
    let (_tx, rx) = bounded::<u64>(0);
    for _ in 0..n {
        select! {
            recv(rx) -> _ => unreachable!(),
            default => {}
        }
    }
}
