//! Random numbers for plain threads; a P has its own generator.

use std::cell::Cell;

/// The next number of the calling thread's generator (xorshift32 of Marsaglia,
/// "Xorshift RNGs", 2003).
pub(super) fn of_thread() -> u32 {
    thread_local! {
        // No destructor, so it works while the thread ends, too.
        static STATE: Cell<u32> = const { Cell::new(0) };
    }
    STATE.with(|state| {
        let mut x = state.get();
        if x == 0 {
            x = seed(std::ptr::from_ref(state) as u64);
        }
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        state.set(x);
        x
    })
}

/// Differs from thread to thread and from run to run; never 0.
#[cold]
fn seed(place: u64) -> u32 {
    let mixed = (place ^ crate::sys::monotonic_ns()).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as u32 | 1
}
