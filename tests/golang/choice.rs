//! Which of several ready arms is taken.

use gmp::chan::{Receiver, Select, Sender, bounded, never, nil, unbounded};
use gmp::{go, gosched, select, select_biased};

use crate::join;

/// Whether `counts` are what equal chances give, up to ten standard deviations.
#[track_caller]
fn assert_even(counts: &[usize]) {
    let rounds: usize = counts.iter().sum();
    let chance = 1.0 / counts.len() as f64;
    let mean = rounds as f64 * chance;
    let deviation = (mean * (1.0 - chance)).sqrt();
    for &count in counts {
        let off = (count as f64 - mean).abs();
        assert!(off < 10.0 * deviation, "{counts:?}: {off} off {mean}, sigma {deviation}");
        assert!(count * 10 > rounds, "{counts:?}: less than a tenth");
    }
}

/// A channel that is always ready to receive from.
fn ready() -> Receiver<()> {
    let (tx, rx) = bounded(0);
    tx.close();
    rx
}

/// The chance of a ready arm depends neither on its place nor on how many arms are not ready.
pub(crate) fn uniform_choice() {
    const ROUNDS: usize = 10_000;
    let (rx, idle) = (ready(), never::<()>());
    let mut counts = [0; 4];
    for _ in 0..ROUNDS {
        // A scan in order from a random start would favour the arm behind the gap.
        select! {
            <-rx => counts[0] += 1,
            <-rx => counts[1] += 1,
            <-rx => counts[2] += 1,
            <-idle => panic!("never"),
            <-idle => panic!("never"),
            <-idle => panic!("never"),
            <-idle => panic!("never"),
            <-rx => counts[3] += 1,
        }
    }
    assert_even(&counts);
    let mut counts = [0; 4];
    for _ in 0..ROUNDS {
        select! {
            <-rx => counts[0] += 1,
            <-rx => counts[1] += 1,
            <-rx => counts[2] += 1,
            <-idle => panic!("never"),
            <-idle => panic!("never"),
            <-rx => counts[3] += 1,
            default => panic!("four arms are ready"),
        }
    }
    assert_even(&counts);
    let mut counts = [0; 2];
    for _ in 0..ROUNDS {
        select! { <-rx => counts[0] += 1, <-rx => counts[1] += 1 }
    }
    assert_even(&counts);
}

/// It does not matter why an arm is ready: a value, room, a waiting peer, a close.
pub(crate) fn uniform_among_kinds() {
    const ROUNDS: usize = 4_000;
    let ((full_tx, full), (room, room_rx)) = (bounded(1), bounded(1));
    let ((peer, peer_rx), closed) = (bounded(0), ready());
    let partner = go!(move || peer_rx.iter().count());
    let mut counts = [0; 4];
    for _ in 0..ROUNDS {
        let _ = full_tx.try_send(1);
        let _ = room_rx.try_recv();
        while peer.waiting_receivers() == 0 {
            gosched();
        }
        select! {
            <-full => counts[0] += 1,
            room <- 1 => counts[1] += 1,
            peer <- 1 => counts[2] += 1,
            <-closed => counts[3] += 1,
        }
    }
    assert_even(&counts);
    peer.close();
    assert_eq!(join(partner), counts[2]);
}

/// A goroutine that moves values of two sources on takes them evenly, whatever idles beside.
pub(crate) fn fairness() {
    const TRIALS: usize = 10_000;
    let sources = [0, 1].map(|source| {
        let (tx, rx) = bounded(TRIALS + 1);
        (0..=TRIALS).for_each(|_| tx.send(source).unwrap());
        (tx, rx)
    });
    let (idle, also_idle) = (bounded::<usize>(0), bounded::<usize>(0));
    let ((out, moved), (done_tx, done)) = (bounded(0), bounded::<()>(0));
    let mover = go!(move || {
        let ([(_, one), (_, two)], three, four) = (sources, idle.1, also_idle.1);
        loop {
            let value = select! {
                v = <-three => v, v = <-four => v, v = <-one => v, v = <-two => v,
            };
            select! {
                out <- value.unwrap() => {},
                <-done => return,
            }
        }
    });
    let mut counts = [0; 2];
    moved.iter().take(TRIALS).for_each(|source| counts[source] += 1);
    done_tx.close();
    join(mover);
    assert_even(&counts);
    drop((idle.0, also_idle.0));
}

