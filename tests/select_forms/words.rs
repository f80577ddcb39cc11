//! crossbeam's form, alone and beside arrows.

use crate::given::*;

#[gmp::test]
fn recv_and_send() {
    on_both(|| {
        let (tx, rx) = bounded(1);
        let mut results = Vec::new();
        for _ in 0..2 {
            select! {
                send(tx, 7) -> r => results.push(r.is_ok()),
                recv(rx) -> v => results.push(v == Ok(7)),
            }
        }
        assert_eq!(results, [true, true]);
        drop(tx);
        assert_eq!(select! { recv(rx) -> v => v }, Err(RecvError));
        let (tx, rx) = bounded(1);
        drop(rx);
        assert_eq!(select! { send(tx, 7) -> r => r }, Err(SendError(7)));
        assert_eq!(select! { send(tx, 8) -> r => r, default => Ok(()) }, Err(SendError(8)));
    });
}

#[gmp::test]
fn commas_everywhere() {
    on_both(|| {
        let (tx, rx) = bounded(2);
        select! {
            send(tx, 1,) -> _ => {},
            default(LONG,) => {},
        }
        select! {
            biased;
            send(&&tx, 1,) -> _ => {}
            recv(&&&rx,) -> _ => {}
            default() => {}
        }
        select! { recv(rx,) -> _ => (), after(LONG,) => (), }
    });
}

#[gmp::test]
fn patterns_over_the_result() {
    on_both(|| {
        let (tx, rx) = holding([1, 2, 3, 4]);
        assert_eq!(select! { recv(rx) -> Ok(v) => v, else => 0 }, 1);
        assert_eq!(select! { recv(rx) -> mut v => { v = v.map(|v| v + 1); v } }, Ok(3));
        assert!(select! { recv(rx) -> ref v => v.is_ok() });
        assert!(select! { recv(rx) -> Ok(_) | Err(_) => true });
        tx.close();
        assert_eq!(select! { recv(rx) -> Ok(v) => v, else => 0 }, 0);
        assert_eq!(select! { recv(rx) -> Err(RecvError) => 1, else => 0 }, 1);
    });
}

#[gmp::test]
fn beside_arrows_with_conditions() {
    on_both(|| {
        let (tx, rx) = holding([1]);
        let (full, _kept) = full(0);
        let no = rx.is_empty();
        let how = select! {
            recv(rx) -> _, if no => 1,
            send(tx, 2) -> _, if no => 2,
            full <- 3 => 3,
            v = <-rx, if !no => v.unwrap() + 3,
            send(full, 5) -> _, if !no => 5,
        };
        assert_eq!(how, 4);
    });
}

#[gmp::test]
fn names_of_ours_are_names() {
    on_both(|| {
        let (default, recv) = bounded(2);
        select! { default <- 1 => {} }
        select! { send = <-recv => assert_eq!(send, Ok(1)) }
        let (send, after) = (&default, &recv);
        select! { send <- 2 => {} }
        select! { biased = <-after => assert_eq!(biased, Ok(2)) }
        select! { send <- 3 => {} }
        select! { default = <-after => assert_eq!(default, Ok(3)), after(LONG) => {} }
        // As a function it is an operand.
        let (after, biased) = (|of: &'static str| channel_of(of), 7);
        select! { after("sender").0 <- biased => {}, default => {} }
        select! { v = <-after("receiver").1 => assert_eq!(v, Ok(1)), default => {} }
    });
}

fn channel_of(_: &str) -> (Sender<i32>, Receiver<i32>) {
    holding([1])
}
