//! Bodies: their values and types, and how they leave the `select!`.

use crate::given::*;

#[gmp::test]
fn the_value_of_the_arm_is_the_value_of_the_select() {
    on_both(|| {
        let (tx, rx) = holding([1]);
        let text: String = select! {
            v = <-rx => format!("{v:?}"),
            after(LONG) => "late".into(),
        };
        assert_eq!(text, "Ok(1)");
        let number: u64 = select! { tx <- 2 => 7, default => "x".parse().unwrap() };
        assert_eq!(number, 7);
        let boxed: Box<dyn Fn(u8) -> u8> = select! {
            <-rx => Box::new(|n| n + 1),
            after(LONG) => Box::new(|n| n + 2),
        };
        assert_eq!(boxed(1), 2);
        assert_eq!(select! { default => 3 } + select! { default => 4 }, 7);
        let nested = [select! { default => 1 }, select! { default => { 2 } }];
        assert_eq!(nested, [1, 2]);
        fn tail(rx: &Receiver<u8>) -> Option<u8> {
            select! {
                v = <-rx => v.ok(),
                default => None,
            }
        }
        assert_eq!(tail(&never()), None);
        select! { default => {} }
        select! { default => {} };
    });
}

#[gmp::test]
fn shapes() {
    on_both(|| {
        let (_tx, rx) = holding(0..20);
        let mut n = 0;
        fn add(n: u8) -> impl Fn(u8) -> u8 {
            move |m| n + m
        }
        select! { _ = <-rx => n += 1, default => n = 100 }
        select! { _ = <-rx => { n += 1; } default => { n = 100; } }
        select! { _ = <-rx => if n > 0 { n += 1 } else { n = 100 } default => {} }
        select! { _ = <-rx => match n { 3 => n += 1, _ => n = 100 } default => {} }
        select! { _ = <-rx => for _ in 0..1 { n += 1 } default => {} }
        select! { _ = <-rx => loop { n += 1; if n > 5 { break } } default => {} }
        select! { _ = <-rx => while n < 7 { n += 1 } default => {} }
        select! { _ = <-rx => 'a: { if n == 7 { n += 1; break 'a } n = 100 } default => {} }
        assert_eq!(n, 8);
        assert_eq!(select! { _ = <-rx => { "text" }.len(), default => 0 }, 4);
        assert_eq!(select! { _ = <-rx => add(1)(1), default => 0 }, 2);
        assert_eq!(select! { _ = <-rx => Vec::<(u8, u8)>::new().len(), default => 1 }, 0);
        let add = select! { _ = <-rx => |a, b| a + b, default => |a: i32, b: i32| a - b };
        assert_eq!(add(1, 2), 3);
        assert_eq!(select! { _ = <-rx => -1, default => !0 }, -1);
        assert!(select! { _ = <-rx => n < 9, default => n >> 1 == 4 });
        assert_eq!(select! { _ = <-rx => vec! { 1, 2 }, default => vec![] }, [1, 2]);
        assert_eq!(select! { _ = <-rx => [1, 2][1], default => (3, 4).0 }, 2);
        struct Point {
            x: u8,
        }
        let Point { x } = select! { _ = <-rx => Point { x: 1 }, default => Point { x: 2 } };
        assert_eq!(x, 1);
    });
}

#[gmp::test]
fn break_continue_and_labels() {
    on_both(|| {
        let (_tx, rx) = holding(0..10);
        let mut seen = Vec::new();
        let found = 'outer: loop {
            for turn in 0.. {
                select! {
                    v = <-rx => match v {
                        Ok(2) => continue 'outer,
                        Ok(5) => break,
                        Ok(7) => break 'outer (turn, "found"),
                        Ok(n) => {
                            if n % 2 == 0 {
                                continue;
                            }
                            seen.push(n);
                        }
                        Err(_) => unreachable!(),
                    },
                    after(LONG) => break 'outer (turn, "late"),
                }
            }
        };
        assert_eq!((found, seen), ((1, "found"), vec![1, 3]));
        let value = 'block: {
            select! {
                Some(8) = <-rx => break 'block 1,
                else => break 'block 2,
            }
        };
        assert_eq!(value, 1);
        let mut n = 0;
        let value = loop {
            select! { v = <-rx => break v, default => n += 1 }
            if n > 100 {
                break Ok(n);
            }
        };
        assert_eq!(value, Ok(9));
    });
}

#[gmp::test]
fn return_and_question_mark() {
    on_both(|| {
        fn next(rx: &Receiver<&'static str>) -> Result<u8, Box<dyn std::error::Error>> {
            let text = select! {
                v = <-rx => v?,
                default => return Ok(0),
            };
            select! {
                biased;
                default => {}
            }
            let doubled = select! { default => text.parse::<u8>()? } * 2;
            Ok(doubled)
        }
        let (tx, rx) = holding(["4", "x"]);
        assert_eq!(next(&rx).unwrap(), 8);
        assert!(next(&rx).is_err());
        assert_eq!(next(&rx).unwrap(), 0);
        tx.close();
        assert_eq!(next(&rx).unwrap_err().to_string(), RecvError.to_string());
    });
}

#[gmp::test]
fn nested() {
    on_both(|| {
        let (tx, rx) = holding([1, 2, 3]);
        let (out, results) = unbounded();
        // In a body, in an operand, in a value, in a condition, in a duration.
        let inner = select! {
            v = <-rx => select! {
                w = <-rx => (v, w),
                default => unreachable!(),
            },
            after(LONG) => unreachable!(),
        };
        assert_eq!(inner, (Ok(1), Ok(2)));
        select! {
            biased;
            out <- select! { v = <-rx => v.unwrap(), default => 0 },
                if select! { default => true } => {}
            _ = <-select! { default => &rx } => unreachable!(),
            after(select! { tx <- 4 => LONG, default => Duration::ZERO }) => unreachable!(),
        }
        assert_eq!((results.recv(), rx.recv()), (Ok(3), Ok(4)));
        let deep = select! {
            default => select! {
                default => select! {
                    default => select! { default => select! { default => 5 } },
                },
            },
        };
        assert_eq!(deep, 5);
    });
}

#[gmp::test]
fn both_branches_may_move_the_same_value() {
    on_both(|| {
        let (tx, rx) = holding([1]);
        let once = Box::new(5);
        let moved = select! {
            _ = <-rx => once,
            tx <- 2, if tx.is_full() => once,
            after(LONG) => once,
            default => once,
        };
        assert_eq!(*moved, 5);
        let (texts, text) = bounded(1);
        let word = String::from("word");
        select! {
            texts <- word => assert_eq!(text.recv().unwrap(), "word"),
            after(LONG) => unreachable!(),
        }
    });
}

#[gmp::test]
fn arms_of_any_type_may_diverge() {
    on_both(|| {
        let (_tx, rx) = holding([1]);
        let value: u8 = select! {
            Some(v) = <-rx => v,
            after(LONG) => panic!("late"),
            default => unreachable!(),
            else => select! {},
        };
        assert_eq!(value, 1);
    });
}
