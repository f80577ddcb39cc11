//! Who waits on a channel: `README.md` beside this crate's root says who may touch a waiter
//! when. Nothing here allocates.

mod batch;
mod queue;
#[cfg(test)]
mod tests;
mod waiter;

pub(crate) use batch::{Batch, Wakers, wake};
pub(crate) use queue::WaitQueue;
pub(crate) use waiter::{Kind, Outcome, Race, TaskCell, Waiter};
