//! What holds of timers and tickers wherever they are used: on goroutines, on plain threads
//! next to a runtime, and where there is none.

mod calls;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use gmp_chan::{Receiver, RecvTimeoutError, Select, bounded};
use gmp_sync::time::{Ticker, Timer, after_func};

pub(crate) use self::calls::*;
use crate::common::{Random, message, until};

pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const SOON: Duration = Duration::from_millis(3);
const NOW: Duration = Duration::ZERO;

/// Runs `body` beside the caller, on what the caller is: a goroutine or a thread. What comes
/// back waits for its end.
fn beside<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> impl FnOnce() -> T {
    let (tx, rx) = bounded(1);
    let body = move || drop(tx.send(body()));
    if gmp_core::current().is_some() {
        drop(gmp_core::spawn(body));
    } else {
        drop(thread::spawn(body));
    }
    move || rx.recv().expect("it panicked")
}

/// A call that is counted.
pub(crate) fn counted(calls: &Arc<AtomicUsize>) -> impl Fn() + Send + Sync + use<> {
    let calls = Arc::clone(calls);
    move || {
        calls.fetch_add(1, SeqCst);
    }
}

/// Until so many wait for `chan`.
fn waiting(chan: &Receiver<Instant>, count: usize) {
    until(|| chan.waiting_receivers() == count);
}

/// Waits until a value of `timer` is there, without taking it.
fn fired(timer: &Timer) {
    let mut select = Select::new();
    select.recv(timer.chan());
    select.ready();
}

pub(crate) fn stop_and_reset_say_what_they_prevent() {
    let timer = Timer::new(HOUR);
    assert!(timer.stop(), "it was pending");
    assert!(!timer.stop(), "it was stopped");
    assert!(!timer.reset(HOUR), "it was stopped");
    assert!(timer.reset(NOW), "it was pending");
    fired(&timer);
    assert!(timer.reset(NOW), "its value was not received");
    fired(&timer);
    assert!(timer.stop(), "its value was not received");
    assert!(timer.chan().try_recv().is_err(), "a value after the stop");
    assert!(!timer.reset(NOW));
    timer.chan().recv().unwrap();
    assert!(!timer.stop(), "its value was received");
    assert!(!timer.reset(NOW), "its value was received");
    timer.chan().recv().unwrap();
    assert!(timer.chan().try_recv().is_err(), "a second value");
}

pub(crate) fn after_a_reset_there_is_only_the_new_value() {
    let timer = Timer::new(NOW);
    for _ in 0..50 {
        let before = Instant::now();
        timer.reset(Duration::from_micros(100));
        let due = timer.chan().recv().unwrap();
        assert!(due >= before + Duration::from_micros(100), "a value of before");
        assert!(Instant::now() >= due, "early");
        timer.reset(NOW);
    }
}

pub(crate) fn a_late_receiver_gets_the_instant_it_was_due() {
    let before = Instant::now();
    let timer = Timer::new(SOON);
    let after = Instant::now();
    until(|| after.elapsed() > 3 * SOON);
    let due = timer.chan().recv().unwrap();
    assert!(due >= before + SOON && due <= after + SOON);
}

pub(crate) fn len_and_capacity_are_zero() {
    let (timer, ticker) = (Timer::new(NOW), Ticker::new(Duration::from_nanos(1)));
    fired(&timer);
    for chan in [timer.chan(), ticker.chan()] {
        assert_eq!((chan.len(), chan.capacity()), (0, Some(0)));
        assert!(chan.is_empty() && chan.is_full());
        chan.recv().unwrap();
        assert_eq!((chan.len(), chan.is_closed()), (0, false));
    }
}

pub(crate) fn what_the_clock_cannot_hold_is_never() {
    let timer = Timer::new(Duration::MAX);
    let never = Err(RecvTimeoutError::Timeout);
    assert_eq!(timer.chan().recv_timeout(SOON), never);
    assert!(timer.stop(), "pending for ever");
    assert!(!timer.reset(Duration::from_secs(u64::MAX / 2)));
    assert_eq!(timer.chan().recv_timeout(SOON), never);
    assert!(timer.reset(NOW));
    timer.chan().recv().unwrap();
    let ticker = Ticker::new(Duration::MAX);
    assert_eq!(ticker.chan().recv_timeout(SOON), never);
    ticker.reset(SOON);
    ticker.chan().recv().unwrap();
    let func = after_func(Duration::MAX, || unreachable!());
    assert!(func.reset(Duration::MAX) && func.stop() && !func.stop());
}

/// How somebody waits for a channel.
const WAYS: [fn(&Receiver<Instant>) -> Instant; 4] = [
    |chan| chan.recv().unwrap(),
    |chan| chan.recv_timeout(HOUR).unwrap(),
    |chan| {
        let (_tx, other) = bounded::<u8>(0);
        let mut select = Select::new();
        select.recv(&other);
        let this = select.recv(chan);
        let chosen = select.select();
        assert_eq!(chosen.index(), this);
        chosen.recv(chan).unwrap()
    },
    |chan| {
        let mut select = Select::new();
        select.recv(chan);
        select.ready();
        chan.try_recv().unwrap()
    },
];

