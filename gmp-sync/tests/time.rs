//! Timers and tickers where a runtime runs, on goroutines and on plain threads.

mod common;
mod time_cases;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use common::{on_both, until, watchdog};
use gmp_chan::bounded;
use gmp_sync::time::{Timer, after_func};
use time_cases::{HOUR, SOON, counted};

macro_rules! on_both {
    ($($case:ident)*) => {$(
        #[test]
        fn $case() {
            on_both(time_cases::$case);
        }
    )*};
}

on_both! {
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
    on_both(|| time_cases::all_sides(8, 2_000));
}

#[test]
fn calls_are_made_by_goroutines_whoever_asks_for_them() {
    on_both(|| {
        let (tx, rx) = bounded(1);
        drop(after_func(SOON, move || tx.send(gmp_core::current().is_some()).unwrap()));
        assert_eq!(rx.recv(), Ok(true));
    });
}

/// A thread and a goroutine wait for the same timer, and others set it.
#[test]
fn threads_and_goroutines_on_one_timer() {
    on_both(|| {
        let timer = Arc::new(Timer::new(HOUR));
        for by_thread in [true, false, true] {
            let waits = || {
                let timer = Arc::clone(&timer);
                move || timer.chan().recv().unwrap()
            };
            let thread = thread::spawn(waits());
            let goroutine = gmp_core::spawn(waits());
            until(|| timer.chan().waiting_receivers() == 2);
            // One of them gets the first value, the other one the second.
            let before = Instant::now();
            for left in [1, 0] {
                let timer = Arc::clone(&timer);
                let reset = move || timer.reset(SOON);
                if by_thread {
                    let reset = thread::spawn(reset);
                    until(|| reset.is_finished());
                    reset.join().unwrap();
                } else {
                    gmp_core::spawn(reset).join().unwrap();
                }
                until(|| self::timer(&thread, &goroutine) == left);
            }
            let thread = thread.join().unwrap();
            let goroutine = goroutine.join().unwrap();
            assert!(thread.min(goroutine) >= before + SOON);
            assert!(thread.max(goroutine) >= thread.min(goroutine) + SOON);
        }
    });
}

/// How many of the two have not ended.
fn timer<T, U>(thread: &thread::JoinHandle<T>, goroutine: &gmp_core::JoinHandle<U>) -> usize {
    usize::from(!thread.is_finished()) + usize::from(!goroutine.is_finished())
}

#[test]
fn a_panic_of_a_call_ends_its_goroutine_only() {
    on_both(|| {
        let (tx, rx) = bounded(1);
        let timer = after_func(Duration::ZERO, move || {
            tx.send(()).unwrap();
            panic!("this one is to be seen");
        });
        rx.recv().unwrap();
        assert!(!timer.reset(Duration::ZERO));
        rx.recv().unwrap();
    });
}

/// Arms `all`, looks at the clock for a short one in between, takes half of them back, and
/// lets the rest go.
fn many_are_pending(all: usize) {
    let calls = Arc::new(AtomicUsize::new(0));
    let timers: Vec<_> = (0..all as u64)
        .map(|n| {
            let wait = HOUR + Duration::from_nanos(n.wrapping_mul(0x9e37_79b9) % 1000);
            after_func(wait, counted(&calls))
        })
        .collect();
    let before = Instant::now();
    let due = Timer::new(SOON).chan().recv().unwrap();
    assert!(due >= before + SOON);
    assert!(timers.iter().step_by(2).all(Timer::stop));
    assert!(timers.iter().skip(1).step_by(2).all(|timer| timer.reset(Duration::ZERO)));
    until(|| calls.load(SeqCst) == all / 2);
    assert!(!timers.iter().any(Timer::stop));
    drop(timers);
    until(|| Arc::strong_count(&calls) == 1);
    assert_eq!(calls.load(SeqCst), all / 2);
}

#[test]
fn a_million_are_pending() {
    let _watchdog = watchdog();
    gmp_core::run_test(|| many_are_pending(1_000_000));
}

#[test]
fn many_of_a_thread_are_pending() {
    let _watchdog = watchdog();
    common::start();
    many_are_pending(100_000);
}

/// Two goroutines, one P each, arm and stop while the number of Ps changes: timers move.
#[test]
fn timers_move_when_their_p_goes() {
    let _watchdog = watchdog();
    common::start();
    let calls = Arc::new(AtomicUsize::new(0));
    let mut made = 0;
    let stopped = Arc::new(AtomicUsize::new(0));
    for turn in 0..40 {
        gmp_core::gomaxprocs(1 + turn % 4);
        let workers: Vec<_> = (0..4)
            .map(|_| {
                let (calls, stopped) = (Arc::clone(&calls), Arc::clone(&stopped));
                gmp_core::spawn(move || {
                    let timers: Vec<_> = (0..50_u64)
                        .map(|n| after_func(Duration::from_micros(n * 20), counted(&calls)))
                        .collect();
                    gmp_core::gosched();
                    let count = timers.iter().step_by(3).filter(|timer| timer.stop()).count();
                    stopped.fetch_add(count, SeqCst);
                })
            })
            .collect();
        made += 4 * 50;
        workers.into_iter().for_each(|worker| worker.join().unwrap());
    }
    gmp_core::set_default_gomaxprocs();
    until(|| calls.load(SeqCst) + stopped.load(SeqCst) >= made);
    assert_eq!(calls.load(SeqCst) + stopped.load(SeqCst), made);
}
