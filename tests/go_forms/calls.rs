//! Calls: function, receiver and arguments are evaluated by the spawner.

use crate::given::*;

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
