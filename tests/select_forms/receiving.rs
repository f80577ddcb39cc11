//! Arms that receive.

use crate::given::*;

#[gmp::test]
fn a_name_takes_the_result() {
    on_both(|| {
        let (tx, rx) = holding([5]);
        let got: Result<i32, RecvError> = select! { v = <-rx => v };
        assert_eq!(got, Ok(5));
        drop(tx);
        assert_eq!(select! { v = <-rx => v, }, Err(RecvError));
    });
}

#[gmp::test]
fn the_arrow_may_stand_close() {
    on_both(|| {
        let (_tx, rx) = holding([1, 2, 3, 4]);
        assert_eq!(select! { v =<-rx => v }, Ok(1));
        assert_eq!(select! { v=<-rx=>v }, Ok(2));
        assert_eq!(select! { v = <- rx => v }, Ok(3));
        #[rustfmt::skip]
        assert_eq!(select! { v
            = <-
            rx => v }, Ok(4));
    });
}

#[gmp::test]
fn a_name_may_be_mutable_or_a_reference() {
    on_both(|| {
        let (_tx, rx) = holding([String::from("a"), String::from("b"), String::from("c")]);
        let text = select! {
            mut v = <-rx => {
                v.as_mut().unwrap().push('!');
                v.unwrap()
            }
        };
        assert_eq!(text, "a!");
        let length = select! { ref v = <-rx => v.as_ref().unwrap().len() };
        assert_eq!(length, 1);
        let kept = select! { ref mut v = <-rx => std::mem::replace(v, Err(RecvError)) };
        assert_eq!(kept.unwrap(), "c");
    });
}

#[gmp::test]
fn no_name_and_an_underscore_drop_the_value() {
    on_both(|| {
        let (_tx, rx) = holding([1, 2, 3]);
        select! { <-rx => {} }
        select! { _ = <-rx => {} }
        assert_eq!(rx.try_recv(), Ok(3));
        let (_tx, rx) = closed::<u8>();
        // A closed channel is ready.
        assert_eq!(select! { <-rx => 1, default => 2 }, 1);
        assert_eq!(select! { _ = <-rx => 1, after(LONG) => 2 }, 1);
    });
}

#[gmp::test]
fn comma_ok() {
    on_both(|| {
        let (tx, rx) = holding(["a", "b"]);
        tx.close();
        let (v, ok): (Option<&str>, bool) = select! { (v, ok) = <-rx => (v, ok) };
        assert_eq!((v, ok), (Some("a"), true));
        assert_eq!(select! { (mut v, _) = <-rx => v.take() }, Some("b"));
        assert_eq!(select! { (v, ok) = <-rx => (v, ok) }, (None, false));
        assert!(!select! { (_, ok) = <-rx => ok, default => true });
        assert_eq!(select! { (v, ..) = <-rx => v, <-never::<u8>() => Some("no") }, None);
    });
}

#[gmp::test]
fn waits_for_the_first_of_several() {
    on_both(|| {
        let (first, a) = bounded::<u8>(0);
        let (second, b) = bounded::<u8>(0);
        let sender = gmp::spawn(move || {
            second.send(2).unwrap();
            first.send(1).unwrap();
        });
        let mut got = Vec::new();
        for _ in 0..2 {
            select! {
                v = <-a => got.push(v.unwrap()),
                v = <-b => got.push(v.unwrap()),
            }
        }
        assert_eq!(got, [2, 1]);
        sender.join().unwrap();
    });
}

#[gmp::test]
fn values_are_moved_out() {
    on_both(|| {
        struct NoClone(Box<u32>);
        let (_tx, rx) = holding([NoClone(Box::new(7)), NoClone(Box::new(8))]);
        let NoClone(inner) = select! { v = <-rx => v.unwrap(), after(LONG) => unreachable!() };
        assert_eq!(*inner, 7);
        let inner = select! { Some(NoClone(inner)) = <-rx => inner, else => unreachable!() };
        assert_eq!(*inner, 8);
    });
}
