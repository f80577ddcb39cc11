//! Running a goroutine and leaving it again.

use super::enter::{leave, requeue_without_p};
use super::{SCHED, bound, find, idle, ready, solo, threads};
use crate::g::{G, Status, exit};
use crate::m::{Commit, M, Post};
use crate::preempt::blocking::section;
use crate::prim::SpinLock;
use crate::rt::{Critical, WaitReason};
use std::ptr::from_ref;
use std::sync::atomic::Ordering::Relaxed;

/// The life of an M that has a P: find a goroutine, run it, again. While it has
/// no P it sleeps inside `find_runnable`. Returns when the thread is to end.
pub(crate) fn schedule(mp: &'static M) {
    while let Some((gp, inherit)) = find::find_runnable(mp) {
        if mp.spinning.get() {
            ready::found_work_spinning(mp);
        }
        if !gp.bound.is_none() {
            bound::hand_p_to(gp, mp, inherit);
            continue;
        }
        run(mp, gp, inherit);
    }
}

/// Runs `gp` and every goroutine that a yield exchanges it for.
#[inline(always)]
fn run(mp: &'static M, mut gp: &'static G, mut inherit: bool) {
    loop {
        execute(mp, gp, inherit);
        match after(mp, gp) {
            Some(next) => gp = next,
            None => return,
        }
        inherit = false;
    }
}

/// Switches to `gp` until it suspends. `insched` is set before and after.
#[inline(always)]
fn execute(mp: &'static M, gp: &'static G, inherit: bool) {
    let p = mp.p();
    if !inherit {
        p.next_slice();
    }
    p.counts.switches.add(1);
    mp.curg.store(Some(gp), Relaxed);
    mp.blocking.store(section::NONE, Relaxed);
    gp.set_status(Status::Running);
    leave(mp);
    // SAFETY: `gp` was dequeued by this M alone, so nobody else runs it; its
    // commit had run on its last M before it could be queued (I1).
    #[expect(unsafe_code, reason = "the stack switch")]
    unsafe {
        gp.ctx.resume();
    }
    mp.curg.store(None, Relaxed);
}

/// What the goroutine that has just left its stack asked for. Returns the
/// goroutine to run next if that is decided already.
#[inline(always)]
fn after(mp: &'static M, gp: &'static G) -> Option<&'static G> {
    match mp.post.get() {
        Post::Yield => return after_yield(mp, gp),
        Post::Exit => {
            let locked = gp.is_locked();
            exit::reclaim(gp, mp);
            if locked {
                end_thread(mp);
            }
        }
        post => {
            // After its commit `gp` may run elsewhere already: hands off.
            if !commit(mp, post) {
                gp.set_status(Status::Runnable);
                ready::push_next(mp, gp);
            }
        }
    }
    None
}

/// A goroutine ended that was locked to its thread: what it did to the thread must
/// not reach others, so the thread ends, too.
#[cold]
fn end_thread(mp: &'static M) {
    mp.retiring.store(true, Relaxed);
    if let Some(p) = mp.drop_p() {
        // Its slice ends, too, and whoever was to go on with it queues: a chain of such would
        // otherwise go on for ever, and sysmon seldom sees a P that mostly waits for a thread.
        p.next_slice();
        let next = p.runq.take_next(solo());
        if !next.is_null() {
            p.runq.push(next, &SCHED.global);
        }
        idle::hand_off(p);
    }
    threads::one_less();
}

/// Does for the goroutine that parked on `mp` what it asked for; false if it
/// does not wait after all.
#[inline(always)]
pub(crate) fn commit(mp: &'static M, post: Post) -> bool {
    let arg = mp.commit_arg.get();
    if post == Post::Unlock {
        // SAFETY: `park`'s caller holds this lock and keeps it alive until woken.
        #[expect(unsafe_code, reason = "the caller's lock")]
        unsafe {
            (*arg.cast::<SpinLock>()).unlock();
        }
        return true;
    }
    // SAFETY: `park`'s caller vouched for commit and argument.
    #[expect(unsafe_code, reason = "the caller's commit")]
    let waits = unsafe { mp.commit.get()(arg) };
    waits || post != Post::TryCommit
}

/// To the global queue's tail. If this P has nothing else, the head of that
/// queue runs next, and both steps are one critical section.
#[inline(always)]
fn after_yield(mp: &'static M, gp: &'static G) -> Option<&'static G> {
    let Some(p) = mp.p_seen() else {
        requeue_without_p(gp);
        return None;
    };
    gp.set_status(Status::Runnable);
    let plain = p.runq.is_empty_for_owner()
        && p.timers.next_due() == u64::MAX
        && super::solo()
        && !SCHED.stopping.load(Relaxed);
    if !plain {
        SCHED.global.push(from_ref(gp).cast_mut());
        if !super::solo() {
            ready::wakep();
        }
        return None;
    }
    let next = SCHED.global.exchange(from_ref(gp).cast_mut());
    // SAFETY: a queued goroutine stays alive; `exchange` has just queued one.
    #[expect(unsafe_code, reason = "queued goroutines are alive")]
    let next = unsafe { &*next };
    if next.bound.is_none() {
        return Some(next);
    }
    p.counts.visits.add(1);
    bound::hand_p_to(next, mp, false);
    None
}

/// Leaves `gp`'s stack for its M's, which then does what `mp.post` says. Called
/// with `insched` set; returns outside the scheduler, maybe on another M.
#[inline(always)]
fn switch_out(gp: &'static G) {
    // SAFETY: `gp` is the caller, on its own stack.
    #[expect(unsafe_code, reason = "the stack switch")]
    unsafe {
        gp.ctx.suspend();
    }
}

/// Parks `gp`, the caller, with `commit(arg)` as its last act. Called with
/// `insched` set; returns outside the scheduler, maybe on another M.
#[inline(always)]
pub(crate) fn park(
    gp: &'static G,
    mp: &'static M,
    reason: WaitReason,
    post: Post,
    commit: Commit,
    arg: *mut (),
) {
    gp.wait_reason.set(reason);
    gp.set_status(Status::Waiting);
    mp.post.set(post);
    if post != Post::Unlock {
        mp.commit.set(commit);
    }
    mp.commit_arg.set(arg);
    if bound::is_bound_here(gp) {
        bound::park(gp, mp);
    } else {
        switch_out(gp);
    }
}

/// Yields `gp`, the caller: to the global queue's tail. Same terms as `park`.
#[inline(always)]
pub(crate) fn yield_now(gp: &'static G, mp: &'static M) {
    mp.post.set(Post::Yield);
    if bound::is_bound_here(gp) {
        bound::park(gp, mp);
    } else {
        switch_out(gp);
    }
}

/// Yields `gp`, whose M has lost its P.
pub(crate) fn yield_without_p(gp: &'static G, mp: &'static M) {
    mp.post.set(Post::Yield);
    switch_out(gp);
}

/// Ends `gp`, the caller: its slot goes back to the pool. Returns when another
/// goroutine starts on this stack.
#[inline(always)]
pub(crate) fn end(gp: &'static G, critical: Critical) {
    if let Some(mp) = critical.into_m() {
        mp.post.set(Post::Exit);
    }
    switch_out(gp);
}
