//! What is dropped, when, and how often.

use crate::given::*;
use crate::support::{Counted, Drops};

#[gmp::test]
fn a_received_value_is_dropped_once() {
    on_both(|| {
        let drops = Drops::new();
        let (_tx, rx) = holding((0..6).map(|_| drops.value()));
        select! { <-rx => assert_eq!(drops.count(), 1) }
        select! { _ = <-rx => assert_eq!(drops.count(), 2), after(LONG) => unreachable!() }
        select! { v = <-rx => { assert_eq!(drops.count(), 2); drop(v) } }
        assert_eq!(drops.count(), 3);
        // crossbeam's `_` keeps the value while the body runs.
        select! { recv(rx) -> _ => assert_eq!(drops.count(), 3) }
        assert_eq!(drops.count(), 4);
        let kept = select! { Some(v) = <-rx => v, else => unreachable!() };
        assert_eq!(drops.count(), 4);
        drop(kept);
        select! { (v, ok) = <-rx => assert!(v.is_some() && ok), default => unreachable!() }
        assert_eq!(drops.count(), 6);
    });
}

#[gmp::test]
fn a_sent_value_is_the_receivers() {
    on_both(|| {
        let drops = Drops::new();
        let (tx, rx) = bounded(4);
        select! { tx <- drops.value() => {} }
        select! { tx <- drops.value() => {}, after(LONG) => unreachable!() }
        select! { r = tx <- drops.value() => drop(r), after(LONG) => unreachable!() }
        select! { send(tx, drops.value()) -> r => drop(r) }
        assert_eq!((drops.count(), rx.len()), (0, 4));
        drop(rx);
        assert_eq!(drops.count(), 4);
        select! { _ = tx <- drops.value() => assert_eq!(drops.count(), 5) }
        select! { r = tx <- drops.value() => { assert_eq!(drops.count(), 5); drop(r) } }
        assert_eq!(drops.count(), 6);
    });
}

#[gmp::test]
fn losers_values_are_gone_before_the_body_runs() {
    on_both(|| {
        let drops = Drops::new();
        let (tx, _full) = full(drops.value());
        let (_ready, ready) = holding([()]);
        let yes = !ready.is_empty();
        let lost = select! {
            tx <- drops.value() => 0,
            r = tx <- drops.value() => r.map_or(0, |()| 0),
            tx <- drops.value(), if yes => 0,
            _ = <-ready => drops.count(),
        };
        assert_eq!(lost, 3);
        assert_eq!(select! { tx <- drops.value() => 0, default => drops.count() }, 4);
        let lost = select! {
            tx <- drops.value() => 0,
            <-never::<u8>() => 0,
            default(Duration::from_millis(1)) => drops.count(),
        };
        assert_eq!(lost, 5);
        assert_eq!(select! { tx <- drops.value(), if yes => 0, default => drops.count() }, 6);
        assert_eq!(tx.len(), 1);
    });
}

#[gmp::test]
fn temporaries_are_gone_before_the_body_runs() {
    on_both(|| {
        struct Holder(Receiver<u8>, #[expect(dead_code, reason = "dropped")] Counted);
        let drops = Drops::new();
        let (_tx, rx) = holding([1, 2, 3, 4]);
        let holder = || Holder(rx.clone(), drops.value());
        select! { _ = <-holder().0 => assert_eq!(drops.count(), 1) }
        select! { _ = <-holder().0 => assert_eq!(drops.count(), 2), after(LONG) => {} }
        let yes = !rx.is_empty();
        select! { _ = <-holder().0, if yes => assert_eq!(drops.count(), 3), after(LONG) => {} }
        select! { _ = <-holder().0, if yes => assert_eq!(drops.count(), 4), default => {} }
        assert_eq!(rx.len(), 0);
    });
}

#[gmp::test]
fn nothing_is_dropped_twice_when_a_body_panics() {
    on_both(|| {
        let drops = Drops::new();
        let (_tx, rx) = holding([drops.value(), drops.value()]);
        let (tx, kept) = full(drops.value());
        let body = std::panic::AssertUnwindSafe(|| {
            select! {
                biased;
                tx <- drops.value() => {}
                v = <-rx => {
                    let _v = v;
                    std::panic::resume_unwind(Box::new("on purpose"))
                }
            }
        });
        std::panic::catch_unwind(body).unwrap_err();
        assert_eq!((drops.count(), rx.len(), kept.len()), (2, 1, 1));
        // And when a value's expression does: the ones before it are dropped.
        let (more, _more) = full(drops.value());
        fn panics() -> Counted {
            std::panic::resume_unwind(Box::new("on purpose"))
        }
        let body = std::panic::AssertUnwindSafe(|| {
            select! {
                tx <- drops.value() => {}
                more <- panics() => {}
                v = <-rx => drop(v),
            }
        });
        std::panic::catch_unwind(body).unwrap_err();
        assert_eq!((drops.count(), rx.len(), kept.len()), (3, 1, 1));
    });
}
