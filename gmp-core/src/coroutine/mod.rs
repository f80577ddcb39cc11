//! The seam to the crate that switches stacks.
//!
//! A backend is a module with one type, `Context`, kept inside the goroutine's
//! record, and one function. All of it is `pub(crate)` and nothing else in the
//! runtime knows which backend there is:
//!
//! * `Context::new()`: nothing to run yet. `const`.
//! * `prepare(&self, gp) -> io::Result<()>`: what has to be allocated before
//!   `gp` can start; called outside the scheduler, may fail.
//! * `unsafe init(&self, gp, top)`: the next `resume` starts `g::entry(gp)`,
//!   with frames below `top` where the backend uses our stacks. May not allocate
//!   if `INIT_ALLOCATES` is false.
//! * `unsafe resume(&self) -> bool`: runs the goroutine until it suspends
//!   (false) or ends (true). Called on an M's own stack.
//! * `unsafe suspend(&self)`: back to the M that resumed; returns when resumed
//!   again, maybe by another M. Called on the goroutine's stack.
//! * `unsafe release(&self)`: gives back what `prepare` made; outside the scheduler.
//! * `overflowed(&self, gp, address)`: whether a fault of `gp`, which runs, at
//!   `address` is an overflow of its stack. Called in a signal handler.
//! * `thread_start()`: called once by each M before its first resume.

#[cfg(not(feature = "generator"))]
mod on_corosensei;
#[cfg(feature = "generator")]
mod on_generator;

#[cfg(not(feature = "generator"))]
use on_corosensei as backend;
#[cfg(feature = "generator")]
use on_generator as backend;

pub(crate) use backend::{Context, INIT_ALLOCATES, thread_start};
