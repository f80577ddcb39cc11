#![doc = include_str!("README.md")]

pub(crate) mod wake;

#[cfg(not(gmp_loom))]
pub(crate) mod bound;
#[cfg(not(gmp_loom))]
pub(crate) mod claim;
#[cfg(not(gmp_loom))]
pub(crate) mod enter;
#[cfg(not(gmp_loom))]
pub(crate) mod find;
#[cfg(not(gmp_loom))]
pub(crate) mod idle;
#[cfg(not(gmp_loom))]
pub(crate) mod maxprocs;
#[cfg(not(gmp_loom))]
pub(crate) mod ready;
#[cfg(not(gmp_loom))]
pub(crate) mod sleep;
#[cfg(not(gmp_loom))]
pub(crate) mod steal;
#[cfg(not(gmp_loom))]
pub(crate) mod successor;
#[cfg(not(gmp_loom))]
pub(crate) mod switch;
#[cfg(not(gmp_loom))]
pub(crate) mod threads;
#[cfg(not(gmp_loom))]
pub(crate) mod world;

#[cfg(not(gmp_loom))]
pub(crate) use state::{Line, SCHED, solo};

#[cfg(not(gmp_loom))]
mod state {
    use super::idle::Idle;
    use super::wake::WakeState;
    use crate::g::G;
    use crate::m::M;
    use crate::p::AllPs;
    use crate::prim::{AtomicBool, AtomicU32, AtomicU64};
    use crate::queue::GlobalQueue;
    use std::sync::atomic::Ordering::Relaxed;

    /// The scheduler: one per process.
    pub(crate) struct Sched {
        /// GOMAXPROCS. Changes only while the world is stopped.
        pub(crate) procs: AtomicU32,
        /// Somebody stops the world: Ms that see it give their P up.
        pub(crate) stopping: AtomicBool,
        /// Random choices everywhere, to shake out order assumptions.
        pub(crate) shuffle: AtomicBool,
        pub(crate) ps: AllPs,
        pub(crate) wake: Line<WakeState>,
        pub(crate) global: Line<GlobalQueue<G>>,
        pub(crate) idle: Line<Idle>,
        /// Goroutines spawned from plain threads (not counted by any P).
        pub(crate) spawned_outside: AtomicU64,
        /// Ps given by one M to another, with or without its consent.
        pub(crate) handoffs: AtomicU64,
        /// Time slices taken away.
        pub(crate) preemptions: AtomicU64,
        pub(crate) seed: AtomicU64,
    }

    /// Keeps its content off its neighbours' cache lines.
    #[repr(align(128))]
    pub(crate) struct Line<T>(pub(crate) T);

    impl<T> std::ops::Deref for Line<T> {
        type Target = T;
        #[inline(always)]
        fn deref(&self) -> &T {
            &self.0
        }
    }

    pub(crate) static SCHED: Sched = Sched {
        procs: AtomicU32::new(0),
        stopping: AtomicBool::new(false),
        shuffle: AtomicBool::new(false),
        ps: AllPs::new(),
        wake: Line(WakeState::new()),
        global: Line(GlobalQueue::new()),
        idle: Line(Idle::new()),
        spawned_outside: AtomicU64::new(0),
        handoffs: AtomicU64::new(0),
        preemptions: AtomicU64::new(0),
        seed: AtomicU64::new(0),
    };

    /// GOMAXPROCS is 1: no thieves. Constant while anyone is in the scheduler.
    #[inline(always)]
    pub(crate) fn solo() -> bool {
        SCHED.procs.load(Relaxed) == 1
    }

    impl Sched {
        #[inline(always)]
        pub(crate) fn procs(&self) -> u32 {
            self.procs.load(Relaxed)
        }

        /// The Ps in use.
        pub(crate) fn live_ps(&self) -> impl Iterator<Item = &'static crate::p::P> {
            (0..SCHED.procs() as usize).map(|id| SCHED.ps.get(id))
        }

        /// Whether anything is queued anywhere.
        pub(crate) fn any_work(&self) -> bool {
            self.global.len() != 0 || self.live_ps().any(crate::p::P::has_work)
        }

        /// Marks `mp`, which has found work or lost its P, as no longer spinning.
        pub(crate) fn stop_spinning(&self, mp: &'static M) -> bool {
            mp.spinning.replace(false) && self.wake.stop_spinning()
        }
    }
}
