//! Timers and tickers in a program that never starts a runtime.

mod common;
mod time_cases;

use std::thread;

use common::watchdog;
use gmp_chan::bounded;
use gmp_sync::time::{after_func, sleep};
use time_cases::SOON;

macro_rules! on_threads {
    ($($case:ident)*) => {$(
        #[test]
        fn $case() {
            let _watchdog = watchdog();
            time_cases::$case();
        }
    )*};
}

on_threads! {
    stop_and_reset_say_what_they_prevent
    after_a_reset_there_is_only_the_new_value
    a_late_receiver_gets_the_instant_it_was_due
    len_and_capacity_are_zero
    what_the_clock_cannot_hold_is_never
    who_waits_is_served_at_the_new_time
    all_kinds_wait_for_one_ticker_that_is_reset
    a_ticker_keeps_its_phase_and_drops_ticks
    a_stopped_ticker_is_silent_and_can_be_reset
    tickers_want_a_period
    the_shortest_period_delivers
    many_share_a_ticker_while_it_is_reset
    many_share_a_timer_while_it_is_reset
    stops_against_the_end_of_a_timer
    a_call_is_made_by_somebody_else
    stop_of_a_call_says_what_it_prevents
    a_call_may_overtake_the_one_before
    a_call_and_its_timer_are_freed
    stops_against_calls
    resets_against_calls
    timers_may_be_dropped_while_others_use_their_channel
    a_call_may_use_its_own_timer
}

#[test]
fn timers_are_used_from_all_sides() {
    let _watchdog = watchdog();
    time_cases::all_sides(8, 2_000);
}

#[test]
fn calls_are_made_by_threads_of_their_own() {
    let _watchdog = watchdog();
    let (tx, rx) = bounded(2);
    let call = move || tx.send((gmp_core::current().is_some(), thread::current().id())).unwrap();
    let timer = after_func(SOON, call);
    let (on_goroutine, first) = rx.recv().unwrap();
    assert!(!on_goroutine && first != thread::current().id());
    assert!(!timer.reset(SOON));
    assert_ne!(rx.recv().unwrap().1, first);
}

#[test]
fn sleep_sleeps() {
    let start = std::time::Instant::now();
    sleep(SOON);
    assert!(start.elapsed() >= SOON);
}
