//! No name of the macro's is the user's, and none of the user's is the macro's.

use crate::given::*;

#[gmp::test]
fn locals_by_any_name() {
    on_both(|| {
        // Those of the expansion are called like this, but are not the same.
        let __gmp_index = 1;
        let __gmp_picked = 2;
        let __gmp_arm0 = 3;
        let __gmp_enabled0 = true;
        let __gmp_operand0 = 4;
        let __gmp_timeout = LONG;
        let (_tx, rx) = holding([1]);
        let sum = select! {
            v = <-rx, if __gmp_enabled0 => {
                v.unwrap() + __gmp_index + __gmp_picked + __gmp_arm0 + __gmp_operand0
            }
            after(__gmp_timeout) => __gmp_arm0,
            <-never::<u8>() => __gmp_index,
            default(__gmp_timeout) => __gmp_picked,
        };
        assert_eq!(sum, 11);
        let (_tx, __gmp_arm1) = holding([5]);
        select! {
            <-never::<u8>() => unreachable!(),
            __gmp_arm0 = <-__gmp_arm1 => assert_eq!(__gmp_arm0, Ok(5)),
        }
        let (picked, index, arm0, a0) = (1, 2, 3, 4);
        assert_eq!(select! { default => picked + index + arm0 + a0 }, 10);
    });
}

#[gmp::test]
fn names_of_arms_end_with_them() {
    on_both(|| {
        let v = String::from("outer");
        let (tx, rx) = holding([1]);
        let inner = select! { v = <-rx => v, tx <- 2, if v.is_empty() => Ok(0) };
        assert_eq!((inner, v.as_str()), (Ok(1), "outer"));
        let rx = select! { rx = <-rx => rx, default => Ok(v.len()) };
        assert_eq!(rx, Ok(5));
    });
}

/// A module in which the prelude's names mean other things, and so do those of crates.
mod shadowed {
    #![expect(non_camel_case_types, dead_code, reason = "names that are taken")]

    use crate::given::{LONG, closed, holding};

    pub(super) struct Option;
    pub(super) struct Result;
    pub(super) struct Vec;
    pub(super) struct Duration;
    pub(super) struct Default;
    pub(super) struct Receiver;
    pub(super) struct Sender;
    pub(super) struct RecvArm;
    pub(super) struct Arm0;
    pub(super) struct usize;
    pub(super) struct bool;
    pub(super) struct T0;
    pub(super) mod core {}
    pub(super) mod std {}
    pub(super) mod gmp {}
    pub(super) mod select {}
    pub(super) fn drop() {}
    pub(super) fn sent() {}
    pub(super) trait Fn {}
    #[derive(Debug, PartialEq)]
    pub(super) enum Mine {
        Some(u8),
        None,
        Ok(u8),
        Err(u8),
    }
    #[expect(unused_imports, reason = "names that are taken")]
    pub(super) use Mine::{Err, None, Ok, Some};
    pub(super) const TRUE: ::core::primitive::bool = true;

    pub(super) fn all_forms() -> u8 {
        let (tx, rx) = holding([1_u8, 2, 3, 4]);
        let mut sum = 0;
        ::gmp::select! { v = <-rx, if TRUE => sum += v.unwrap(), after(LONG) => {} }
        ::gmp::select! { (v, _) = <-rx => sum += v.unwrap(), default => {} }
        ::gmp::select! { recv(rx) -> v => sum += v.unwrap(), default(LONG) => {} }
        ::gmp::select! {
            ::core::option::Option::Some(v) = <-rx, if TRUE => sum += v,
            else => {}
        }
        ::gmp::select! { tx <- 5, if TRUE => sum += 1, after(LONG), if TRUE => {} }
        ::gmp::select! { tx <- 5 => sum += 1, default => {} }
        ::gmp::select! { r = tx <- 5 => sum += u8::from(r.is_ok()) }
        ::gmp::select! { send(tx, 6) -> r => sum += u8::from(r.is_ok()), default => {} }
        let (tx, rx) = closed::<u8>();
        ::gmp::select! { _ = tx <- 1 => {} <-rx => {} }
        sum
    }
}

