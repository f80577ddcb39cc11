//! Result types, options, scopes, and names from elsewhere.

use crate::given::*;

#[gmp::test]
fn result_types() {
    watchdog();
    let h = go!(<u64> fib(10));
    assert_eq!(h.join().unwrap(), 55);
    let h = go!(<Vec<Vec<u8>>> Default::default());
    assert!(h.join().unwrap().is_empty());
    let h = go!(<<[u8; 4] as IntoIterator>::Item> "7".parse().unwrap());
    assert_eq!(h.join().unwrap(), 7);
    let h = go!(<(u8, String)> (|| (1, "a".into()))());
    assert_eq!(h.join().unwrap(), (1, "a".to_string()));
    let h = go!(<Box<dyn Fn(u8) -> u8 + Send>> || Box::new(|n| n + 1));
    assert_eq!(h.join().unwrap()(1), 2);
    let h = go!(<Option<u8>> { None });
    assert_eq!(h.join().unwrap(), None);
    let h = go!(<Result<u8, std::num::ParseIntError>> {
        let n: u8 = "x".parse()?;
        Ok(n + 1)
    });
    assert!(h.join().unwrap().is_err());
    let h = go!(<u8> "12".parse().unwrap());
    assert_eq!(h.join().unwrap(), 12);
    let h = go!(<fn(u8) -> u8,> || |n| n);
    assert_eq!(h.join().unwrap()(3), 3);
    go!(<()> || watchdog()).join().unwrap();
}

#[gmp::test]
fn names() {
    watchdog();
    let h = go!(<name = "static"> fib(1));
    assert_eq!(h.name(), Some("static"));
    h.join().unwrap();
    let n = 3;
    let h = go!(<name = format!("worker-{n}")> || n);
    assert_eq!(h.name(), Some("worker-3"));
    h.join().unwrap();
    let h = go!(<u64, name = String::from("p"),> fib(2));
    assert_eq!(h.name(), Some("p"));
    assert_eq!(h.join().unwrap(), 1);
    let h = go!(<name = if n == 3 { "more" } else { "less" }, u64> { fib(2) });
    assert_eq!(h.name(), Some("more"));
    h.join().unwrap();
    let h = go!(fib(1));
    assert_eq!(h.name(), None);
    h.join().unwrap();
}

#[gmp::test]
fn stacks_and_pinning() {
    watchdog();
    const SIZE: usize = 1 << 17;
    assert_eq!(go!(<stack = 1 << 20> fib(5)).join().unwrap(), 5);
    assert_eq!(go!(<stack = SIZE> fib(5)).join().unwrap(), 5);
    assert_eq!(go!(<stack = SIZE >> 1> fib(5)).join().unwrap(), 5);
    assert_eq!(go!(<stack = (if SIZE > 1 { SIZE } else { 2 * SIZE })> fib(5)).join().unwrap(), 5);
    assert_eq!(go!(<stack = 65_536 * size_of::<Vec<Vec<u8>>>()> fib(5)).join().unwrap(), 5);
    assert_eq!(go!(<stack = <usize as From<u16>>::from(1 << 15)> fib(5)).join().unwrap(), 5);
    assert_eq!(go!(<pinned> fib(6)).join().unwrap(), 8);
    assert_eq!(go!(<pinned = false> fib(6)).join().unwrap(), 8);
    let pinned = fib(3) == 2;
    assert_eq!(go!(<pinned = pinned> fib(6)).join().unwrap(), 8);
    let h = go!(<u64, name = "all", stack = 1 << 18, pinned> { fib(7) });
    assert_eq!(h.name(), Some("all"));
    assert_eq!(h.join().unwrap(), 13);
}

/// A deep recursion needs the megabytes it asks for: the default stack could not hold it.
#[gmp::test]
fn stack_is_as_large_as_asked() {
    watchdog();
    fn deep(n: u64) -> u64 {
        let frame = std::hint::black_box([n; 128]);
        if n == 0 { frame[127] } else { 1 + deep(n - 1) + frame[5] - n }
    }
    assert_eq!(go!(<stack = 8 << 20> deep(1_000)).join().unwrap(), 1_000);
}

