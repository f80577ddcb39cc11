//! The one epoll instance: registering, taking events, telling who waits for them.
#![expect(unsafe_code, reason = "those who wait are reached through their words")]

use super::desc::{Desc, Dir, Woken};
use super::{outside, records};
use crate::g::{G, Status};
use crate::m::M;
use crate::rt::Parker;
use crate::sched::{SCHED, ready, solo};
use crate::sys::{self, epoll};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, IntoRawFd, RawFd};
use std::ptr::{from_ref, null_mut};
use std::sync::OnceLock;
use std::sync::atomic::AtomicI32;
use std::sync::atomic::Ordering::{Acquire, Release};

pub(crate) use crate::sys::epoll::{EVENTS, Events};

/// The tag of the bell's events; no record has it.
const BELL: u64 = u64::MAX;

/// -1 before there is one; for the scheduler, which may not take std's locks.
static EPOLL: AtomicI32 = AtomicI32::new(-1);
static BELL_FD: AtomicI32 = AtomicI32::new(-1);

/// The instance, made when first asked for.
fn instance() -> io::Result<RawFd> {
    static MADE: OnceLock<Result<RawFd, i32>> = OnceLock::new();
    let made = MADE.get_or_init(|| make().map_err(|error| error.raw_os_error().unwrap_or(0)));
    made.map_err(io::Error::from_raw_os_error)
}

fn make() -> io::Result<RawFd> {
    let (epoll, bell) = (epoll::new()?, epoll::new_bell()?);
    // Told as long as it rings: who polls without waiting must not use up what is meant for
    // who waits.
    epoll::add(epoll.as_raw_fd(), bell.as_raw_fd(), BELL, epoll::Watch::Readable)?;
    BELL_FD.store(bell.into_raw_fd(), Release);
    let epoll = epoll.into_raw_fd();
    EPOLL.store(epoll, Release);
    Ok(epoll)
}

/// Has `fd` watched.
pub(super) fn add(fd: BorrowedFd<'_>, tag: u64) -> io::Result<()> {
    epoll::add(instance()?, fd.as_raw_fd(), tag, epoll::Watch::Edges)
}

/// Ends the watch.
pub(super) fn remove(fd: BorrowedFd<'_>) {
    epoll::remove(EPOLL.load(Acquire), fd.as_raw_fd());
}

/// Makes whoever waits in the poller return.
pub(crate) fn interrupt() {
    epoll::ring(BELL_FD.load(Acquire));
}

/// Waits for events until `until` (nanoseconds of the runtime's clock; `u64::MAX` for ever) or
/// until interrupted. Whether there are any. By one thread at a time.
pub(crate) fn wait(events: &mut Events, until: u64) -> bool {
    super::note_look();
    let timeout = (until != u64::MAX).then(|| until.saturating_sub(sys::monotonic_ns()));
    epoll::wait(EPOLL.load(Acquire), events, EVENTS, timeout);
    let rings = events.iter().any(|event| event.tag == BELL);
    if rings {
        epoll::silence(BELL_FD.load(Acquire));
    }
    events.len() > usize::from(rings)
}

/// Waits until there are events, without taking them.
pub(super) fn wait_outside() {
    epoll::wait_readable(EPOLL.load(Acquire));
}

/// Takes the events that there are, at most `most`.
pub(super) fn look(events: &mut Events, most: usize) {
    super::note_look();
    epoll::wait(EPOLL.load(Acquire), events, most, Some(0));
}

/// Tells those who wait for `events`; goroutines go to `ready`.
fn tell(events: &Events, ready: &mut dyn FnMut(&'static G)) {
    for event in events.iter().filter(|event| event.tag != BELL) {
        let Some(desc) = records::get(event.tag as u32).filter(|desc| desc.tag() == event.tag)
        else {
            // Of a former use.
            continue;
        };
        if event.is_special() {
            desc.set_hung_up();
        }
        if event.is_readable() {
            tell_one(desc, Dir::Read, ready);
        }
        if event.is_writable() {
            tell_one(desc, Dir::Write, ready);
        }
    }
}

fn tell_one(desc: &'static Desc, dir: Dir, ready: &mut dyn FnMut(&'static G)) {
    wake(desc, dir, desc.notify(dir), ready);
}

/// Wakes who was taken out of his word; a goroutine goes to `ready`.
pub(super) fn wake(desc: &'static Desc, dir: Dir, woken: Woken, ready: &mut dyn FnMut(&'static G)) {
    match woken {
        Woken::Nobody => {}
        Woken::Foreign => outside::wake_foreign(desc, dir),
        Woken::Parker(parker) => {
            // SAFETY: he waits, and who took him out of the word wakes him, once.
            match unsafe { (*parker).goroutine() } {
                Some(gp) => {
                    gp.set_status(Status::Runnable);
                    ready(gp);
                }
                // SAFETY: as above.
                None => unsafe { Parker::wake(parker) },
            }
        }
    }
}

/// Tells those who wait for `events`: the first goroutine is the answer, the others follow on
/// the P of `mp`, in order.
pub(crate) fn tell_on(mp: &'static M, events: &Events) -> Option<&'static G> {
    let mut first = None;
    let mut more = false;
    tell(events, &mut |gp| {
        if first.is_none() {
            first = Some(gp);
        } else {
            more = true;
            ready::push_back(mp, gp);
        }
    });
    // A spinner wakes the next one when it runs the first.
    if more && !mp.spinning.get() && !solo() {
        ready::wakep();
    }
    first
}

/// Tells those who wait for `events`, from a thread without a P.
pub(crate) fn tell_outside(events: &Events) {
    ready_outside(|ready| tell(events, ready));
}

/// Runs `f`, from a thread without a P: the goroutines that it gives to its argument go to the
/// head of the global queue, in order.
pub(super) fn ready_outside<R>(f: impl FnOnce(&mut dyn FnMut(&'static G)) -> R) -> R {
    let mut batch = [null_mut(); 2 * EVENTS];
    let mut len = 0;
    let mut pushed = false;
    let mut push = |batch: &[*mut G]| {
        SCHED.global.push_front_batch(batch);
        pushed = true;
    };
    let result = f(&mut |gp| {
        if len == batch.len() {
            push(&batch);
            len = 0;
        }
        batch[len] = from_ref(gp).cast_mut();
        len += 1;
    });
    if len > 0 {
        push(&batch[..len]);
    }
    if pushed {
        ready::wakep();
    }
    result
}
