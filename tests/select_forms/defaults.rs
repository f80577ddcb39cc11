//! `default`, timeouts, `after`, nothing at all, and the order of arms.

use std::time::Instant;

use crate::given::*;

#[gmp::test]
fn default_runs_when_nothing_is_ready() {
    on_both(|| {
        let (tx, rx) = bounded::<u8>(1);
        assert_eq!(select! { _ = <-rx => 1, default => 2 }, 2);
        assert_eq!(select! { default => 2, _ = <-rx => 1 }, 2);
        assert_eq!(select! { _ = <-rx => 1, default() => 2, _ = <-rx => 3 }, 2);
        tx.send(1).unwrap();
        assert_eq!(select! { tx <- 1 => 1, default => 2 }, 2);
        assert_eq!(select! { default => 2, _ = <-rx => 1 }, 1);
    });
}

#[gmp::test]
fn alone() {
    on_both(|| {
        assert_eq!(select! { default => 1 }, 1);
        assert_eq!(select! { default() => { 2 } }, 2);
        assert_eq!(select! { biased; default => 3, }, 3);
        assert_eq!(select_biased! { default => 4 }, 4);
        assert_eq!(select! { default(Duration::ZERO) => 5 }, 5);
        let start = Instant::now();
        select! { after(Duration::from_millis(20)) => {} }
        select! { default(Duration::from_millis(20)) => {} }
        assert!(start.elapsed() >= Duration::from_millis(40));
    });
}

#[gmp::test]
fn timeouts() {
    on_both(|| {
        let (_tx, rx) = bounded::<u8>(1);
        let start = Instant::now();
        let how = select! { _ = <-rx => 1, default(Duration::from_millis(20)) => 2 };
        assert_eq!(how, 2);
        let how = select! { _ = <-rx => 1, after(Duration::from_millis(20)) => 2 };
        assert_eq!(how, 2);
        assert!(start.elapsed() >= Duration::from_millis(40));
        let (_tx, ready) = holding([3]);
        assert_eq!(select! { v = <-ready => v, default(LONG) => Ok(0) }, Ok(3));
        // Whoever is due first.
        let how = select! {
            after(LONG) => 1,
            after(Duration::from_millis(1)) => 2,
            default(LONG) => 3,
        };
        assert_eq!(how, 2);
        let how = select! { after(LONG) => 1, default => 2 };
        assert_eq!(how, 2);
    });
}

#[gmp::test]
fn disabled_arms() {
    on_both(|| {
        let (_tx, rx) = holding([1, 2, 3]);
        let (off, on) = (rx.is_empty(), !rx.is_empty());
        assert_eq!(select! { _ = <-rx, if off => 1, default => 2 }, 2);
        assert_eq!(select! { _ = <-rx, if on => 1, default => 2 }, 1);
        assert_eq!(select! { _ = <-rx, if off => 1, _ = <-rx, if on => 2 }, 2);
        assert_eq!(select! { after(Duration::ZERO), if off => 1, <-rx => 2 }, 2);
        assert_eq!(select! { recv(rx) -> _, if off => 1, default(Duration::ZERO) => 2 }, 2);
        let (tx, room) = bounded(2);
        assert_eq!(select! { tx <- 1, if off => 1, default => 2 }, 2);
        assert_eq!(select! { tx <- 1, if off => 1, after(Duration::ZERO) => 2 }, 2);
        assert_eq!(select! { send(tx, 1) -> _, if off => 1, default => 2 }, 2);
        assert_eq!(select! { _r = tx <- 1, if off => 1, _ = tx <- 2, if on => 2 }, 2);
        assert_eq!(select! { tx <- 1, if on => 1 }, 1);
        assert_eq!(room.try_iter().collect::<Vec<_>>(), [2, 1]);
    });
}

#[gmp::test]
fn nil_channels_are_never_ready() {
    on_both(|| {
        let no_sender: Option<Sender<u8>> = None;
        let no_receiver: Option<&Receiver<u8>> = None;
        assert_eq!(select! { no_sender <- 1 => 1, default => 2 }, 2);
        assert_eq!(select! { _ = <-no_receiver => 1, default => 2 }, 2);
        let how = select! {
            no_sender <- 1 => 1,
            _ = <-no_receiver => 2,
            send(no_sender, 1) -> _ => 3,
            recv(no_receiver) -> _ => 4,
            default(Duration::from_millis(1)) => 5,
        };
        assert_eq!(how, 5);
    });
}

#[gmp::test]
fn nothing_blocks_for_ever() {
    let _watchdog = crate::support::watchdog();
    fn for_ever() -> ! {
        select! {}
    }
    fn as_any_type(block: bool) -> u8 {
        if block {
            select! { biased; }
        } else {
            5
        }
    }
    assert_eq!(as_any_type(false), 5);
    let (reached, rx) = bounded(4);
    for which in 0..4 {
        let reached = reached.clone();
        gmp::spawn(move || {
            reached.send(which).unwrap();
            let none: Option<Receiver<u8>> = None;
            match which {
                0 => for_ever(),
                1 => select_biased! {},
                2 => select! { <-none => {} },
                _ => select! { <-none => {}, _ = <-none => {} },
            }
            reached.send(99).unwrap();
        });
    }
    drop(reached);
    let mut all: Vec<_> = (0..4).map(|_| rx.recv().unwrap()).collect();
    all.sort_unstable();
    assert_eq!(all, [0, 1, 2, 3]);
    (0..1000).for_each(|_| gmp::gosched());
    assert!(rx.is_empty() && !rx.is_closed());
}

#[gmp::test]
fn biased_takes_the_first_that_is_ready() {
    on_both(|| {
        let (_a, a) = holding(0..100);
        let (_b, b) = holding(0..100);
        for _ in 0..50 {
            select! { biased; _ = <-never::<u8>() => unreachable!(), _ = <-a => {} _ = <-b => {} }
            select_biased! { recv(a) -> _ => {}, recv(b) -> _ => {}, default => unreachable!() }
        }
        assert_eq!((a.len(), b.len()), (0, 100));
        let how = select! {
            biased;
            Some(v) = <-a => v,
            <-b => 1000,
            default(LONG) => 2000,
            else => 3000,
        };
        assert_eq!(how, 1000);
    });
}

#[gmp::test]
fn without_biased_all_arms_have_a_chance() {
    on_both(|| {
        let (_a, a) = holding(0..300);
        let (_b, b) = holding(0..300);
        let (c, _c) = unbounded();
        let mut hits = [0; 3];
        for _ in 0..300 {
            select! {
                <-a => hits[0] += 1,
                <-b => hits[1] += 1,
                c <- 1 => hits[2] += 1,
            }
        }
        assert_eq!(hits.iter().sum::<u32>(), 300);
        // Less than 50 out of 300 with a chance of a third each: less than once in a billion runs.
        assert!(hits.iter().all(|n| *n >= 50), "{hits:?}");
    });
}
