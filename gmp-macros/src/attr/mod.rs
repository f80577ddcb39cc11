//! What `#[gmp::main]` and `#[gmp::test]` share: their arguments and the function below.

pub(crate) mod args;
pub(crate) mod function;