pub(crate) fn who_waits_is_served_at_the_new_time() {
    // Earlier than the old one, later, and after a stop.
    for (way, (old, stopped)) in WAYS.into_iter().flat_map(|way| {
        [(HOUR, false), (SOON, false), (HOUR, true), (SOON, true)].map(|times| (way, times))
    }) {
        let timer = Arc::new(Timer::new(old));
        let before = Instant::now();
        let waiter = beside({
            let timer = Arc::clone(&timer);
            move || way(timer.chan())
        });
        if old == HOUR {
            waiting(timer.chan(), 1);
        }
        if stopped && !timer.stop() || !stopped && !timer.reset(3 * SOON) {
            // It has been too quick for us; served all the same.
            assert!(waiter() >= before + old);
            continue;
        }
        if stopped {
            assert!(!timer.reset(3 * SOON));
        }
        let due = waiter();
        assert!(due >= before + 3 * SOON, "served too early, or with the old value");
        assert!(Instant::now() >= due);
    }
}

pub(crate) fn all_kinds_wait_for_one_ticker_that_is_reset() {
    let ticker = Arc::new(Ticker::new(HOUR));
    let waiters: Vec<_> = WAYS[..3]
        .iter()
        .map(|&way| {
            let ticker = Arc::clone(&ticker);
            beside(move || way(ticker.chan()))
        })
        .collect();
    // And threads in any case.
    let thread = thread::spawn({
        let ticker = Arc::clone(&ticker);
        move || ticker.chan().recv().unwrap()
    });
    waiting(ticker.chan(), 4);
    let before = Instant::now();
    ticker.reset(Duration::from_micros(300));
    let mut ticks: Vec<_> = waiters.into_iter().map(|wait| wait()).collect();
    until(|| thread.is_finished());
    ticks.push(thread.join().unwrap());
    ticks.sort_unstable();
    ticks.dedup();
    assert_eq!(ticks.len(), 4, "a tick was received twice");
    assert!(ticks[0] >= before + Duration::from_micros(300));
}

pub(crate) fn a_ticker_keeps_its_phase_and_drops_ticks() {
    let period = Duration::from_micros(500);
    let ticker = Ticker::new(period);
    let mut last = ticker.chan().recv().unwrap();
    for late in [0, 0, 3, 1, 0, 7, 0] {
        let wait_from = Instant::now();
        until(|| wait_from.elapsed() >= late * period);
        let before = Instant::now();
        let tick = ticker.chan().recv().unwrap();
        let after = Instant::now();
        assert_eq!((tick - last).as_nanos() % period.as_nanos(), 0, "off the grid");
        assert!(tick > last && tick <= after);
        // The oldest that was not received; those between it and now are dropped.
        if late > 1 {
            assert!(before >= tick + period, "not the one that was pending");
            let next = ticker.chan().recv().unwrap();
            assert!(next > before, "a tick that came in between was kept");
            assert_eq!((next - tick).as_nanos() % period.as_nanos(), 0, "off the grid");
            last = next;
        } else {
            last = tick;
        }
    }
}

pub(crate) fn a_stopped_ticker_is_silent_and_can_be_reset() {
    let ticker = Ticker::new(Duration::from_micros(100));
    ticker.chan().recv().unwrap();
    ticker.stop();
    assert_eq!(ticker.chan().recv_timeout(SOON), Err(RecvTimeoutError::Timeout));
    ticker.stop();
    let before = Instant::now();
    ticker.reset(SOON);
    let first = ticker.chan().recv().unwrap();
    assert!(first >= before + SOON);
    assert_eq!((ticker.chan().recv().unwrap() - first).as_nanos() % SOON.as_nanos(), 0);
}

pub(crate) fn tickers_want_a_period() {
    assert_eq!(message(|| Ticker::new(NOW)), "non-positive interval for NewTicker");
    let ticker = Ticker::new(SOON);
    assert_eq!(message(|| ticker.reset(NOW)), "non-positive interval for Ticker.Reset");
    ticker.chan().recv().unwrap();
}

pub(crate) fn the_shortest_period_delivers() {
    let ticker = Ticker::new(Duration::from_nanos(1));
    let mut last = Instant::now() - SOON;
    for tick in ticker.chan().iter().take(100) {
        assert!(tick > last);
        last = tick;
    }
}

