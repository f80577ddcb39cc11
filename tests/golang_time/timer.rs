//! `Timer`.

use std::time::{Duration, Instant};

use gmp::chan::{Receiver, bounded};
use gmp::time::{Timer, after, after_func, sleep};
use gmp::{go, select};

use crate::rules::{join, let_others_run};
use crate::support::until;
use crate::{HOUR, MS};

fn is_empty(receiver: &Receiver<Instant>) -> bool {
    receiver.try_recv().is_err()
}

/// TestAfterStop: silence after a stop, also behind longer timers.
pub(crate) fn after_stop() {
    let timer = Timer::new(HOUR);
    let (tell, told) = bounded(1);
    let function = after_func(HOUR, move || tell.send(()).unwrap());
    assert!(timer.reset(20 * MS) && function.reset(60 * MS));
    let stopped = (timer.stop(), function.stop());
    after(80 * MS).recv().unwrap();
    // 20 ms are not too short to be stopped in time, but on a machine with others to serve.
    assert!(stopped.0, "a value that nobody has received can be taken back");
    assert!(is_empty(timer.chan()));
    assert_eq!(told.try_recv().is_err(), stopped.1);
    assert!(!timer.stop() && !function.stop());
}

/// TestReset: not before the new deadline, and then. Once more with longer delays if the
/// machine was slower than they are long, as Go does it.
pub(crate) fn resets() {
    let mut delay = MS;
    loop {
        let timer = Timer::new(2 * delay);
        sleep(delay);
        // Whether or not it has fired: nobody has the value.
        let before = Instant::now();
        assert!(timer.reset(3 * delay));
        sleep(2 * delay);
        let value = timer.chan().try_recv();
        assert!(value.is_err() || before.elapsed() >= 3 * delay, "early");
        if value.is_err() {
            sleep(2 * delay);
            let value = timer.chan().try_recv().expect("it is due");
            assert!(value >= before + 3 * delay);
            assert!(!timer.reset(50 * MS) && timer.stop());
            return;
        }
        delay *= 2;
        assert!(delay < 10_000 * MS, "never in time");
    }
}

/// testTimerChan's table, for a timer. `wait` lets what is due become so.
pub(crate) fn table() {
    const FAR: Duration = Duration::from_secs(10_000);
    let wait = || sleep(2 * MS);
    let timer = Timer::new(FAR);
    let chan = timer.chan().clone();
    // Stopped before anybody waited.
    assert!(timer.stop() && is_empty(&chan));
    assert!(!timer.reset(FAR) && is_empty(&chan));
    assert!(timer.reset(MS / 1_000));
    wait();
    assert_eq!((chan.len(), chan.capacity()), (0, Some(0)));
    assert!(chan.try_recv().is_ok() && is_empty(&chan));
    wait();
    assert!(!timer.reset(FAR) && is_empty(&chan));
    // Reset and stopped while somebody waits.
    let receiver = chan.clone();
    let waiter = go!(move || receiver.recv());
    until(|| chan.waiting_receivers() == 1);
    assert!(timer.reset(2 * FAR));
    let_others_run();
    assert!(!waiter.is_finished());
    let before = Instant::now();
    assert!(timer.reset(MS));
    assert!(join(waiter).unwrap() >= before + MS);
    assert!(is_empty(&chan) && !timer.stop() && is_empty(&chan));
    // Two that wait by select: one of them has it.
    assert!(!timer.reset(FAR));
    let (stop, stopped) = bounded::<()>(0);
    let select = |chan: &Receiver<Instant>| {
        let (chan, stopped) = (chan.clone(), stopped.clone());
        go!(move || select! { v = <-chan => v.is_ok(), <-stopped => false })
    };
    let pair = [select(&chan), select(&chan)];
    until(|| chan.waiting_receivers() == 2);
    assert!(timer.reset(MS));
    until(|| pair.iter().any(|handle| handle.is_finished()));
    assert!(!timer.stop());
    until(|| chan.waiting_receivers() == 1);
    stop.close();
    assert_eq!(pair.map(join).into_iter().filter(|got| *got).count(), 1);
    // Waiting for one that is stopped.
    let (stop, stopped) = bounded::<()>(0);
    let select = |chan: &Receiver<Instant>| {
        let (chan, stopped) = (chan.clone(), stopped.clone());
        go!(move || select! { v = <-chan => v.is_ok(), <-stopped => false })
    };
    let pair = [select(&chan), select(&chan)];
    until(|| chan.waiting_receivers() == 2);
    wait();
    stop.close();
    assert_eq!(pair.map(join), [false; 2]);
    // Old values cannot be received: what was due and not received counts as pending.
    assert!(!timer.reset(MS / 1_000));
    wait();
    assert!(timer.stop() && is_empty(&chan));
    assert!(!timer.reset(MS / 1_000));
    wait();
    let before = Instant::now();
    assert!(timer.reset(HOUR) && is_empty(&chan));
    assert!(timer.reset(MS));
    assert!(chan.recv().unwrap() >= before + MS, "an old value");
    assert!(is_empty(&chan) && !timer.reset(HOUR) && is_empty(&chan));
}

