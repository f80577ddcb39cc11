//! The locks under loom: the crate's own code, over a model of the runtime
//! (`gmp_chan::loom_rt`).
//!
//! Each file names the faults that were put into the code, one at a time, to see that its
//! models fail under them.

mod condvar;
mod harness;
mod mutex;
mod once;
mod rwlock;
mod semaphore;
mod wait_group;
