//! Pipes: those of the operating system, and one in memory.

mod lane;
mod memory;
mod os;

pub use memory::Pipe;
pub use os::{PipeReader, PipeWriter, pipe};
