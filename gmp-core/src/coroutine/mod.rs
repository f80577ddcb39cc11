//! The seam to the crate that switches stacks.
//!
//! A backend is a module with one type, `Context`, kept inside the goroutine's
//! record, and one function. All of it is `pub(crate)` and nothing else in the
//! runtime knows which backend there is:
//!
//! * `Context::new()`: no coroutine yet. `const`.
//! * `is_made(&self)`: whether the slot has its coroutine.
//! * `unsafe make(&self, gp, top) -> io::Result<()>`: makes it, once per slot: its
//!   first resume calls `g::entry(gp)`, which runs one goroutine after the other;
//!   frames lie below `top` where the backend uses our stacks.
//!   Called outside the scheduler if `MAKE_ALLOCATES`, else inside.
//! * `ON_OUR_STACKS`: whether its stacks are those of `stack/`.
//! * `unsafe resume(&self)`: runs the goroutine until it suspends. Called on an
//!   M's own stack.
//! * `unsafe suspend(&self)`: back to the M that resumed; returns when resumed
//!   again, maybe by another M. Called on the goroutine's stack.
//! * `unsafe release(&self, gp)`: gives back what `make` allocated; outside the
//!   scheduler.
//! * `overflowed(&self, gp, address)`: whether a fault of `gp`, which runs, at
//!   `address` is an overflow of its stack. Called in a signal handler.
//! * `process_start()`: called once, before the runtime's signal handlers are set.
//! * `thread_start()`: called once by each M before its first resume.
//!
//! A goroutine's end is a suspension like any other, and the next goroutine on
//! the slot goes on from there. Nothing has to be set up again, and the return
//! from each switch is the one the CPU predicts.

#[cfg(not(feature = "generator"))]
mod on_corosensei;
#[cfg(feature = "generator")]
mod on_generator;

#[cfg(not(feature = "generator"))]
use on_corosensei as backend;
#[cfg(feature = "generator")]
use on_generator as backend;

pub(crate) use backend::{Context, MAKE_ALLOCATES, ON_OUR_STACKS, process_start, thread_start};
