//! The keeper against a new timer: (T1)-(T3) of `timer/mod.rs`.
