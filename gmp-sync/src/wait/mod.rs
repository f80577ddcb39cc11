//! Who waits: lists of waiters that lie on their owners' stacks, under one spin lock.
//! `../README.md`, "Waiting", says who may touch what.

mod batch;
mod list;
mod queue;
mod timed;
mod waiter;

pub(crate) use batch::Batch;
pub(crate) use queue::{Locked, Place, Queue};

#[cfg(all(test, not(gmp_loom)))]
mod tests;
