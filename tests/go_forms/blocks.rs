//! Closures, blocks, and what is treated as one.

use crate::given::*;

#[gmp::test]
fn closures() {
    watchdog();
    let text = String::from("moved");
    assert_eq!(go!(|| text.len()).join().unwrap(), 5);
    let text = String::from("moved");
    assert_eq!(go!(move || text.len()).join().unwrap(), 5);
    assert_eq!(go!(|| -> u8 { 1 }).join().unwrap(), 1);
    let h = go!(move || {
        if fib(3) == 2 {
            return "early";
        }
        "late"
    });
    assert_eq!(h.join().unwrap(), "early");
}

#[gmp::test]
fn blocks() {
    watchdog();
    let text = String::from("moved");
    assert_eq!(go!({ text.len() }).join().unwrap(), 5);

    let seen = Arc::new(AtomicU32::new(0));
    let shared = seen.clone();
    let h = go! {
        let n = fib(10);
        shared.store(n as u32, Ordering::SeqCst);
    };
    h.join().unwrap();
    assert_eq!(seen.load(Ordering::SeqCst), 55);

    let h = go! {
        for n in 0.. {
            if n * n > 50 {
                return n;
            }
        }
        unreachable!()
    };
    assert_eq!(h.join().unwrap(), 8);

    // Items, nested generics and a tail without a semicolon.
    let h = go! {
        struct Pair(u8, u8);
        let pair = Pair(1, 2);
        let all = Vec::<Vec<u8>>::from([vec![pair.0], vec![pair.1]]);
        all.concat()
    };
    assert_eq!(h.join().unwrap(), [1, 2]);
}

#[gmp::test]
fn block_like_expressions() {
    watchdog();
    let n = fib(6);
    assert_eq!(go!(if n > 5 { "more" } else { "less" }).join().unwrap(), "more");
    assert_eq!(
        go!(match n {
            8 => 'y',
            _ => 'n',
        })
        .join()
        .unwrap(),
        'y'
    );
    let mut m = 0;
    let h = go!('found: loop {
        for k in 0..3 {
            m += k;
            if m > n {
                break 'found m;
            }
        }
    });
    assert_eq!(h.join().unwrap(), 9);
    let count = Arc::new(AtomicU32::new(0));
    let counted = count.clone();
    let h = go!(for _ in 0..3 {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    h.join().unwrap();
    let counted = count.clone();
    let h = go!(while counted.fetch_add(1, Ordering::SeqCst) < 9 {});
    h.join().unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 10);
}

#[gmp::test]
fn macro_calls_are_blocks() {
    watchdog();
    let text = String::from("moved");
    assert_eq!(go!(format!("{text}!")).join().unwrap(), "moved!");
    go!(assert_eq!(fib(3), 2)).join().unwrap();
    assert!(go!(panic!("on purpose")).join().is_err() || unreachable!());
}

/// `f(x);` is a statement, so all of it runs on the goroutine and its result is `()`.
#[gmp::test]
fn call_with_a_semicolon_is_a_block() {
    watchdog();
    let lock = Arc::new(Mutex::new(1));
    let shared = lock.clone();
    let held = lock.lock().unwrap();
    // Evaluated here, the argument would wait for the lock that is held here.
    let h: JoinHandle<()> = go! { add(*shared.lock().unwrap(), 1); };
    drop(held);
    h.join().unwrap();
}

/// As a statement it needs neither `let _ =` nor `drop`: there must be no lint against it.
#[gmp::test]
#[deny(unused)]
fn handles_need_no_name() {
    watchdog();
    let count = Arc::new(AtomicU32::new(0));
    let (counted, again) = (count.clone(), count.clone());
    go!(counted.fetch_add(1, Ordering::SeqCst));
    go! {
        again.fetch_add(1, Ordering::SeqCst);
    };
    while count.load(Ordering::SeqCst) < 2 {
        gmp::gosched();
    }
}

#[gmp::test]
fn trailing_punctuation() {
    watchdog();
    assert_eq!(go!(add(1, 2),).join().unwrap(), 3);
    assert_eq!(go!(|| 4,).join().unwrap(), 4);
    assert_eq!(go!(|| 5;).join().unwrap(), 5);
    assert_eq!(go!({ 6 },).join().unwrap(), 6);
    assert_eq!(go!((add(3, 4))).join().unwrap(), 7);
    assert_eq!(go!((|| 8)).join().unwrap(), 8);
}

#[gmp::test]
fn from_another_macro() {
    watchdog();
    macro_rules! start {
        (call $e:expr) => {
            go!($e)
        };
        (block $b:block) => {
            go!($b)
        };
        (typed $t:ty, $n:ident, $e:expr) => {
            go!(<$t, name = $n> $e)
        };
        (apply $f:expr, $x:expr) => {
            go!($f($x))
        };
    }
    assert_eq!(start!(call add(1, 2)).join().unwrap(), 3);
    assert_eq!(start!(call || 4).join().unwrap(), 4);
    assert_eq!(start!(block { 5 }).join().unwrap(), 5);
    let name = "six";
    let h = start!(typed u64, name, add(5, 1));
    assert_eq!(h.name(), Some("six"));
    assert_eq!(h.join().unwrap(), 6);
    assert_eq!(start!(apply fib, 10).join().unwrap(), 55);
}
