//! What the tests call and share.

pub(crate) use std::cell::RefCell;
pub(crate) use std::fmt::Display;
pub(crate) use std::panic::Location;
pub(crate) use std::rc::Rc;
pub(crate) use std::sync::atomic::{AtomicU32, Ordering};
pub(crate) use std::sync::{Arc, Mutex, Once};
pub(crate) use std::time::Duration;
pub(crate) use std::{process, thread};

pub(crate) use gmp::{JoinHandle, go};

/// Ends the process when a test hangs, instead of the build.
pub(crate) fn watchdog() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        thread::spawn(|| {
            thread::sleep(Duration::from_secs(120));
            eprintln!("go_forms: a test has not ended within 120 s");
            process::abort();
        });
    });
}

pub(crate) fn add(a: u64, b: u64) -> u64 {
    a + b
}

pub(crate) fn fib(n: u64) -> u64 {
    if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
}

pub(crate) fn length(text: &str) -> usize {
    text.len()
}

pub(crate) fn show<T: Display + Send>(value: T) -> String {
    value.to_string()
}

pub(crate) fn apply(f: impl Fn(&str) -> usize + Send) -> usize {
    f("four")
}

pub(crate) fn apply_to(text: &str, f: impl Fn(&str) -> usize) -> usize {
    f(text)
}

pub(crate) fn apply_boxed(f: Box<dyn Fn(&str) -> usize + Send>) -> usize {
    f("four")
}

pub(crate) fn apply_pointer(f: fn(&str) -> usize) -> usize {
    f("four")
}

pub(crate) struct Counter {
    pub(crate) total: u64,
    pub(crate) step: fn(u64) -> u64,
}

impl Counter {
    pub(crate) fn new(total: u64) -> Self {
        Counter { total, step: |n| n + 1 }
    }

    pub(crate) fn get(&self) -> u64 {
        self.total
    }

    pub(crate) fn add(&mut self, n: u64) -> u64 {
        self.total += n;
        self.total
    }

    pub(crate) fn take(self) -> u64 {
        self.total
    }

    pub(crate) fn convert<T: From<u32>>(&self, n: u32) -> T {
        T::from(n)
    }

    pub(crate) fn spawn_step(&self, n: u64) -> JoinHandle<u64> {
        go!((self.step)(n))
    }
}

pub(crate) mod deep {
    pub(crate) mod er {
        pub(crate) fn same<T>(value: T) -> T {
            value
        }
    }
}
