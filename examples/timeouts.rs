//! Ways to wait no longer than some time: an arm for a timer, a ticker beside it,
//! `default(timeout)`, `recv_timeout`. Nothing is ever early; how late it is gets printed.
//!
//! ```text
//! cargo run --release --example timeouts
//! ```

use std::time::{Duration, Instant};

use gmp::chan::{RecvTimeoutError, SendTimeoutError, after, bounded, tick};
use gmp::{go, select};

const TIMES: usize = 20;
const TIMEOUT: Duration = Duration::from_millis(3);

#[gmp::main]
fn main() {
    let (_silent, rx) = bounded::<u8>(0);
    let (full, _unread) = bounded::<u8>(0);

    println!("lateness of {TIMES} timeouts of {TIMEOUT:?}: median, most");
    lateness("after(..) as an arm", || {
        select! {
            <-rx => unreachable!(),
            after(TIMEOUT) => {}
        }
    });
    lateness("the channel of after(..)", || {
        let timer = after(TIMEOUT);
        select! {
            <-rx => unreachable!(),
            <-timer => {}
        }
    });
    lateness("default(..)", || {
        select! {
            recv(rx) -> _ => unreachable!(),
            default(TIMEOUT) => {}
        }
    });
    lateness("recv_timeout(..)", || {
        assert_eq!(rx.recv_timeout(TIMEOUT), Err(RecvTimeoutError::Timeout));
    });
    lateness("recv_deadline(..)", || {
        let deadline = Instant::now() + TIMEOUT;
        assert_eq!(rx.recv_deadline(deadline), Err(RecvTimeoutError::Timeout));
    });
    lateness("send_timeout(..)", || {
        assert_eq!(full.send_timeout(7, TIMEOUT), Err(SendTimeoutError::Timeout(7)));
    });

    in_time();
    ticks_until_timeout();
}

/// Calls what times out after `TIMEOUT` a few times.
fn lateness(name: &str, wait: impl Fn()) {
    let mut late: Vec<Duration> = (0..TIMES)
        .map(|_| {
            let start = Instant::now();
            wait();
            let elapsed = start.elapsed();
            elapsed.checked_sub(TIMEOUT).unwrap_or_else(|| panic!("{name}: {elapsed:?} is early"))
        })
        .collect();
    late.sort();
    println!("  {name:26} {:>8.1?} {:>8.1?}", late[TIMES / 2], late[TIMES - 1]);
}

/// A value that comes before the timeout wins.
fn in_time() {
    let (tx, rx) = bounded(0);
    go!(move || tx.send("a value").unwrap());
    let start = Instant::now();
    let what = select! {
        value = <-rx => value.unwrap(),
        after(Duration::from_secs(3600)) => "a timeout",
    };
    println!("{what} after {:.1?}, an hour before the timeout", start.elapsed());
    assert_eq!(what, "a value");
}

/// A ticker is received from again and again, the timer that ends it is the same all along.
fn ticks_until_timeout() {
    const TICKS: u32 = 10;
    let start = Instant::now();
    let (ticks, timeout) = (tick(TIMEOUT), after(TIMEOUT * TICKS + TIMEOUT / 2));
    let mut ticked = 0;
    let mut latest = Duration::ZERO;
    let mut tick_is_due = start;
    loop {
        select! {
            due = <-ticks => {
                ticked += 1;
                let (now, due) = (Instant::now(), due.unwrap());
                assert!(due >= tick_is_due + TIMEOUT, "tick {ticked} was due too early");
                latest = latest.max(now.checked_duration_since(due).expect("not early"));
                tick_is_due = due;
            }
            <-timeout => break,
        }
    }
    let elapsed = start.elapsed();
    println!("{ticked} ticks in {elapsed:.1?}, the latest one {latest:.1?} late");
    assert!(elapsed >= TIMEOUT * TICKS + TIMEOUT / 2);
    assert!(TIMEOUT * ticked <= elapsed, "more ticks than there was time for");
}
