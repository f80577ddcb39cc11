//! What happens off the scheduler: polling before there is a runtime, and calling the wakers of
//! other executors.

use super::desc::{Desc, Dir};
use super::poller::{self, Events};
use crate::prim::{AtomicBool, AtomicU32, Locked, futex_wait, futex_wake};
use crate::rt::Critical;
use crate::runtime;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};
use std::thread;

/// Bytes of the stacks of these threads.
const STACK: usize = 256 << 10;

/// A thread polls, since there is no runtime. Who sets it makes the thread; it is never unset
/// once there is one.
static POLLS: AtomicBool = AtomicBool::new(false);

/// A plain thread is about to wait for a descriptor: makes sure that somebody polls if no
/// runtime does. Called outside of any section.
pub(super) fn want_thread() -> std::io::Result<()> {
    if runtime::is_started() || POLLS.swap(true, AcqRel) {
        return Ok(());
    }
    let made = thread::Builder::new().name("gmp-poll".into()).stack_size(STACK).spawn(poll);
    if made.is_err() {
        POLLS.store(false, Release);
    }
    made.map(|_| ())
}

/// Until there is a runtime.
fn poll() {
    let mut events = Events::new();
    while !runtime::is_started() {
        poller::wait_outside();
        poller::look(&mut events, poller::EVENTS);
        poller::tell_outside(&events);
    }
}

/// The runtime was started.
pub(super) fn end_thread() {
    if POLLS.load(Acquire) {
        poller::interrupt();
    }
}

/// Records whose foreign wakers are to be called.
static WAKES: Locked<Wakes> = Locked::new(Wakes { first: None });
/// Rung when there is one.
static BELL: AtomicU32 = AtomicU32::new(0);

struct Wakes {
    first: Option<&'static Desc>,
}

/// A waker that is user code was left with a record: there must be a thread to call it.
pub(super) fn want_thread_for_wakers() {
    static MADE: Once = Once::new();
    MADE.call_once(|| {
        let made = thread::Builder::new().name("gmp-wakers".into()).stack_size(STACK).spawn(|| {
            loop {
                let bell = BELL.load(Acquire);
                while let Some((desc, dirs)) = next() {
                    call(desc, dirs);
                }
                futex_wait(&BELL, bell, None);
            }
        });
        if let Err(error) = made {
            panic!("gmp: the system refuses the thread that wakes async tasks: {error}");
        }
    });
}

/// Has the waker of the task that waits for `desc` called. May be called in a section.
pub(super) fn wake_foreign(desc: &'static Desc, dir: Dir) {
    WAKES.with(|wakes| {
        let mut dirs = desc.wake_dirs.get();
        if dirs == [false; 2] {
            desc.wake_link.set(wakes.first.replace(desc));
        }
        dirs[dir as usize] = true;
        desc.wake_dirs.set(dirs);
    });
    BELL.fetch_add(1, Release);
    futex_wake(&BELL);
}

fn next() -> Option<(&'static Desc, [bool; 2])> {
    WAKES.with(|wakes| {
        let desc = wakes.first?;
        wakes.first = desc.wake_link.take();
        Some((desc, desc.wake_dirs.replace([false; 2])))
    })
}

fn call(desc: &'static Desc, dirs: [bool; 2]) {
    for dir in Dir::BOTH.into_iter().filter(|&dir| dirs[dir as usize]) {
        let waker = {
            let _critical = Critical::enter_inside();
            desc.half(dir).waker.with(Option::take)
        };
        let Some(waker) = waker else { continue };
        // A waker that panics has had its say from the hook.
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| waker.wake())) {
            // Its destructor may be as bad.
            #[expect(clippy::mem_forget, reason = "dropping it may panic again")]
            std::mem::forget(payload);
        }
    }
}
