//! Choosing one of several operations: the engine behind `select!`, [`Select`] and the
//! operations with a timeout.

mod case;
mod dynamic;
mod order;
mod promise;
mod run;
mod selected;
mod store;

pub use case::Case;
pub(crate) use case::{Answer, Op};
pub use dynamic::Select;
pub(crate) use promise::{break_off, keep};
pub(crate) use run::{Aim, Limit, run};
pub use selected::SelectedOperation;
