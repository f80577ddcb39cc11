//! The one place where a store is ordered before a later load (StoreLoad).
//!
//! Every lost-wake-up argument in `sched/README.md` rests on two of these, one
//! on each side of the race.
#![cfg_attr(
    all(target_arch = "x86_64", not(gmp_loom), not(miri)),
    expect(unsafe_code, reason = "one locked instruction in place of mfence")
)]

/// Orders every earlier store of this thread before every later load.
#[inline(always)]
pub(crate) fn full_fence() {
    // A locked read-modify-write of the stack is a full barrier on x86 and
    // about half the price of the `mfence` that `fence(SeqCst)` becomes.
    #[cfg(all(target_arch = "x86_64", not(gmp_loom), not(miri)))]
    // SAFETY: or-ing zero into the word at the stack pointer changes nothing;
    // the word is ours (the red zone lies below it).
    unsafe {
        std::arch::asm!("lock or dword ptr [rsp], 0", options(nostack));
    }
    #[cfg(all(not(gmp_loom), any(not(target_arch = "x86_64"), miri)))]
    std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
    #[cfg(gmp_loom)]
    loom::sync::atomic::fence(loom::sync::atomic::Ordering::SeqCst);
}
