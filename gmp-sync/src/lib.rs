//! Go's synchronisation types, timers and contexts.
//!
//! Who has to wait is parked if it is a goroutine, blocked if it is a plain thread; the
//! two can meet on one object, and threads need no runtime.

mod wait_group;

pub use crate::wait_group::WaitGroup;
