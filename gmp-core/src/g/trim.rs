//! Giving up the unused part of one's own stack.
#![expect(unsafe_code, reason = "memory below the stack pointer")]

use super::G;
use crate::coroutine::ON_OUR_STACKS;
use crate::sys;
use std::hint::black_box;

/// Bytes below the caller's frame that stay: for the calls from here on.
const NEAR: usize = 2048;

impl G {
    /// Gives the pages below the frames in use back to the system; they come back, zeroed, when
    /// calls reach them again. Only the goroutine itself may call it, on its own stack. One
    /// system call, and a page fault for each page that is needed again.
    #[cold]
    #[inline(never)]
    pub(crate) fn trim_stack(&self) {
        // A large result waits at the far end.
        if !ON_OUR_STACKS || self.packet.get() != self.small_packet() {
            return;
        }
        let here = black_box(0_u8);
        let here = (&raw const here).addr();
        let low = self.low + self.slot.class.guard_size();
        let end = (here - NEAR) & !(sys::PAGE - 1);
        if low < end && here < self.slot.high() {
            // SAFETY: all frames in use lie above `here`, those of this very call within NEAR
            // below it; handlers of signals that use this stack run when the call is over.
            unsafe { sys::discard(low as *mut u8, end - low) };
        }
    }
}
