//! The semaphore: no permit is had twice, none lies idle that the first who waits could have.
//!
//! Faults that the models fail under: nobody serves after giving up; a release that does not
//! look at `WAITED`; waiting without setting it; a bit that is never cleared; a CAS that takes
//! permits without `Acquire`; a release without `Release`.

use std::mem::ManuallyDrop;
use std::time::Duration;

use super::harness::{Count, Guarded, model};
use crate::Semaphore;

const SOON: Duration = Duration::from_nanos(10);

struct Shared {
    semaphore: Semaphore,
    /// Used by who has all permits.
    value: Guarded,
    served: Count,
}

/// With so many permits.
fn start<const PERMITS: usize>() -> Shared {
    let semaphore = Semaphore::new(PERMITS);
    Shared { semaphore, value: Guarded::new(), served: Count::default() }
}

/// With two permits, of which one is never released.
fn start_with_one_of_two() -> Shared {
    let shared = start::<2>();
    let _kept = ManuallyDrop::new(shared.semaphore.acquire(1));
    shared
}

fn acquire<const N: usize>(shared: &Shared) {
    let permit = shared.semaphore.acquire(N);
    shared.served.next();
    drop(permit);
}

/// As `acquire`, with all there are, so alone.
fn acquire_all<const ALL: usize>(shared: &Shared) {
    let permit = shared.semaphore.acquire(ALL);
    shared.value.change();
    shared.served.next();
    drop(permit);
}

fn acquire_soon<const N: usize>(shared: &Shared) {
    if let Some(permit) = shared.semaphore.acquire_timeout(N, SOON) {
        shared.served.next();
        drop(permit);
    }
}

fn try_all<const ALL: usize>(shared: &Shared) {
    if let Some(permit) = shared.semaphore.try_acquire(ALL) {
        shared.value.change();
        shared.served.next();
        drop(permit);
    }
}

/// All permits are back, and nobody waits, as the word says, too.
fn at_rest<const PERMITS: usize>(shared: &Shared) {
    assert_eq!(shared.semaphore.waiting(), 0);
    assert_eq!(shared.semaphore.available_permits(), PERMITS);
    assert!(shared.semaphore.try_acquire(PERMITS).is_some(), "somebody seems to wait");
}

#[test]
fn loom_semaphore_of_one() {
    let model = model("semaphore: two, one permit").by_all();
    model.check(start::<1>, [acquire_all::<1>, acquire_all::<1>], |shared| {
        at_rest::<1>(shared);
        assert_eq!((shared.served.get(), shared.value.look()), (2, 2));
    });
}

#[test]
fn loom_semaphore_of_one_for_three() {
    let model = model("semaphore: three, one permit");
    model.check(start::<1>, [acquire_all::<1>, acquire_all::<1>, try_all::<1>], |shared| {
        at_rest::<1>(shared);
        assert_eq!(shared.served.get(), shared.value.look());
    });
}

#[test]
fn loom_semaphore_of_two() {
    let model = model("semaphore: all, one, one");
    model.check(start::<2>, [acquire_all::<2>, acquire::<1>, acquire::<1>], |shared| {
        at_rest::<2>(shared);
        assert_eq!(shared.served.get(), 3);
    });
}

#[test]
fn loom_semaphore_against_time() {
    let model = model("semaphore: time").clock().by_all();
    model.check(start::<1>, [acquire_soon::<1>, acquire::<1>], |shared| {
        at_rest::<1>(shared);
        assert!(shared.served.get() >= 1);
    });
}

/// Who gives up was what kept the other one waiting.
#[test]
fn loom_semaphore_that_is_given_up() {
    let model = model("semaphore: giving up").clock().by_all();
    model.check(start_with_one_of_two, [acquire_soon::<2>, acquire::<1>], |shared| {
        at_rest::<1>(shared);
        assert_eq!(shared.served.get(), 1);
    });
}
