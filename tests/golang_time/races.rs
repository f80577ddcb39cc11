//! Timers that are stopped, reset and received from at the same time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gmp::chan::bounded;
use gmp::sync::WaitGroup;
use gmp::time::{Ticker, Timer, after, after_func};
use gmp::{go, gomaxprocs, select};

use crate::rules::join;
use crate::support::Random;
use crate::{HOUR, MS};

/// testStopResetResult: when two timers are due at the same time, either the one not received
/// from is stopped, or there is a value to be received. Fewer rounds than Go's hundred.
fn two_at_once(stop: fn(&Timer) -> bool) {
    const GOROUTINES: usize = 1_000;
    const ROUNDS: usize = 30;
    let (start, started) = bounded::<()>(0);
    let all = WaitGroup::new();
    for _ in 0..GOROUTINES {
        let started = started.clone();
        all.go(move || {
            let _ = started.recv();
            for _ in 0..ROUNDS {
                let (one, other) = (Timer::new(MS), Timer::new(MS));
                let rest = select! {
                    <-one.chan() => &other,
                    <-other.chan() => &one,
                };
                if !stop(rest) {
                    rest.chan().recv().unwrap();
                }
            }
        });
    }
    start.close();
    all.wait();
}

/// TestStopResult. A value nobody has received can always be taken back, and is gone then.
pub(crate) fn stop_tells_whether_there_is_a_value() {
    two_at_once(|timer| {
        let stopped = timer.stop();
        assert!(!stopped || timer.chan().try_recv().is_err(), "stopped, and a value");
        stopped
    });
}

/// TestResetResult.
pub(crate) fn reset_tells_whether_there_was_a_value() {
    two_at_once(|timer| {
        let reset = timer.reset(HOUR);
        assert!(!reset || timer.chan().try_recv().is_err(), "reset, and an old value");
        reset
    });
}

/// TestTimerModifiedEarlier, with a channel and with a function.
pub(crate) fn moved_earlier() {
    for _ in 0..1_000 {
        let timer = Timer::new(HOUR);
        let (tell, told) = bounded(100);
        let function = after_func(HOUR, move || tell.send(()).unwrap());
        let mut runs = 0;
        for _ in 0..10 {
            timer.stop();
            assert!(!timer.reset(Duration::ZERO));
            runs += usize::from(!function.stop());
            assert!(!function.reset(Duration::ZERO));
        }
        let start = Instant::now();
        assert!(timer.chan().recv().is_ok());
        // The first stop, of the hour, ran nothing; the last reset ran once.
        (0..=runs).for_each(|_| told.recv().unwrap());
        assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
        assert!(told.try_recv().is_err());
    }
}

/// TestAdjustTimers: a hundred timers, each in ten steps, in any order.
pub(crate) fn moved_about() {
    const MINUTE: Duration = Duration::from_secs(60);
    let random = Random::new();
    let mut timers: Vec<(Option<Timer>, u32)> = (0..100).map(|_| (None, 0)).collect();
    while !timers.is_empty() {
        let n = random.below(timers.len() as u64) as usize;
        let (slot, state) = &mut timers[n];
        let timer = slot.get_or_insert_with(|| Timer::new(Duration::ZERO));
        match *state {
            1 | 9 => {
                let start = Instant::now();
                timer.chan().recv().unwrap();
                assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
            }
            2 => assert!(!timer.reset(MINUTE)),
            4 => assert!(!timer.reset(3 * MINUTE)),
            6 => assert!(!timer.reset(2 * MINUTE)),
            3 | 5 | 7 => assert!(timer.stop()),
            8 => assert!(!timer.reset(Duration::ZERO)),
            _ => {}
        }
        *state += 1;
        if *state > 10 {
            timers.swap_remove(n);
        }
    }
}

/// TestMultiWakeupTicker, a part of its count, with more goroutines than Ps.
pub(crate) fn many_woken_by_one_ticker() {
    let (ticker, all) = (Arc::new(Ticker::new(MS / 1_000)), WaitGroup::new());
    for _ in 0..gomaxprocs(0) + 2 {
        let ticker = Arc::clone(&ticker);
        all.go(move || {
            for _ in 0..20_000 {
                select! {
                    <-ticker.chan() => {}
                    <-after(MS) => {}
                }
            }
        });
    }
    all.wait();
}

/// TestMultiWakeupTimer; then each value is received by one.
pub(crate) fn many_woken_by_one_timer() {
    const ROUNDS: usize = 10_000;
    let (timer, all) = (Arc::new(Timer::new(MS / 1_000)), WaitGroup::new());
    for _ in 0..gomaxprocs(0) {
        let timer = Arc::clone(&timer);
        all.go(move || {
            for _ in 0..ROUNDS {
                select! {
                    <-timer.chan() => {}
                    default => {}
                }
                timer.reset(Duration::from_nanos(1));
            }
        });
    }
    all.wait();
    timer.stop();
    // No reset may overlap with a value that is under way: a stop that fails means that
    // somebody has received it.
    let receiver = Arc::clone(&timer);
    let (stop, stopped) = bounded::<()>(0);
    let receives = go!(move || {
        let mut got = 0;
        loop {
            select! {
                <-receiver.chan() => got += 1,
                <-stopped => return got,
            }
        }
    });
    let mut fired = 0;
    for n in 0..2_000_u64 {
        timer.reset(Duration::from_micros(n % 7));
        (0..n % 5).for_each(|_| gmp::gosched());
        fired += u64::from(!timer.stop());
    }
    stop.close();
    assert_eq!(join(receives), fired);
}
