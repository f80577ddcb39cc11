//! `Ticker`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

use gmp::chan::bounded;
use gmp::sync::WaitGroup;
use gmp::time::{Ticker, sleep};
use gmp::{go, select};

use crate::MS;
use crate::rules::{join, let_others_run, panic_text};
use crate::support::{spin_until, until};

/// TestTicker: not faster than its period, before and after it is changed; then silence.
pub(crate) fn rate() {
    const COUNT: u32 = 5;
    const PERIOD: Duration = Duration::from_millis(20);
    let start = Instant::now();
    let ticker = Ticker::new(PERIOD);
    (0..COUNT).for_each(|_| _ = ticker.chan().recv().unwrap());
    assert!(start.elapsed() >= COUNT * PERIOD, "{:?}", start.elapsed());
    let reset = Instant::now();
    ticker.reset(2 * PERIOD);
    (0..COUNT).for_each(|_| _ = ticker.chan().recv().unwrap());
    assert!(reset.elapsed() >= COUNT * 2 * PERIOD, "{:?}", reset.elapsed());
    ticker.stop();
    sleep(4 * PERIOD);
    assert!(ticker.chan().try_recv().is_err() && !ticker.chan().is_closed());
}

fn beside_naps(play: impl FnOnce()) {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let naps = go!(move || while !stopped.load(SeqCst) {
        sleep(Duration::from_nanos(1));
    });
    play();
    stop.store(true, SeqCst);
    join(naps);
}

/// TestTickerStress.
pub(crate) fn stress() {
    beside_naps(|| {
        let ticker = Ticker::new(Duration::from_nanos(1));
        (0..100).for_each(|_| _ = ticker.chan().recv().unwrap());
        ticker.stop();
    });
}

/// TestTickerConcurrentStress.
pub(crate) fn concurrent_stress() {
    beside_naps(|| {
        let (ticker, all) = (Arc::new(Ticker::new(Duration::from_nanos(1))), WaitGroup::new());
        for _ in 0..10 {
            let ticker = Arc::clone(&ticker);
            all.go(move || (0..100).for_each(|_| _ = ticker.chan().recv().unwrap()));
        }
        all.wait();
        ticker.stop();
    });
}

/// TestTeardown; and a ticker that is dropped is gone, though somebody has its channel.
pub(crate) fn teardown() {
    for stops in [true, false, true] {
        let ticker = Ticker::new(5 * MS);
        let chan = ticker.chan().clone();
        assert!(chan.recv().is_ok());
        if stops {
            ticker.stop();
            let waiter = go!(move || select! { <-chan => true, after(20 * MS) => false });
            assert!(!join(waiter));
        }
        drop(ticker);
    }
}

/// TestNewTickerLtZeroDuration, TestTickerResetLtZeroDuration.
pub(crate) fn no_period() {
    let text = panic_text(|| Ticker::new(Duration::ZERO));
    assert_eq!(text, "non-positive interval for NewTicker");
    let ticker = Ticker::new(MS);
    let text = panic_text(|| ticker.reset(Duration::ZERO));
    assert_eq!(text, "non-positive interval for Ticker.Reset");
    // It goes on.
    assert!(ticker.chan().recv().is_ok());
}

/// testTimerChan's table, for a ticker.
pub(crate) fn table() {
    const FAR: Duration = Duration::from_secs(10_000);
    const SOON: Duration = Duration::from_nanos(1);
    let wait = || sleep(2 * MS);
    let ticker = Ticker::new(FAR);
    let chan = ticker.chan().clone();
    let is_empty = || chan.try_recv().is_err();
    ticker.stop();
    assert!(is_empty());
    ticker.reset(FAR);
    assert!(is_empty());
    ticker.reset(SOON);
    wait();
    assert_eq!((chan.len(), chan.capacity()), (0, Some(0)));
    assert!(chan.try_recv().is_ok());
    // A tick that is due is taken back by a reset.
    wait();
    ticker.reset(FAR);
    assert!(is_empty());
    // Reset while somebody waits.
    let receiver = chan.clone();
    let waiter = go!(move || receiver.recv());
    until(|| chan.waiting_receivers() == 1);
    ticker.reset(2 * FAR);
    let_others_run();
    assert!(!waiter.is_finished());
    ticker.reset(SOON);
    assert!(join(waiter).is_ok());
    wait();
    assert!(chan.try_recv().is_ok());
    ticker.stop();
    assert!(is_empty());
    // Two that wait by select; both may get one.
    let (stop, stopped) = bounded::<()>(0);
    let select = || {
        let (chan, stopped) = (chan.clone(), stopped.clone());
        go!(move || select! { v = <-chan => v.is_ok(), <-stopped => false })
    };
    let pair = [select(), select()];
    until(|| chan.waiting_receivers() == 2);
    wait();
    assert!(pair.iter().all(|handle| !handle.is_finished()), "it is stopped");
    ticker.reset(MS);
    until(|| pair.iter().any(|handle| handle.is_finished()));
    ticker.stop();
    stop.close();
    assert!(pair.map(join).contains(&true));
    assert!(is_empty());
    // No old ticks.
    ticker.reset(SOON);
    wait();
    ticker.stop();
    assert!(is_empty());
    ticker.reset(SOON);
    wait();
    let before = Instant::now();
    ticker.reset(5 * MS);
    assert!(chan.recv().unwrap() >= before + 5 * MS, "an old tick");
}

