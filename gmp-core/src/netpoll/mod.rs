#![cfg_attr(not(gmp_loom), doc = include_str!("README.md"))]

mod gates;
mod word;

#[cfg(all(test, gmp_loom))]
mod loom_tests;
#[cfg(all(test, not(gmp_loom)))]
mod tests;

#[cfg(not(gmp_loom))]
mod count;
#[cfg(not(gmp_loom))]
mod desc;
#[cfg(not(gmp_loom))]
mod gate;
#[cfg(not(gmp_loom))]
mod op;
#[cfg(not(gmp_loom))]
mod outside;
#[cfg(not(gmp_loom))]
mod park;
#[cfg(not(gmp_loom))]
pub(crate) mod poller;
#[cfg(not(gmp_loom))]
mod records;
#[cfg(not(gmp_loom))]
pub(crate) mod sweep;

#[cfg(not(gmp_loom))]
pub use desc::Dir;
#[cfg(not(gmp_loom))]
pub use op::{Fail, Hold, Op, PollDesc, Stop};
#[cfg(not(gmp_loom))]
pub use park::Slot;

#[cfg(not(gmp_loom))]
pub(crate) use in_the_scheduler::*;

#[cfg(not(gmp_loom))]
mod in_the_scheduler {
    use super::poller::EVENTS;
    use super::{count, outside, poller};
    use crate::g::G;
    use crate::m::{self, M};
    use crate::prim::{AtomicBool, AtomicU32, full_fence};
    use crate::runtime;
    use crate::sched::ready;
    use std::sync::atomic::Ordering::Relaxed;

    /// Events taken between two slices: half as many as there are slices until the next look, so
    /// that the ring comes to its end. What a full ring throws out waits in the global queue for
    /// as long as the ring does not.
    const FEW: usize = 32;

    /// An M waits in the poller: nobody else need look. A hint; the truth is under the idle lock.
    static IN: AtomicBool = AtomicBool::new(false);
    /// Looks at epoll, by anybody. Paired with nothing: sysmon asks whether it changes, and two
    /// who add at once count as one.
    static LOOKS: AtomicU32 = AtomicU32::new(0);

    /// Whether somebody waits for a descriptor.
    #[inline(always)]
    pub(crate) fn is_wanted() -> bool {
        count::any()
    }

    /// Whether somebody waits for a descriptor, and nobody for it in the poller.
    #[inline(always)]
    pub(crate) fn is_unattended() -> bool {
        count::any() && !IN.load(Relaxed)
    }

    /// Under the idle lock.
    pub(crate) fn set_attended(is: bool) {
        IN.store(is, Relaxed);
    }

    pub(super) fn note_look() {
        LOOKS.store(LOOKS.load(Relaxed).wrapping_add(1), Relaxed);
    }

    /// Changes when somebody looks.
    pub(crate) fn looks() -> u32 {
        LOOKS.load(Relaxed)
    }

    /// Looks whether anything has come, for `mp`, which has nothing to run.
    #[inline(always)]
    pub(crate) fn look_on(mp: &'static M) -> Option<&'static G> {
        look(mp, EVENTS)
    }

    /// The same for one who has something to run, and does not want to be flooded.
    #[inline(always)]
    pub(crate) fn look_between(mp: &'static M) -> Option<&'static G> {
        look(mp, FEW)
    }

    /// Apart, so that its events make no large frame of the search for work.
    #[inline(never)]
    fn look(mp: &'static M, most: usize) -> Option<&'static G> {
        let mut events = poller::Events::new();
        poller::look(&mut events, most);
        poller::tell_on(mp, &events)
    }

    /// Looks, for nobody in particular: from a thread without a P.
    pub(crate) fn look_outside() {
        let mut events = poller::Events::new();
        poller::look(&mut events, EVENTS);
        poller::tell_outside(&events);
    }

    /// A plain thread waits from now on: (O1)-(O3) of README.md.
    pub(super) fn mind_outsider() {
        full_fence();
        if runtime::is_started() && !IN.load(Relaxed) {
            ready::wakep();
        }
    }

    /// A task waits from now on, whose executor may be somebody else's.
    pub(super) fn mind_task() {
        if m::current().is_none() {
            mind_outsider();
        }
    }

    /// The runtime was started: it polls from now on.
    pub(crate) fn runtime_started() {
        full_fence();
        outside::end_thread();
        if count::any() {
            ready::wakep();
        }
    }
}
