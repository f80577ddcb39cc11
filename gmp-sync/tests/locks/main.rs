//! What Go's `sync` and Rust's std have: on goroutines, on plain threads, and on both.

#[path = "../common/mod.rs"]
mod common;

mod barrier;
mod condvar;
mod mutex;
mod once;
mod once_lock;
mod rwlock;
mod semaphore;
mod wait_group;