#[gmp::test]
fn names_of_the_prelude_may_mean_other_things() {
    on_both(|| assert_eq!(shadowed::all_forms(), 14));
}

/// A module without a prelude.
mod bare {
    #![no_implicit_prelude]

    pub(super) fn all_forms(tx: &::gmp::chan::Sender<u8>, rx: &::gmp::chan::Receiver<u8>) -> u8 {
        ::gmp::select! {
            biased;
            ::core::option::Option::Some(9) = <-rx => 9,
            (v, _) = <-rx, if true => v.unwrap(),
            tx <- 1, if false => 1,
            r = tx <- 1 => r.map_or(0, |()| 2),
            send(tx, 1) -> r => r.map_or(0, |()| 3),
            recv(rx) -> r => r.unwrap_or(4),
            after(::core::time::Duration::ZERO) => 5,
            default(::core::time::Duration::ZERO) => 6,
            else => ::gmp::select! { v = <-rx => v.unwrap(), default => 7 },
        }
    }
}

#[gmp::test]
fn without_a_prelude() {
    on_both(|| {
        let (tx, rx) = holding([1, 2]);
        assert_eq!(bare::all_forms(&tx, &rx), 2);
    });
}

#[gmp::test]
fn works_under_other_names() {
    on_both(|| {
        use ::gmp as renamed;
        use renamed::select as choose;
        let (_tx, rx) = holding([1, 2, 3]);
        mod gmp {}
        assert_eq!(renamed::select! { v = <-rx => v }, Ok(1));
        assert_eq!(choose! { v = <-rx => v, default => Ok(0) }, Ok(2));
        assert_eq!(renamed::chan::select_biased! { recv(rx) -> v => v }, Ok(3));
        mod inner {
            pub(super) use ::gmp::chan::select;
        }
        assert_eq!(inner::select! { _ = <-rx => 1, default => 2 }, 2);
    });
}

#[gmp::test]
fn in_macros_of_the_users_own() {
    on_both(|| {
        macro_rules! either {
            ($name:ident from $rx:expr => $body:expr) => {
                select! { $name = <-$rx => $body, after(LONG) => unreachable!() }
            };
            (match $pattern:pat => $rx:expr => $then:block $otherwise:block) => {
                select! { $pattern = <-$rx => $then else => $otherwise }
            };
            (send $value:expr => $tx:expr, $condition:expr) => {
                select! { $tx <- $value, if $condition => true, default => false }
            };
            (words $word:ident($($argument:expr),*) $name:pat => $body:expr) => {
                select! { $word($($argument),*) -> $name => $body }
            };
            (arms $($arm:tt)*) => {
                select! { $($arm)* default => 0 }
            };
        }
        let (tx, rx) = holding([1, 2, 3, 4, 5]);
        let offset = 10;
        assert_eq!(either!(v from &rx => v.unwrap() + offset), 11);
        assert_eq!(either!(match Some(2 | 7) => rx => { offset } { 0 }), 10);
        assert!(either!(send 1 + 1 => &tx, offset > 3));
        assert!(!either!(send 1 + 1 => &tx, offset < 3));
        assert_eq!(either!(words recv(rx) v => v), Ok(3));
        assert_eq!(either!(words send(tx, 9) v => v), Ok(()));
        assert_eq!(either!(arms v = <-rx => v.unwrap(), <-never::<u8>() => 8,), 4);
        assert_eq!(rx.try_iter().collect::<Vec<_>>(), [5, 2, 9]);
    });
}

#[gmp::test]
fn a_callers_location_is_the_users() {
    #[track_caller]
    fn line<T>(_: T) -> u32 {
        std::panic::Location::caller().line()
    }
    on_both(|| {
        let (tx, rx) = holding([0]);
        select! {
            tx <- line(1) => {}
            _ = <-never::<u8>(), if line(1) == 0 => {}
        }
        assert_eq!(rx.try_iter().collect::<Vec<_>>(), [0, line!() - 3]);
    });
}
