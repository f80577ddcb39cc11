//! The HTTP server, by raw sockets: what it answers to good and bad input, and what is left of
//! it afterwards.

#![cfg(feature = "http")]

mod bad;
mod basics;
mod bodies;
mod child;
mod common;
mod crowd;
mod failing;
mod fuzz;
mod limits;
mod logging;
mod shortage;
mod stopping;
mod streams;

/// Not a test of its own: what the children run.
#[test]
fn program() {
    child::programs(&[
        ("half_open", crowd::half_open),
        ("going", crowd::going),
        ("shortage", shortage::shortage),
        ("fuzz", fuzz::fuzz),
    ]);
}
