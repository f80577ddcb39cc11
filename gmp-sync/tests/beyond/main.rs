//! What is built on locks and channels, and switches no stack itself.

#[path = "../common/mod.rs"]
mod common;

mod circuit_breaker;
mod group;
mod map;
mod once_func;
mod rate_limiter;
mod single_flight;
mod timeout;
