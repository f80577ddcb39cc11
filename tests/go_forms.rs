//! Every form of `go!`, run.
#![expect(clippy::needless_pass_by_value, reason = "goroutines are given what they own")]

use std::cell::RefCell;
use std::fmt::Display;
use std::panic::Location;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;
use std::{process, thread};

use gmp::{JoinHandle, go};

/// Ends the process when a test hangs, instead of the build.
fn watchdog() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        thread::spawn(|| {
            thread::sleep(Duration::from_secs(120));
            eprintln!("go_forms: a test has not ended within 120 s");
            process::abort();
        });
    });
}

fn add(a: u64, b: u64) -> u64 {
    a + b
}

fn fib(n: u64) -> u64 {
    if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
}

fn length(text: &str) -> usize {
    text.len()
}

fn show<T: Display + Send>(value: T) -> String {
    value.to_string()
}

fn apply(f: impl Fn(&str) -> usize + Send) -> usize {
    f("four")
}

fn apply_to(text: &str, f: impl Fn(&str) -> usize) -> usize {
    f(text)
}

fn apply_boxed(f: Box<dyn Fn(&str) -> usize + Send>) -> usize {
    f("four")
}

fn apply_pointer(f: fn(&str) -> usize) -> usize {
    f("four")
}

struct Counter {
    total: u64,
    step: fn(u64) -> u64,
}

impl Counter {
    fn new(total: u64) -> Self {
        Counter { total, step: |n| n + 1 }
    }

    fn get(&self) -> u64 {
        self.total
    }

    fn add(&mut self, n: u64) -> u64 {
        self.total += n;
        self.total
    }

    fn take(self) -> u64 {
        self.total
    }

    fn convert<T: From<u32>>(&self, n: u32) -> T {
        T::from(n)
    }

    fn spawn_step(&self, n: u64) -> JoinHandle<u64> {
        go!((self.step)(n))
    }
}

mod deep {
    pub(crate) mod er {
        pub(crate) fn same<T>(value: T) -> T {
            value
        }
    }
}

// --- calls --------------------------------------------------------------------------------

#[gmp::test]
fn call_of_a_function() {
    watchdog();
    let h: JoinHandle<u64> = go!(add(40, 2));
    assert_eq!(h.join().unwrap(), 42);
}

#[gmp::test]
fn call_without_arguments() {
    watchdog();
    fn seven() -> u8 {
        7
    }
    assert_eq!(go!(seven()).join().unwrap(), 7);
}

#[gmp::test]
fn call_by_path_and_turbofish() {
    watchdog();
    assert_eq!(go!(deep::er::same::<u16>(9)).join().unwrap(), 9_u16);
    assert_eq!(go!(self::deep::er::same("x")).join().unwrap(), "x");
    assert_eq!(go!(<u64 as From<u8>>::from(3)).join().unwrap(), 3_u64);
    assert_eq!(go!(<Vec<u8>>::with_capacity(3)).join().unwrap(), Vec::<u8>::new());
    assert_eq!(go!(Vec::<Vec<u8>>::new()).join().unwrap(), Vec::<Vec<u8>>::new());
    assert_eq!(go!(Iterator::count([1, 2, 3].into_iter())).join().unwrap(), 3);
}

#[gmp::test]
fn call_of_a_constructor() {
    watchdog();
    assert_eq!(go!(Some(5)).join().unwrap(), Some(5));
}

#[gmp::test]
fn call_of_methods() {
    watchdog();
    assert_eq!(go!(Counter::new(5).get()).join().unwrap(), 5);
    let counter = Counter::new(5);
    assert_eq!(go!(counter.add(2)).join().unwrap(), 7);
    let counter = Counter::new(6);
    assert_eq!(go!(counter.take()).join().unwrap(), 6);
    let counter = Counter::new(0);
    assert_eq!(go!(counter.convert::<u64>(8)).join().unwrap(), 8_u64);
    assert_eq!(go!("a b c".split(' ').map(length).collect::<Vec<_>>().len()).join().unwrap(), 3);
}

#[gmp::test]
fn receiver_moves_in() {
    watchdog();
    let shared = Arc::new(Mutex::new(vec![1_u8]));
    let h = go!(Arc::clone(&shared).lock().map(|guard| guard.len()).unwrap().max(9));
    assert_eq!(h.join().unwrap(), 9);
    let counter = Arc::new(AtomicU32::new(1));
    let h = go!(counter.clone().fetch_add(1, Ordering::SeqCst));
    assert_eq!(h.join().unwrap(), 1);
    assert_eq!(counter.load(Ordering::SeqCst), 2);
}

#[gmp::test]
fn call_of_fields_pointers_and_closures() {
    watchdog();
    assert_eq!(Counter::new(0).spawn_step(4).join().unwrap(), 5);

    let pointer: fn(u64) -> u64 = fib;
    assert_eq!(go!(pointer(10)).join().unwrap(), 55);

    let table: [fn(u64, u64) -> u64; 1] = [add];
    assert_eq!(go!(table[0](1, 2)).join().unwrap(), 3);

    let boxed: Box<dyn FnOnce(u64) -> u64 + Send> = Box::new(|n| n * 2);
    assert_eq!(go!(boxed(21)).join().unwrap(), 42);

    type Shared = Arc<dyn Fn(&str, u64) -> u64 + Send + Sync>;
    let shared: Shared = Arc::new(|s, n| n + s.len() as u64);
    let again = shared.clone();
    assert_eq!(go!(shared("abc", 1)).join().unwrap(), 4);
    assert_eq!(go!(again("", 1)).join().unwrap(), 1);

    let mut total = 1;
    let counting = move |n: u64| {
        total += n;
        total
    };
    assert_eq!(go!(counting(2)).join().unwrap(), 3);

    let base = String::from("base");
    assert_eq!(go!((|n: usize| base.len() + n)(3)).join().unwrap(), 7);
}

