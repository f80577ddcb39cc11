#![doc = include_str!("README.md")]

pub(crate) mod blocking;
mod detached;
mod handler;
mod pace;
pub(crate) mod signal;
mod states;
pub(crate) mod sysmon;
mod watch;

pub(crate) use detached::Detached;
pub(crate) use watch::Watch;
