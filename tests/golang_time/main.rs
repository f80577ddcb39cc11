//! Go's rules for timers, under GOMAXPROCS 1, 2 and 4.
//!
//! Each group of rules is a program of its own, because GOMAXPROCS belongs to the whole
//! process. What Go's own tests check is checked with their counts where these take no more
//! than a second. "Never early" is exact; how late something is depends on the machine, so
//! that upper bounds are either Go's or none.
//!
//! Left out, since there is nothing to port:
//! - `TestTick`, `TestNewTickerLtZeroDuration` for negative durations: there are none.
//! - Zero `Timer`s and `Ticker`s, `TestTickerStopWithDirectInitialization`,
//!   `TestManualTicker`, `TestIssue5745`: nobody can make one that is not initialized.
//! - `TestTimerGC`: a timer goes when it is dropped, which is looked at here.

mod after;
mod after_func;
#[path = "../golang_sync/rules.rs"]
#[macro_use]
mod rules;
mod races;
mod sleep;
#[path = "../support/mod.rs"]
mod support;
mod ticker;
mod timer;

use std::time::Duration;

rules! {
    sleep:
        never_early
        zero_does_not_yield
        no_deadlock_beside_stops_of_the_world
        overflow
        crowds;
    after:
        never_early
        one_after_the_other
        in_order_of_deadlines
        values_are_when_they_were_due
        dropped_ones_are_gone;
    after_func:
        chain_without_delay
        not_starved
        on_a_goroutine_of_its_own
        stops_and_resets
        stop_stress
        in_order_of_deadlines
        what_it_holds_is_released;
    timer:
        after_stop
        resets
        table
        one_receiver_gets_it
        without_delay
        due_times
        extremes;
    ticker:
        rate
        stress
        concurrent_stress
        teardown
        no_period
        table
        keeps_its_phase
        reset_begins_a_phase
        extremes;
    races:
        stop_tells_whether_there_is_a_value
        reset_tells_whether_there_was_a_value
        moved_earlier
        moved_about
        many_woken_by_one_ticker
        many_woken_by_one_timer;
}

/// More than any test takes.
const HOUR: Duration = Duration::from_secs(3_600);
const MS: Duration = Duration::from_millis(1);
