//! What the examples that measure themselves have in common.

use std::fmt::Display;
use std::fs;

/// The figure called `name` in a file of `/proc`, in bytes where the file says kB.
///
/// `Threads`, `VmRSS` (memory in use) and `VmPTE` (page tables for it) are in
/// `/proc/self/status`.
pub(crate) fn figure(file: &str, name: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    let line = text.lines().find(|line| line.split(':').next() == Some(name));
    let mut words =
        line.unwrap_or_else(|| panic!("{file} has no {name}")).split_whitespace().skip(1);
    let number: u64 = words.next().unwrap().parse().unwrap();
    if words.next() == Some("kB") { number * 1024 } else { number }
}

/// `1234567` as `1,234,567`.
pub(crate) fn grouped(number: impl Display) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
