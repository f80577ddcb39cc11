//! A goroutine's end: its result, its values, its slot.
#![expect(unsafe_code, reason = "results change hands through raw memory")]

use super::panic::{self, Ended};
use super::{G, Status, join, local, pool, scope};
use crate::m::M;
use crate::prim::AtomicBool;
use crate::rt::Critical;
use crate::sched::SCHED;
use crate::stats;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;

/// On the goroutine's own stack, its body has ended: settles who gets `result`.
#[inline(always)]
pub(crate) fn finish<T>(gp: &'static G, result: Ended<T>) {
    let result = if panic::is_plain(gp, &result) { result } else { panic::settle(gp, result) };
    if !gp.locals.get().is_null() {
        local::drop_all(gp);
    }
    if join::has_handle(gp) {
        hand_over(gp, result);
    } else {
        discard(gp, result);
    }
    if !gp.locals.get().is_null() {
        // Made by the result's destructor.
        local::drop_all(gp);
    }
}

/// Leaves the result in the packet for the handle.
#[inline(never)]
fn hand_over<T>(gp: &'static G, result: thread::Result<T>) {
    let packet = gp.packet.get().cast::<thread::Result<T>>();
    // SAFETY: the packet has room for a result of this type (`spawn`), and the
    // closure that was in it has been moved out.
    unsafe { packet.write(result) };
    if !join::set_done(gp) {
        // SAFETY: written above, and the handle is gone.
        discard(gp, unsafe { packet.read() });
    }
}

/// Nobody wants the result: it is dropped here, where user code may run.
#[inline(always)]
fn discard<T>(gp: &'static G, result: thread::Result<T>) {
    drop_unwanted(gp, result);
    gp.free_name();
}

/// Drops a result nobody takes; a panic that a scope waits for goes there.
#[inline(always)]
fn drop_unwanted<T>(gp: &'static G, result: thread::Result<T>) {
    match result {
        Ok(value) if std::mem::needs_drop::<T>() => panic::last_act(gp, || drop(value)),
        Ok(_) => {}
        Err(payload) => {
            let rest = scope::take_panic(gp, payload);
            panic::last_act(gp, || drop(rest));
        }
    }
}

/// On the M's stack, the goroutine has left its own for good.
#[inline(always)]
pub(crate) fn reclaim(gp: &'static G, mp: &'static M) {
    mp.p().counts.exited.add(1);
    gp.set_status(Status::Dead);
    if join::set_exited(gp) {
        pool::put(gp, Some(mp));
    }
}

/// The handle was the last user of a dead goroutine's slot.
pub(crate) fn free_slot(gp: &'static G) {
    let critical = Critical::enter_inside();
    pool::put(gp, critical.m());
}

/// The main goroutine called `goexit`: the process ends when all others have.
static MAIN_GONE: AtomicBool = AtomicBool::new(false);

pub(crate) fn set_main_gone() {
    MAIN_GONE.store(true, Relaxed);
    // In case it was the last.
    crate::sched::ready::wakep();
    check_main_gone();
}

/// An M found nothing to run.
pub(crate) fn check_main_gone() {
    if MAIN_GONE.load(Relaxed) && stats::goroutines() == 0 && SCHED.global.len() == 0 {
        crate::sys::write_stderr(
            b"fatal error: no goroutines (main called runtime.Goexit) - deadlock!\n",
        );
        crate::sys::exit_now(2);
    }
}