/// `Select` chooses as `select!` does, whichever way it is asked.
pub(crate) fn dynamic_choice() {
    const ROUNDS: usize = 5_000;
    let (rx, idle) = (ready(), never::<()>());
    let mut cases = Select::new();
    for n in 0..8 {
        cases.recv(if [0, 1, 2, 7].contains(&n) { &rx } else { &idle });
    }
    type Way = fn(&mut Select<'_>, &Receiver<()>) -> usize;
    let ways: [(&str, Way); 4] = [
        ("select", |cases, rx| finish(cases.select(), rx)),
        ("try_select", |cases, rx| finish(cases.try_select().unwrap(), rx)),
        ("ready", |cases, _| cases.ready()),
        ("try_ready", |cases, _| cases.try_ready().unwrap()),
    ];
    for (name, way) in ways {
        let mut counts = [0; 8];
        (0..ROUNDS).for_each(|_| counts[way(&mut cases, &rx)] += 1);
        assert_eq!(counts[3..7], [0; 4], "{name}");
        assert_even(&[counts[0], counts[1], counts[2], counts[7]]);
    }
}

fn finish(operation: gmp::chan::SelectedOperation<'_>, rx: &Receiver<()>) -> usize {
    let index = operation.index();
    assert!(operation.recv(rx).is_err());
    index
}

/// The first ready arm in the order of the source, in each spelling of it.
pub(crate) fn biased_choice() {
    let (rx, idle) = (ready(), never::<()>());
    let (tx, values) = unbounded();
    for n in 0..1_000 {
        tx.send(n).unwrap();
        let keyword = select! {
            biased;
            <-idle => 0,
            v = <-values => { assert_eq!(v, Ok(n)); 1 },
            <-rx => 2,
            <-rx => 3,
        };
        assert_eq!(keyword, 1);
        let its_own_name = select_biased! {
            recv(idle) -> _ => 0,
            recv(values) -> _ => 1,
            send(tx, n) -> sent => { sent.unwrap(); 2 }
            recv(rx) -> _ => 3,
        };
        assert_eq!((its_own_name, values.try_recv()), (2, Ok(n)));
        let mut cases = Select::new_biased();
        let indexes = [cases.recv(&idle), cases.recv(&rx), cases.recv(&rx)];
        assert_eq!((cases.ready(), cases.try_ready()), (indexes[1], Ok(indexes[1])));
        let picked = cases.select();
        assert_eq!(picked.index(), indexes[1]);
        assert!(picked.recv(&rx).is_err());
        let default = select! { biased; <-idle => 0, default => 1 };
        assert_eq!(default, 1);
    }
    let (nil_tx, nil_rx) = nil::<u32>();
    let taken = select! { biased; nil_tx <- 1 => 0, <-nil_rx => 1, <-rx => 2 };
    assert_eq!(taken, 2);
}

/// Of those who could wake a select only one does; the others serve somebody else or wait.
pub(crate) fn two_senders_race_for_one_select() {
    const ROUNDS: usize = 5_000;
    let ends: [(Sender<usize>, Receiver<usize>); 2] = [bounded(0), bounded(0)];
    let [(one_tx, one), (two_tx, two)] = ends;
    let senders =
        [one_tx, two_tx].map(|tx| go!(move || (0..ROUNDS).for_each(|n| tx.send(n).unwrap())));
    // Each source in its order, and each value once.
    let mut next = [0; 2];
    for _ in 0..2 * ROUNDS {
        let (source, value) = select! {
            v = <-one, if next[0] < ROUNDS => (0, v),
            v = <-two, if next[1] < ROUNDS => (1, v),
        };
        assert_eq!(value, Ok(next[source]));
        next[source] += 1;
    }
    senders.into_iter().for_each(join);
    assert_eq!(next, [ROUNDS; 2]);
    assert!(one.try_recv().is_err() && two.try_recv().is_err());
}