/// Of many that wait one is served.
pub(crate) fn one_receiver_gets_it() {
    const WAITERS: usize = 10;
    let timer = Timer::new(HOUR);
    let (stop, stopped) = bounded::<()>(0);
    let waits = |_| {
        let (chan, stopped) = (timer.chan().clone(), stopped.clone());
        go!(move || select! { v = <-chan => v.is_ok(), <-stopped => false })
    };
    let waiters: Vec<_> = (0..WAITERS).map(waits).collect();
    for left in (1..=WAITERS).rev() {
        until(|| timer.chan().waiting_receivers() == left);
        assert_eq!(timer.reset(Duration::ZERO), left == WAITERS);
        until(|| timer.chan().waiting_receivers() == left - 1);
        if left == WAITERS / 2 {
            break;
        }
    }
    let_others_run();
    stop.close();
    let got = waiters.into_iter().map(join).filter(|got| *got).count();
    assert_eq!(got, WAITERS / 2 + 1);
}

/// TestZeroTimer, in its three forms, a part of its count.
pub(crate) fn without_delay() {
    const ROUNDS: usize = 50_000;
    let reused = Timer::new(HOUR);
    let (tell, told) = bounded(1);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        assert!(Timer::new(Duration::ZERO).chan().recv().unwrap() >= start);
        reused.reset(Duration::ZERO);
        assert!(reused.chan().recv().unwrap() >= start);
        let tell = tell.clone();
        after_func(Duration::ZERO, move || tell.send(()).unwrap());
        told.recv().unwrap();
    }
}

/// The value is the instant at which it was due, whoever gets it, and however late.
pub(crate) fn due_times() {
    let timer = Timer::new(HOUR);
    for late in [false, true] {
        let before = Instant::now();
        assert_eq!(timer.reset(5 * MS), !late);
        let made = Instant::now();
        if late {
            sleep(20 * MS);
        }
        let value = timer.chan().recv().unwrap();
        assert!(Instant::now() >= before + 5 * MS, "early");
        assert!(before + 5 * MS <= value && value <= made + 5 * MS, "{:?}", value - before);
    }
}

/// Durations without end never fire, and can be changed.
pub(crate) fn extremes() {
    for far in [Duration::MAX, Duration::from_nanos(u64::MAX), Duration::from_secs(1 << 40)] {
        let timer = Timer::new(far);
        select! {
            <-timer.chan() => panic!("so soon"),
            after(MS) => {}
        }
        assert!(timer.reset(MS) && timer.chan().recv().is_ok());
        assert!(!timer.reset(far) && is_empty(timer.chan()));
        assert!(timer.reset(far) && timer.stop() && !timer.stop());
        let function = after_func(far, || panic!("so soon"));
        assert!(function.reset(far) && function.stop());
    }
}
