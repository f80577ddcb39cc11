//! Rules in groups: each group is a program, run under GOMAXPROCS 1, 2 and 4, with the order
//! of everything shuffled that Go leaves open.
#![allow(dead_code, reason = "three test binaries share it, and each uses its own part")]

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use gmp::JoinHandle;

use crate::support::child::child;
use crate::support::{Random, watchdog_of};

/// Three children, each with a watchdog of its own.
const LIMIT: Duration = Duration::from_secs(150);

/// A rule's name, and the function that checks it.
pub(crate) type Rule = (&'static str, fn());

/// The child's side: one rule after the other.
pub(crate) fn play(rules: &[Rule]) {
    for (name, rule) in rules {
        println!("{name} ..");
        let start = Instant::now();
        rule();
        println!("{name}: {:?}", start.elapsed());
    }
}

/// The parent's side. `GMP_TEST_SEED` repeats a run.
#[track_caller]
pub(crate) fn under_1_2_and_4(program: &str) {
    let _watchdog = watchdog_of(LIMIT);
    let random = Random::new();
    for procs in [1, 2, 4] {
        let seed = 1 + random.below(u64::MAX - 1);
        println!("{program}: GOMAXPROCS={procs} GMP_TEST_SEED={seed}");
        let shuffle = format!("shuffle={seed}");
        let child = child(program).procs(procs).debug(&shuffle);
        let ended = child.env("GMP_TEST_SEED", seed.to_string()).run();
        ended.exits(0);
        println!("{} in {:?}", ended.out, ended.took);
    }
}

/// Makes each group a program, and a test that runs it; each rule is a function of the module
/// of that name.
macro_rules! rules {
    ($($group:ident: $($rule:ident)+;)+) => {
        #[test]
        fn program() {
            $crate::support::child::programs(&[$((stringify!($group), || {
                $crate::support::child::main(|| {
                    $crate::rules::play(&[$((stringify!($rule), $group::$rule),)+]);
                })
            }),)+]);
        }

        $(#[test]
        fn $group() {
            $crate::rules::under_1_2_and_4(stringify!($group));
        })+
    };
}

/// The text of the panic that `f` ends in.
#[track_caller]
pub(crate) fn panic_text<R>(f: impl FnOnce() -> R) -> String {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(_) => panic!("it did not panic"),
        Err(payload) => text_of(payload.as_ref()),
    }
}

pub(crate) fn text_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned()).expect("a text")
}

#[track_caller]
pub(crate) fn join<T>(handle: JoinHandle<T>) -> T {
    handle.join().expect("the goroutine did not panic")
}

/// Lets everybody else run for a while.
pub(crate) fn let_others_run() {
    (0..1_000).for_each(|_| gmp::gosched());
}
