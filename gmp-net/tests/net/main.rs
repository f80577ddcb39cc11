//! Sockets and pipes as goroutines and threads use them, beside a runtime. Each case runs on
//! a plain thread and as a goroutine.

#[path = "../../../gmp-sync/tests/common/mod.rs"]
mod common;

mod closing;
mod conns;
mod pipes;
mod procs;
mod surface;
mod timeouts;
mod traffic;

use common::on_both as run;
