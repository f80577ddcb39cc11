//! Spinning, for a microsecond or two, before somebody parks.

/// Pauses between looks: twice as many each time, as looking takes the line away from the
/// one who works with it.
#[cfg(not(gmp_loom))]
const ROUNDS: u32 = 5;

/// Whether somebody else can run while the caller keeps its CPU.
#[inline(always)]
pub(super) fn others_run() -> bool {
    #[cfg(not(gmp_loom))]
    return crate::rt::others_run();
    #[cfg(gmp_loom)]
    return model::OTHERS_RUN.get();
}

/// What a model has `others_run` say.
#[cfg(gmp_loom)]
pub(crate) mod model {
    use std::cell::Cell;

    thread_local! {
        pub(crate) static OTHERS_RUN: Cell<bool> = const { Cell::new(true) };
    }
}

/// Asks `decide` until it answers, or it is time to park: false.
#[cfg(not(gmp_loom))]
pub(super) fn until(decide: impl Fn() -> Option<bool>) -> bool {
    if let Some(answer) = decide() {
        return answer;
    }
    if !others_run() {
        return false;
    }
    for round in 0..ROUNDS {
        (0..1_u32 << round).for_each(|_| std::hint::spin_loop());
        if let Some(answer) = decide() {
            return answer;
        }
    }
    false
}

/// A model would only take turns with itself.
#[cfg(gmp_loom)]
pub(super) fn until(decide: impl Fn() -> Option<bool>) -> bool {
    decide().unwrap_or(false)
}
