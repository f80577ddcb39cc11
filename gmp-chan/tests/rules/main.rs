//! The rules of channels, on plain threads.

#[path = "../common/mod.rs"]
mod common;

mod endings;
mod go;
mod order;
mod values;
