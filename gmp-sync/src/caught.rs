//! What a body that did not return leaves behind.

use std::any::Any;

use crate::rt::Critical;

/// What a panic carries.
pub(crate) type Payload = Box<dyn Any + Send>;

/// The message of a panic, if it is text.
pub(crate) fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("(no text)")
}

/// To be called when user code has returned, before what it leaves is put in order: if it
/// swallowed a `goexit`, that goes on here, by unwinding, and not half-way through.
pub(crate) fn let_exit_go_on() {
    drop(Critical::enter());
}
