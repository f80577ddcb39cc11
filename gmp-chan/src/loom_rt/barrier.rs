//! The asymmetric barrier: loom's fences on both sides.
//!
//! What membarrier executes on a thread lies before, between or after what that thread's
//! light side separates, so that a fence there shows all that the real one allows.

use loom::sync::atomic::{Ordering, fence};

/// The side that is to cost nothing.
pub fn light() {
    fence(Ordering::SeqCst);
}

/// The side that pays; false if nothing may be concluded, which the model's never is.
pub fn heavy() -> bool {
    fence(Ordering::SeqCst);
    true
}