#[gmp::test]
fn arguments_coerce_and_infer_as_in_a_call() {
    watchdog();
    let leaked: &'static String = Box::leak(Box::new(String::from("four")));
    assert_eq!(go!(length(leaked)).join().unwrap(), 4);
    assert_eq!(go!(length(&"abc")).join().unwrap(), 3);
    assert_eq!(go!(show(5_u8)).join().unwrap(), "5");
    assert_eq!(go!(apply(|s| s.len())).join().unwrap(), 4);
    assert_eq!(go!(apply_boxed(Box::new(|s| s.len()))).join().unwrap(), 4);
    assert_eq!(go!(apply_pointer(|s| s.len())).join().unwrap(), 4);
    assert_eq!(go!(add("40".parse().unwrap(), 2_u8.into())).join().unwrap(), 42);

    // A closure captures by move, and after the other arguments were evaluated.
    let extra = String::from("..");
    let more = extra.len();
    assert_eq!(go!(apply_to("abc", |s| s.len() + extra.len() + more)).join().unwrap(), 7);
    let extra = String::from("..");
    fn third(n: usize, f: impl FnOnce(usize) -> usize) -> usize {
        f(n)
    }
    assert_eq!(go!(third(extra.len(), move |n| n + extra.len())).join().unwrap(), 4);
}

#[gmp::test]
fn evaluation_is_now_and_in_source_order() {
    watchdog();
    fn picked(_: u8, _: u8, _: u8) {}
    let order = RefCell::new(Vec::new());
    let note = |what: &'static str| {
        order.borrow_mut().push(what);
        0
    };
    let function = |f: fn(u8, u8, u8)| {
        note("function");
        f
    };
    go!(function(picked)(note("a"), note("b"), note("c"))).join().unwrap();
    assert_eq!(order.take(), ["function", "a", "b", "c"]);

    let named = |name: &'static str| {
        note("name");
        name
    };
    let receiver = || {
        note("receiver");
        Counter::new(1)
    };
    let h = go!(<
        pinned = (note("pinned") > 0),
        stack = usize::from(note("stack")) + (1 << 16),
        name = named("n"),
    > receiver().add(note("argument").into()));
    h.join().unwrap();
    assert_eq!(order.take(), ["pinned", "stack", "name", "receiver", "argument"]);
}

#[gmp::test]
fn function_value_is_taken_now() {
    watchdog();
    let mut f: fn(u64) -> u64 = |n| n + 1;
    let h = go!(f(1));
    f = |n| n + 100;
    assert_eq!(h.join().unwrap(), 2);
    assert_eq!(f(0), 100);
}

#[gmp::test]
fn question_mark_in_an_argument_returns_from_the_spawner() {
    watchdog();
    fn spawner(text: &str) -> Result<u64, std::num::ParseIntError> {
        let h = go!(add(text.parse()?, 1));
        Ok(h.join().unwrap())
    }
    assert_eq!(spawner("41").unwrap(), 42);
    assert!(spawner("x").is_err());
}

#[gmp::test]
fn temporaries_of_arguments_are_gone_before_the_goroutine_runs() {
    watchdog();
    let lock = Arc::new(Mutex::new(1_u64));
    fn relock(lock: &Mutex<u64>, seen: u64) -> u64 {
        *lock.lock().unwrap() += seen;
        *lock.lock().unwrap()
    }
    fn run(lock: Arc<Mutex<u64>>, seen: u64) -> u64 {
        relock(&lock, seen)
    }
    // Were the guard still held here, `join` would wait for a goroutine that waits for it.
    assert_eq!(go!(run(lock.clone(), *lock.lock().unwrap())).join().unwrap(), 2);
    assert_eq!(go!(add(*lock.lock().unwrap(), 1)).join().unwrap(), 3);
    assert!(lock.try_lock().is_ok());
}

#[gmp::test]
fn goroutine_in_an_argument() {
    watchdog();
    assert_eq!(
        go!(add(go!(fib(10)).join().unwrap(), go!(fib(1)).join().unwrap())).join().unwrap(),
        56
    );
}

#[gmp::test]
fn our_locals_do_not_meet_the_users() {
    watchdog();
    let __gmp_callee = 1;
    let __gmp_arg0 = 20;
    let __gmp_task = 300;
    let __gmp_builder = 4_000;
    fn sum(a: u64, b: u64, c: u64, d: u64) -> u64 {
        a + b + c + d
    }
    let h = go!(<name = "sum">
        sum(__gmp_task, __gmp_arg0, __gmp_callee, __gmp_builder));
    assert_eq!(h.join().unwrap(), 4_321);
}

#[gmp::test]
fn a_function_that_never_returns() {
    watchdog();
    fn leave(n: u8) -> ! {
        std::panic::panic_any(n)
    }
    let h: JoinHandle<()> = go!(leave(3));
    assert_eq!(*h.join().unwrap_err().downcast::<u8>().unwrap(), 3);
}

// --- closures and blocks ------------------------------------------------------------------

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

// --- settings -----------------------------------------------------------------------------

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

// --- scopes -------------------------------------------------------------------------------

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

// --- the rest -----------------------------------------------------------------------------

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
