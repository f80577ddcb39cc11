#![doc = include_str!("README.md")]

mod arena;
mod error;
mod guard;
pub(crate) mod overflow;

pub(crate) use arena::{Class, G_SPACE, Slot, init, max_slots};
pub(crate) use error::StackError;
pub(crate) use guard::{MANY as GUARDS_AT_ONCE, Mode as GuardMode, set_mode as set_guard_mode};

/// The smallest stack a goroutine can ask for, in bytes.
pub const MIN_STACK_SIZE: usize = 16 << 10;
/// The largest stack a goroutine can ask for, in bytes.
pub const MAX_STACK_SIZE: usize = 1 << 30;
/// What a goroutine gets that does not ask, in bytes. Address space: memory is
/// used page by page, as the stack grows.
pub const DEFAULT_STACK_SIZE: usize = 256 << 10;
