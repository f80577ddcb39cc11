//! The asymmetric barrier of the claim handshake: nothing for an M that enters the
//! scheduler, all of the cost for whoever wants its P.
//!
//! Where the kernel has membarrier, `heavy` executes a full barrier on every running
//! thread of the process, and an entry needs to be ordered for the compiler only.
//! Where it has none, both sides execute a full fence: every M with a P has
//! `taken::ATTENTION`, so that each entry goes the slow way, which has one.

#[cfg(not(gmp_loom))]
mod real {
    use crate::m::handshake::taken;
    use crate::prim::full_fence;
    use crate::sys::membarrier;
    use std::sync::atomic::{Ordering::SeqCst, compiler_fence};

    /// The entering side, fast way.
    #[inline(always)]
    pub(crate) fn light() {
        compiler_fence(SeqCst);
    }

    /// The entering side, slow way.
    pub(crate) fn own_half() {
        full_fence();
    }

    /// The claimer's side; false if nothing may be concluded.
    pub(crate) fn heavy() -> bool {
        if membarrier::available() {
            return membarrier::expedited();
        }
        full_fence();
        true
    }

    /// What an M that owns its P has in `taken`.
    #[inline(always)]
    pub(crate) fn owned() -> u32 {
        if membarrier::available() { taken::NO } else { taken::ATTENTION }
    }
}

/// Loom's fences in place of the kernel's. The entering side is a fence, too: what
/// membarrier executes there lies between (M1) and (M2), or before, or after.
#[cfg(gmp_loom)]
mod model {
    use crate::prim::full_fence;
    use std::cell::Cell;

    /// What a model leaves out, to show that it is needed.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub(crate) enum Without {
        Nothing,
        Light,
        OwnHalf,
        Heavy,
    }

    thread_local! {
        static WITHOUT: Cell<Without> = const { Cell::new(Without::Nothing) };
    }

    /// Sets it for all threads of the models that this test thread checks (loom runs
    /// them on the thread that calls it).
    pub(crate) fn leave_out(what: Without) {
        WITHOUT.set(what);
    }

    fn unless(what: Without) {
        if WITHOUT.get() != what {
            full_fence();
        }
    }

    pub(crate) fn light() {
        unless(Without::Light);
    }

    pub(crate) fn own_half() {
        unless(Without::OwnHalf);
    }

    pub(crate) fn heavy() -> bool {
        unless(Without::Heavy);
        true
    }
}

#[cfg(gmp_loom)]
pub(crate) use model::*;
#[cfg(not(gmp_loom))]
pub(crate) use real::{heavy, light, own_half, owned};
