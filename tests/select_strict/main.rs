//! `select!` in a crate that forbids what can be forbidden: nothing of the expansion may be
//! warned of there, for the user could not switch the warning off.
#![forbid(unsafe_code)]
#![forbid(warnings)]
#![deny(
    future_incompatible,
    keyword_idents,
    let_underscore,
    nonstandard_style,
    rust_2018_idioms,
    rust_2021_compatibility,
    rust_2024_compatibility,
    unused
)]
#![deny(
    absolute_paths_not_starting_with_crate,
    explicit_outlives_requirements,
    macro_use_extern_crate,
    meta_variable_misuse,
    missing_copy_implementations,
    missing_debug_implementations,
    missing_docs,
    non_ascii_idents,
    redundant_lifetimes,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unreachable_pub,
    unused_import_braces,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    variant_size_differences
)]
#![deny(clippy::all, clippy::pedantic)]

use std::time::Duration;

use gmp::chan::{Receiver, Sender, bounded, select_biased, unbounded};
use gmp::select;

const LONG: Duration = Duration::from_hours(1);

#[test]
fn one_arm() {
    let (tx, rx) = bounded(4);
    let on = rx.is_empty();
    select! { tx <- 1 => {} }
    select! { tx <- 2, if on => {} }
    select! { tx <- 3 => {}, default => {} }
    select! { r = tx <- 4, if on => assert!(r.is_ok()), default => {} }
    select! { tx <- 5, if !on => {}, default => {} }
    select! { v = <-rx => assert_eq!(v, Ok(1)) }
    select! { v = <-rx, if on => assert_eq!(v, Ok(2)), default => {} }
    select! { (v, ok) = <-rx => assert!(v == Some(3) && ok) }
    select! { Some(v) = <-rx => assert_eq!(v, 4), else => {} }
    select! { <-rx => {}, default => {} }
    select! { _ = <-rx => {}, default => {} }
    select! { default => {} }
    select! { default(Duration::ZERO) => {} }
    select! { after(Duration::ZERO) => {} }
    select! { send(tx, 1) -> r => assert!(r.is_ok()) }
    select! { recv(rx) -> v => assert_eq!(v, Ok(1)) }
}

fn several(tx: &Sender<String>, rx: &Receiver<String>, on: bool) -> Option<usize> {
    select! {
        v = <-rx => Some(v.ok()?.len()),
        mut v = <-rx, if on => v.as_mut().map(String::pop).ok().map(|_| 0),
        _ = <-rx => None,
        <-rx, if !on => None,
        (v, ok) = <-rx => if ok { v.map(|v| v.len()) } else { None },
        (_, ok) = <-rx, if on => ok.then_some(1),
        Some(v) = <-rx => Some(v.len()),
        Some(_) | None = <-rx, if on => None,
        recv(rx) -> v => v.ok().map(|v| v.len()),
        recv(rx) -> _, if on => None,
        recv(rx) -> Ok(v) => Some(v.len()),
        tx <- String::new() => Some(2),
        tx <- "x".into(), if on => Some(3),
        r = tx <- "y".to_owned() => r.ok().map(|()| 4),
        _ = tx <- "z".to_owned(), if on => Some(5),
        send(tx, "z".to_owned()) -> r => r.ok().map(|()| 6),
        send(tx, "z".to_owned()) -> _, if on => None,
        after(LONG) => Some(7),
        after(LONG), if on => Some(8),
        default(LONG) => Some(9),
        else => None,
    }
}

#[test]
fn several_arms() {
    let (tx, rx) = unbounded();
    for n in 0..100 {
        let _: Option<usize> = several(&tx, &rx, n % 2 == 0);
    }
    let (closed, _) = bounded::<u8>(1);
    let mut rounds = 0;
    loop {
        rounds += 1;
        select! {
            biased;
            <-rx => {}
            r = closed <- 1, if rounds > 100 => match r {
                Ok(()) => break,
                Err(_) => return,
            },
            default => continue,
        }
        select_biased! {
            recv(rx) -> v => drop(v),
            default => {}
        }
    }
}

#[test]
fn values() {
    let (tx, rx) = bounded::<u8>(1);
    let nested = select! {
        tx <- select! { v = <-rx => v.unwrap_or(1), default => 2 } => select! {
            v = <-rx => v,
            default => Ok(0),
        },
        default => Ok(3),
    };
    assert_eq!(nested, Ok(2));
}