#[gmp::test]
fn scoped_forms_borrow() {
    watchdog();
    let text = String::from("shared");
    let total = AtomicU32::new(0);
    gmp::scope(|s| {
        go!(s, length(&text));
        go!(s, || total.fetch_add(text.len() as u32, Ordering::SeqCst));
        let (total, text) = (&total, &text);
        go!(s, {
            total.fetch_add(text.len() as u32, Ordering::SeqCst);
        });
        go!(s, total.fetch_add(30, Ordering::SeqCst));
        go!(s, <name = "named", stack = 1 << 16> total.fetch_add(100, Ordering::SeqCst));
        let h = go!(s, <usize> length(text));
        assert_eq!(h.join().unwrap(), 6);
        let h = go!(s, <pinned = false> || text.len() > total.load(Ordering::SeqCst) as usize);
        h.join().unwrap();
        go!(s, total.fetch_add(1_000, Ordering::SeqCst),);
    });
    assert_eq!(total.into_inner(), 1_142);
    assert_eq!(text, "shared");
}

#[gmp::test]
fn scoped_call_with_closures_and_unique_borrows() {
    watchdog();
    fn push(out: &mut Vec<usize>, f: impl Fn(usize) -> usize) {
        out.push(f(1));
    }
    let text = String::from("four");
    let (mut a, mut b) = (vec![], vec![]);
    gmp::scope(|s| {
        go!(s, push(&mut a, |n: usize| n + text.len()));
        let unique = &mut b;
        let k = 10;
        go!(s, push(unique, move |n| n + k));
    });
    assert_eq!((a, b, text.as_str()), (vec![5], vec![11], "four"));
}

#[gmp::test]
fn scopes_by_other_names() {
    watchdog();
    struct Holder<'a, S>(&'a S);
    let n = 5;
    let seen = AtomicU32::new(0);
    gmp::scope(|nursery| {
        let holder = Holder(nursery);
        let seen = &seen;
        go!(holder.0, seen.fetch_add(n, Ordering::SeqCst));
        let by_reference = &nursery;
        go!(*by_reference, seen.fetch_add(n, Ordering::SeqCst));
    });
    assert_eq!(seen.into_inner(), 10);
}

#[gmp::test]
fn scope_within_a_scoped_goroutine() {
    watchdog();
    let words = ["a", "bc", "def"];
    let total = AtomicU32::new(0);
    gmp::scope(|s| {
        for word in &words {
            let total = &total;
            go!(s, {
                gmp::scope(|inner| {
                    go!(inner, total.fetch_add(word.len() as u32, Ordering::SeqCst));
                });
            });
        }
    });
    assert_eq!(total.into_inner(), 6);
}

#[gmp::test]
fn values_that_are_not_send_may_be_made_inside() {
    watchdog();
    let h = go! {
        let rc = Rc::new(5);
        *Rc::clone(&rc)
    };
    assert_eq!(h.join().unwrap(), 5);
    // Not sendable, but used up before the goroutine starts.
    let rc = Rc::new(5_u64);
    assert_eq!(go!(add(*rc, 1)).join().unwrap(), 6);
}

#[gmp::test]
fn works_under_other_names() {
    watchdog();
    use ::gmp as renamed;
    assert_eq!(renamed::go!(fib(10)).join().unwrap(), 55);
    mod gmp {}
    assert_eq!(go!(fib(10)).join().unwrap(), 55);
    use go as start;
    assert_eq!(start!(fib(10)).join().unwrap(), 55);
}

#[gmp::test]
fn callers_location_is_the_users() {
    watchdog();
    #[track_caller]
    fn line() -> u32 {
        Location::caller().line()
    }
    let h = go!(line());
    assert_eq!(h.join().unwrap(), line!() - 1);
}

#[gmp::test(crate = gmp)]
fn test_takes_the_crates_path() -> Result<(), std::num::ParseIntError> {
    watchdog();
    let n: u64 = "10".parse()?;
    assert_eq!(go!(fib(n)).join().unwrap(), 55);
    Ok(())
}

#[gmp::test(crate = "::gmp")]
#[should_panic(expected = "the message")]
fn test_composes_with_should_panic() {
    watchdog();
    panic!("the message");
}

#[gmp::test]
fn test_may_call_itself() {
    watchdog();
    static DEPTH: AtomicU32 = AtomicU32::new(0);
    if DEPTH.fetch_add(1, Ordering::SeqCst) < 3 {
        test_may_call_itself();
    }
    assert_eq!(DEPTH.load(Ordering::SeqCst), 4);
}
