//! Every form of `go!`, run.
#![expect(clippy::needless_pass_by_value, reason = "goroutines are given what they own")]

mod blocks;
mod calls;
mod given;
mod settings;