/// At most one tick is kept, and all of them are multiples of the period from the start,
/// however late somebody was.
pub(crate) fn keeps_its_phase() {
    const PERIOD: Duration = Duration::from_millis(3);
    let before = Instant::now();
    let ticker = Ticker::new(PERIOD);
    let made = Instant::now();
    let first = ticker.chan().recv().unwrap();
    assert!(before + PERIOD <= first && first <= made + PERIOD, "{:?}", first - before);
    let on_the_grid = |tick: Instant| {
        let since = (tick - first).as_nanos();
        assert_eq!(since % PERIOD.as_nanos(), 0, "off by {} ns", since % PERIOD.as_nanos());
    };
    let mut last = first;
    for round in 0..20_u32 {
        // Late by up to three periods, asleep or at work.
        let late = round * PERIOD / 6;
        if round % 2 == 0 {
            sleep(late);
        } else {
            let start = Instant::now();
            spin_until(|| start.elapsed() >= late);
        }
        let came = Instant::now();
        let kept = ticker.chan().recv().unwrap();
        let next = ticker.chan().recv().unwrap();
        assert!(last < kept && kept < next && next > came, "{round}");
        assert!(Instant::now() >= next, "early");
        on_the_grid(kept);
        on_the_grid(next);
        last = next;
    }
    // The same for who waits by select, and beside another who waits.
    let other = ticker.chan().clone();
    let others = go!(move || [other.recv().unwrap(), other.recv().unwrap()]);
    for _ in 0..4 {
        let tick = select! { v = <-ticker.chan() => v.unwrap() };
        on_the_grid(tick);
    }
    join(others).into_iter().for_each(on_the_grid);
}

/// TestTickTimes, and that a reset counts from its own time.
pub(crate) fn reset_begins_a_phase() {
    const PERIOD: Duration = Duration::from_millis(10);
    let before = Instant::now();
    let ticker = Ticker::new(PERIOD);
    let made = Instant::now();
    sleep(6 * PERIOD);
    let value = ticker.chan().recv().unwrap();
    // The first one that was missed.
    assert!(before + PERIOD <= value && value <= made + PERIOD, "{:?}", value - before);
    let before = Instant::now();
    ticker.reset(2 * PERIOD);
    let made = Instant::now();
    let first = ticker.chan().recv().unwrap();
    assert!(before + 2 * PERIOD <= first && first <= made + 2 * PERIOD);
    let second = ticker.chan().recv().unwrap();
    assert_eq!((second - first).as_nanos() % (2 * PERIOD).as_nanos(), 0);
    ticker.stop();
    let before = Instant::now();
    ticker.reset(PERIOD);
    assert!(ticker.chan().recv().unwrap() >= before + PERIOD);
}

/// A period without end has no second tick, nor a first one.
pub(crate) fn extremes() {
    for far in [Duration::MAX, Duration::from_nanos(u64::MAX), Duration::from_secs(1 << 40)] {
        let ticker = Ticker::new(far);
        select! {
            <-ticker.chan() => panic!("so soon"),
            after(MS) => {}
        }
        ticker.reset(MS);
        assert!(ticker.chan().recv().is_ok());
        ticker.reset(far);
        assert!(ticker.chan().try_recv().is_err());
        ticker.stop();
    }
}