pub(crate) fn many_share_a_ticker_while_it_is_reset() {
    const TAKERS: usize = 10;
    const EACH: usize = 100;
    let ticker = Arc::new(Ticker::new(Duration::from_nanos(1)));
    let over = Arc::new(AtomicBool::new(false));
    let takers: Vec<_> = (0..TAKERS)
        .map(|_| {
            let ticker = Arc::clone(&ticker);
            beside(move || assert_eq!(ticker.chan().iter().take(EACH).count(), EACH))
        })
        .collect();
    let resetters: Vec<_> = (0..3_u64)
        .map(|number| {
            let (ticker, over) = (Arc::clone(&ticker), Arc::clone(&over));
            beside(move || {
                while !over.load(SeqCst) {
                    if number == 0 {
                        ticker.stop();
                    }
                    ticker.reset(Duration::from_nanos(1 + number * 10_000));
                    gmp_core::gosched();
                }
            })
        })
        .collect();
    takers.into_iter().for_each(|wait| wait());
    over.store(true, SeqCst);
    resetters.into_iter().for_each(|wait| wait());
}

pub(crate) fn many_share_a_timer_while_it_is_reset() {
    const TAKERS: usize = 8;
    let timer = Arc::new(Timer::new(HOUR));
    let taken = Arc::new(AtomicUsize::new(0));
    let takers: Vec<_> = (0..TAKERS)
        .map(|_| {
            let (timer, taken) = (Arc::clone(&timer), Arc::clone(&taken));
            beside(move || {
                for _ in 0..50 {
                    timer.chan().recv().unwrap();
                    taken.fetch_add(1, SeqCst);
                }
            })
        })
        .collect();
    let random = Random::new();
    let mut prevented = 0;
    let mut resets = 0_usize;
    while taken.load(SeqCst) < TAKERS * 50 {
        prevented += usize::from(timer.reset(Duration::from_nanos(random.below(20_000))));
        resets += 1;
        gmp_core::gosched();
    }
    takers.into_iter().for_each(|wait| wait());
    let left = usize::from(timer.stop());
    // The first hour, and each reset, came to a value or was prevented.
    assert_eq!(1 + resets, taken.load(SeqCst) + prevented + left);
}

pub(crate) fn stops_against_the_end_of_a_timer() {
    let random = Random::new();
    for _ in 0..300 {
        let timer = Arc::new(Timer::new(Duration::from_nanos(random.below(30_000))));
        let receiver = beside({
            let timer = Arc::clone(&timer);
            move || timer.chan().recv_timeout(Duration::from_millis(1)).is_ok()
        });
        until(|| random.below(20) == 0);
        let stoppers: Vec<_> = (0..3)
            .map(|_| {
                let timer = Arc::clone(&timer);
                beside(move || timer.stop())
            })
            .collect();
        let stopped = stoppers.into_iter().map(|wait| usize::from(wait())).sum::<usize>();
        assert_eq!(stopped + usize::from(receiver()), 1, "both, or neither");
    }
}

pub(crate) fn timers_may_be_dropped_while_others_use_their_channel() {
    let timer = Timer::new(SOON);
    let chan = timer.chan().clone();
    drop(timer);
    chan.recv().unwrap();
    // Armed by a select that has left again.
    for _ in 0..200 {
        let (timer, ticker) = (Timer::new(HOUR), Ticker::new(HOUR));
        let (tx, other) = bounded(0);
        let waiter = beside({
            let (timer, ticker) = (timer.chan().clone(), ticker.chan().clone());
            move || {
                let mut select = Select::new();
                select.recv(&timer);
                select.recv(&ticker);
                let index = select.recv(&other);
                let chosen = select.select();
                assert_eq!(chosen.index(), index);
                chosen.recv(&other).unwrap();
            }
        });
        tx.send(()).unwrap();
        drop((timer, ticker));
        waiter();
    }
}

/// Threads and goroutines, where there are any, that use the same timers from all sides.
pub(crate) fn all_sides(timers: usize, turns: usize) {
    let timers: Arc<Vec<_>> = Arc::new((0..timers).map(|_| Timer::new(HOUR)).collect());
    let start = Arc::new(Barrier::new(3));
    let threads: Vec<_> = (0..3)
        .map(|number| {
            let (timers, start) = (Arc::clone(&timers), Arc::clone(&start));
            thread::spawn(move || {
                start.wait();
                mix(&timers, turns, number);
            })
        })
        .collect();
    let others: Vec<_> = (0..3)
        .map(|number| {
            let timers = Arc::clone(&timers);
            beside(move || mix(&timers, turns, number + 3))
        })
        .collect();
    others.into_iter().for_each(|wait| wait());
    until(|| threads.iter().all(thread::JoinHandle::is_finished));
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn mix(timers: &[Timer], turns: usize, number: usize) {
    for turn in 0..turns {
        let timer = &timers[(turn * 7 + number) % timers.len()];
        match (turn + number) % 4 {
            0 => drop(timer.reset(Duration::from_micros((turn % 50) as u64))),
            1 => drop(timer.chan().recv_timeout(Duration::from_micros(20))),
            2 => drop(timer.stop()),
            _ => drop(timer.reset(HOUR)),
        }
    }
}
