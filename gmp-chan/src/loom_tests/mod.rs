//! Channels and selects under loom: the crate's own code, over a model of the runtime
//! (`loom_rt`).
//!
//! Each file names the faults that were put into the code, one at a time, to see that its
//! models fail under them.

mod clocks;
mod futures;
mod handles;
mod harness;
mod promise;
mod rendezvous;
mod select;
mod timeout;
mod watch;
