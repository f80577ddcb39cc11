//! Every form of `select!`, run on a goroutine and on a plain thread.
#![forbid(unsafe_code)]

#[path = "../support/mod.rs"]
mod support;

mod bodies;
mod defaults;
mod drops;
mod evaluation;
mod given;
mod hygiene;
mod many;
mod operands;
mod patterns;
mod receiving;
mod sending;
mod words;
