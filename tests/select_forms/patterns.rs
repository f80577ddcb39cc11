//! Patterns that may fail, and `else`.

use crate::given::*;

#[derive(Debug, Clone, PartialEq)]
enum Event {
    Key(char),
    Click { x: u8, y: u8 },
    Quit,
}

#[gmp::test]
fn some_and_else() {
    on_both(|| {
        let (tx, rx) = holding([1]);
        assert_eq!(select! { Some(v) = <-rx => v, else => 0 }, 1);
        tx.close();
        assert_eq!(select! { Some(v) = <-rx => v, else => 0 }, 0);
        assert_eq!(select! { Some(v) = <-rx => v, default => 1, else => 2 }, 2);
        assert_eq!(select! { Some(v) = <-rx => v, after(LONG) => 1, else => 2 }, 2);
        let (_tx, rx) = bounded::<u8>(1);
        assert_eq!(select! { Some(v) = <-rx => v, default => 1, else => 2 }, 1);
    });
}

#[gmp::test]
fn values_that_do_not_match_go_to_else() {
    on_both(|| {
        let events = [
            Event::Key('a'),
            Event::Click { x: 1, y: 2 },
            Event::Key('q'),
            Event::Quit,
            Event::Click { x: 9, y: 9 },
        ];
        let (tx, rx) = holding(events);
        drop(tx);
        let mut seen = Vec::new();
        for _ in 0..6 {
            seen.push(select! {
                Some(Event::Key('q') | Event::Quit) = <-rx => "quit".to_owned(),
                else => "other".to_owned(),
            });
        }
        assert_eq!(seen, ["other", "other", "quit", "quit", "other", "other"]);
    });
}

#[gmp::test]
fn patterns_of_all_kinds() {
    on_both(|| {
        const FIVE: Option<u8> = Some(5);
        let one = |value: u8| holding([value]);
        let (_tx, rx) = one(5);
        assert!(select! { FIVE = <-rx => true, else => false });
        let (_tx, rx) = one(3);
        assert_eq!(select! { Some(n @ (1..=3 | 7)) = <-rx => n, else => 0 }, 3);
        let (_tx, rx) = one(4);
        assert_eq!(select! { Some(n @ (1..=3 | 7)) = <-rx => n, else => 0 }, 0);
        let (_tx, rx) = one(4);
        assert_eq!(select! { all @ Some(4) = <-rx => all, else => None }, Some(4));
        let (_tx, rx) = one(4);
        assert_eq!(select! { | Some(3) | Some(4) = <-rx => 1, else => 0 }, 1);
        let (_tx, rx) = one(4);
        assert_eq!(select! { (Some(4), true) = <-rx => 1, else => 0 }, 1);
        let (_tx, rx) = one(4);
        assert_eq!(select! { None | Some(_) = <-rx => 1 }, 1);
        let (_tx, rx) = closed::<u8>();
        assert_eq!(select! { None = <-rx => 1, else => 0 }, 1);
        let (_tx, rx) = holding([(1, "a")]);
        assert_eq!(select! { Some((n, "a")) = <-rx => n, else => 0 }, 1);
        let (_tx, rx) = holding([vec![1, 2, 3]]);
        let first = select! { Some(ref v) = <-rx => v[0], else => 0 };
        assert_eq!(first, 1);
        let (_tx, rx) = holding([Event::Click { x: 3, y: 4 }]);
        assert_eq!(select! { Some(Event::Click { x, y }) = <-rx => x + y, else => 0 }, 7);
        let (_tx, rx) = holding([Event::Key('k')]);
        assert_eq!(
            select! { Some(Event::Key(mut k)) = <-rx => {
                k.make_ascii_uppercase();
                k
            }, else => ' ' },
            'K'
        );
        macro_rules! even {
            () => {
                Some(0 | 2 | 4)
            };
        }
        let (_tx, rx) = one(4);
        assert!(select! { even!() = <-rx => true, else => false });
    });
}

#[gmp::test]
fn else_takes_the_misses_of_all_arms() {
    on_both(|| {
        let (_a, a) = holding([1]);
        let (_b, b) = holding([2]);
        for _ in 0..2 {
            let how = select! {
                Some(7) = <-a => "seven",
                recv(b) -> Ok(8) => "eight",
                v = <-never::<u8>() => if v.is_ok() { "never" } else { "closed" },
                else => "else",
            };
            assert_eq!(how, "else");
        }
        assert!(a.is_empty() && b.is_empty());
    });
}

#[gmp::test]
fn else_may_leave() {
    on_both(|| {
        let (tx, rx) = holding(1..=4);
        drop(tx);
        let mut sum = 0;
        loop {
            select! {
                Some(v) = <-rx => sum += v,
                else => break,
            }
        }
        assert_eq!(sum, 10);
    });
}
