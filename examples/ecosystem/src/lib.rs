//! What the examples of this folder share. Each of them is a program:
//!
//! ```text
//! cargo run --release -p gmp-ecosystem --example NAME
//! ```

pub mod parked;
pub mod servers;
