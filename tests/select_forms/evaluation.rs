//! When operands, values, conditions and durations are evaluated, and how often.

use crate::given::*;

#[gmp::test]
fn on_entry_once_and_in_source_order() {
    on_both(|| {
        let notes = Notes::default();
        let (tx, rx) = full(1_u8);
        let how = select! {
            v = <-notes.note("rx", &rx) => v.unwrap(),
            *notes.note("tx", &tx) <- notes.note("value", 2) => 2,
            notes.note("tx2", tx.clone()) <- notes.note("value2", 3) => 3,
            after(notes.note("after", LONG)) => 4,
            (v, _) = <-notes.note("rx2", never::<u8>()) => v.unwrap(),
            default(notes.note("timeout", LONG)) => 5,
            Some(9) = <-notes.note("rx3", None::<&Receiver<u8>>) => 6,
            else => 7,
        };
        assert_eq!(how, 1);
        let order = ["rx", "tx", "value", "tx2", "value2", "after", "rx2", "timeout", "rx3"];
        assert_eq!(notes.take(), order);
    });
}

#[gmp::test]
fn conditions_come_first_in_their_arm() {
    on_both(|| {
        let notes = Notes::default();
        let (tx, rx) = full(1_u8);
        let how = select! {
            v = <-notes.note("rx", &rx), if notes.note("if rx", true) => v.unwrap(),
            *notes.note("tx", &tx) <- notes.note("value", 2), if notes.note("if tx", true) => 2,
            after(notes.note("after", LONG)), if notes.note("if after", true) => 4,
            <-notes.note("rx2", never::<u8>()) => 5,
            r = notes.note("tx2", tx.clone()) <- notes.note("value2", 3),
                if notes.note("if tx2", true) => r.map_or(8, |()| 9),
        };
        assert_eq!(how, 1);
        let order = [
            "if rx", "rx", "if tx", "tx", "value", "if after", "after", "rx2", "if tx2", "tx2",
            "value2",
        ];
        assert_eq!(notes.take(), order);
    });
}

#[gmp::test]
fn disabled_arms_are_not_evaluated() {
    on_both(|| {
        let notes = Notes::default();
        let (tx, rx) = full(1_u8);
        let how = select! {
            v = <-notes.note("rx", &rx), if notes.note("no 1", false) => v.unwrap(),
            *notes.note("tx", &tx) <- notes.note("value", 2), if notes.note("no 2", false) => 2,
            after(notes.note("after", Duration::ZERO)), if notes.note("no 3", false) => 3,
            recv(notes.note("rx2", &rx)) -> _, if notes.note("no 4", false) => 4,
            send(notes.note("tx2", &tx), notes.note("value2", 5)) -> _,
                if notes.note("no 5", false) => 5,
            r = notes.note("tx3", tx.clone()) <- notes.note("value3", 6),
                if notes.note("no 6", false) => r.map_or(6, |()| 6),
            default => 7,
        };
        assert_eq!(how, 7);
        assert_eq!(notes.take(), ["no 1", "no 2", "no 3", "no 4", "no 5", "no 6"]);

        // Alone, where the plain operation is used.
        let off = rx.is_empty();
        select! { _ = <-notes.note("rx", &rx), if off => unreachable!(), default => {} }
        select! { tx <- notes.note("value", 1), if off => unreachable!(), default => {} }
        assert!(notes.take().is_empty());
        select! { _ = <-notes.note("rx", &rx), if !off => {} }
        select! { tx <- notes.note("value", 1), if !off => {} }
        assert_eq!(notes.take(), ["rx", "value"]);
    });
}

#[gmp::test]
fn values_of_the_word_send_wait_until_the_arm_is_chosen() {
    on_both(|| {
        let notes = Notes::default();
        let (tx, rx) = bounded(1);
        let how = select! {
            send(notes.note("tx", &tx), notes.note("value", 1)) -> r => r.map_or(0, |()| 1),
            <-notes.note("rx", never::<u8>()) => 2,
        };
        assert_eq!(how, 1);
        assert_eq!(notes.take(), ["tx", "rx", "value"]);
        // Now it is full.
        let how = select! {
            send(tx, notes.note("value", 2)) -> _ => 1,
            send(tx, notes.note("value2", 2)) -> _ => 1,
            default => 3,
        };
        assert_eq!((how, rx.len()), (3, 1));
        assert!(notes.take().is_empty());
        assert_eq!(select! { send(tx, notes.note("value", 2)) -> _ => 1, default => 3 }, 3);
        assert!(notes.take().is_empty());
    });
}

#[gmp::test]
fn values_of_the_word_send_may_leave() {
    on_both(|| {
        fn parsed(tx: &Sender<u8>, text: &str) -> Result<&'static str, std::num::ParseIntError> {
            select! {
                send(tx, text.parse()?) -> r => {
                    r.unwrap();
                    Ok("sent")
                }
                default => Ok("full"),
            }
        }
        let (tx, rx) = bounded(1);
        assert!(parsed(&tx, "x").is_err());
        assert!(rx.is_empty());
        assert_eq!(parsed(&tx, "5"), Ok("sent"));
        assert_eq!(parsed(&tx, "x"), Ok("full"));
        assert_eq!(rx.recv(), Ok(5));
        let mut left = 0;
        'outer: for n in 0..3 {
            select! {
                send(tx, if n == 1 { left = n; break 'outer } else { n }) -> _ => {}
                <-never::<u8>() => {}
            }
            assert_eq!(rx.recv(), Ok(n));
        }
        assert_eq!(left, 1);
        assert!(rx.is_empty());
    });
}

#[gmp::test]
fn operands_and_values_may_leave() {
    on_both(|| {
        fn first(all: &[Receiver<u8>], texts: [&str; 2]) -> Option<u8> {
            let (tx, rx) = bounded(1);
            select! {
                v = <-all.first()? => v.ok(),
                tx <- texts[0].parse().ok()?, if !texts[1].is_empty() => rx.recv().ok(),
                default(if texts[0] == "0" { return Some(100) } else { LONG }) => None,
            }
        }
        let (_tx, empty) = bounded(1);
        let all = [empty];
        assert_eq!(first(&[], ["1", "1"]), None);
        assert_eq!(first(&all, ["x", "1"]), None);
        assert_eq!(first(&all, ["0", ""]), Some(100));
        assert_eq!(first(&all, ["7", "1"]), Some(7));
        let mut turns = 0;
        loop {
            turns += 1;
            select! { _ = <-if turns < 3 { continue } else { &all[0] } => {}, default => break }
        }
        assert_eq!(turns, 3);
    });
}

#[gmp::test]
fn the_enclosing_async_block_may_wait_in_operands() {
    on_both(|| {
        let (tx, rx) = holding([1]);
        let sum = std::pin::pin!(async {
            let operand = std::future::ready(&rx);
            let value = std::future::ready(4);
            let first = select! { v = <-operand.await => v.unwrap(), after(LONG) => 0 };
            let second = select! { tx <- value.await => 10, <-never::<u8>() => 0 };
            first + second
        });
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert_eq!(sum.poll(&mut context), std::task::Poll::Ready(11));
        assert_eq!(rx.recv(), Ok(4));
    });
}
