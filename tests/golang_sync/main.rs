//! Go's rules for locks and what else `sync` has, under GOMAXPROCS 1, 2 and 4.
//!
//! Each group of rules is a program of its own, because GOMAXPROCS belongs to the whole
//! process. What Go's own tests check is checked with their counts; those that take seconds
//! have the ones of `go test -short`.
//!
//! Left out of Go's tests, since there is nothing to port:
//! - `TestMutexMisuse`: nobody can unlock what he has not locked; only a guard unlocks.
//! - `TestWaitGroupAlign`, `TestCondCopy`, `TestNilPool`: alignment, copies, nil.
//! - `TestOnceFuncPanicNil`: a panic always has a payload.
//! - Pools and what the garbage collector does: nothing in a pool is collected here.
//! - Allocations of `OnceFunc` and `Map`: not a promise.
//! - `TestIssue76126`: here a panic ends its goroutine alone, which counts as done.
//!
//! Different on purpose: a `Once` whose function panicked is poisoned, as std's.

mod condvar;
mod map;
mod mutex;
mod once;
mod pool;
#[macro_use]
mod rules;
mod rwlock;
mod semaphore;
#[path = "../support/mod.rs"]
mod support;
mod wait_group;

rules! {
    mutex:
        hammer
        waiters_are_served_in_order
        a_waiter_gets_past_a_hog
        a_waiter_gets_past_one_who_only_tries
        a_waiter_gets_past_one_who_computes
        a_waiter_gets_past_a_sleeping_hog
        every_contender_has_a_share
        it_is_not_reentrant
        nothing_is_lost_between_wakers;
    rwlock:
        parallel_readers
        attempts
        nested_readers_and_a_writer
        hammer
        a_pending_writer_blocks_new_readers
        queued_readers_go_before_the_next_writer
        writers_are_served_in_order
        a_writer_gets_past_readers
        a_reader_gets_past_writers
        readers_may_nest_without_a_writer_only;
    wait_group:
        two_stages
        negative_counter
        race
        go_runs_before_wait_returns
        endings_of_a_body
        reuse_before_wait_returned
        misuse_has_known_texts;
    once:
        once
        callers_see_completion
        a_panic_poisons
        recursion_hangs
        once_func_
        once_value_
        panics_are_replayed
        the_first_panic_is_reported_at_its_place
        goexit_is_not_repeated
        functions_are_released;
    condvar:
        signal
        signal_generations
        broadcast
        race
        signal_stealing
        ticket_order
        signals_are_not_kept
        timed_waits
        no_spurious_wake_ups;
    semaphore:
        hammer
        first_come_first_served
        attempts
        a_large_request_is_not_starved
        timeouts
        permits_come_back;
    pool:
        reuse
        values_are_made_when_there_are_none
        stress
        each_value_is_in_one_hand
        nothing_leaks;
    map:
        matches_a_locked_map
        concurrent_range
        range_may_nest
        missing_keys_are_not_swapped
        concurrent_clear
        one_stores_first
        what_is_deleted_is_released;
}
