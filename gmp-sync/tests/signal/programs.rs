//! What the children do.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use gmp_chan::{Receiver, bounded};
use gmp_sync::context::background;
use gmp_sync::signal::{self, Signal, ignore, notify, notify_context, notify_to, reset, stop};

use crate::child::Program;
use crate::{common, send};

pub(crate) const ALL: &[Program] = &[
    ("stopped", || {
        let signals = ready(&[Signal::INT]);
        println!("{}", signals.recv().unwrap());
        stop(&signals);
        end("stopped");
    }),
    ("stopped by sender", || {
        let (tx, rx) = bounded(1);
        notify_to(&tx, &[Signal::INT]);
        println!("ready");
        println!("{}", rx.recv().unwrap());
        stop(&tx);
        end("stopped");
    }),
    ("reset", || {
        let signals = ready(&[Signal::INT, Signal::USR1]);
        println!("{}", signals.recv().unwrap());
        reset(&[Signal::INT]);
        send(Signal::USR1).unwrap();
        assert_eq!(signals.recv(), Ok(Signal::USR1));
        end("stopped");
    }),
    ("dropped", || {
        drop(notify(&[Signal::TERM]));
        end("ready");
    }),
    ("context dropped", || {
        drop(notify_context(&background(), &[Signal::TERM]));
        end("ready");
    }),
    ("two", two),
    ("interrupt only", || {
        let _signals = notify(&[Signal::INT]);
        end("ready");
    }),
    ("context", || {
        let (ctx, stop) = notify_context(&background(), &[Signal::INT]);
        let more = ready(&[Signal::USR1]);
        let _ = ctx.done().recv();
        println!("{}", ctx.cause().unwrap());
        println!("{}", more.recv().unwrap());
        stop();
        end("stopped");
    }),
    ("ignored", ignored),
    ("nohup", || {
        assert!(signal::is_ignored(Signal::HUP) && !signal::is_ignored(Signal::INT));
        let signals = ready(&[Signal::HUP]);
        println!("{}", signals.recv().unwrap());
        let more = notify(&[Signal::USR1]);
        stop(&signals);
        assert!(signal::is_ignored(Signal::HUP));
        println!("stopped");
        println!("{}", more.recv().unwrap());
    }),
    ("storm", storm),
    ("overflow", || {
        common::start();
        let _signals = notify(&[Signal::USR1]);
        let deep = gmp_core::spawn(|| {
            send(Signal::USR1).unwrap();
            black_box(deeper(black_box(1)))
        });
        let _ = deep.join();
    }),
    ("beside", beside),
];

fn ready(signals: &[Signal]) -> Receiver<Signal> {
    let receiver = notify(signals);
    println!("ready");
    receiver
}

/// Says so and waits to be killed.
fn end(word: &str) {
    println!("{word}");
    loop {
        std::thread::park();
    }
}

fn two() {
    let (one, other) = (notify(&[Signal::INT]), ready(&[Signal::INT]));
    assert_eq!(one.recv(), Ok(Signal::INT));
    println!("{}", other.recv().unwrap());
    drop(one);
    println!("one is left");
    println!("{}", other.recv().unwrap());
    drop(other);
    end("none is left");
}

fn ignored() {
    let before = notify(&[Signal::HUP]);
    ignore(&[Signal::HUP]);
    assert!(signal::is_ignored(Signal::HUP));
    let more = ready(&[Signal::USR1]);
    assert_eq!(more.recv(), Ok(Signal::USR1));
    assert!(before.try_recv().is_err());
    let again = notify(&[Signal::HUP]);
    assert!(!signal::is_ignored(Signal::HUP));
    println!("alive");
    println!("{}", again.recv().unwrap());
    reset(&[Signal::HUP]);
    end("reset");
}

/// Goroutines that compute on stacks of the smallest size, almost all of it in use, and
/// signal themselves meanwhile.
fn storm() {
    common::start();
    let stop_all = Arc::new(AtomicBool::new(false));
    let signals = notify(&[Signal::USR2, Signal::USR1]);
    let interrupt = notify(&[Signal::INT]);
    let rounds = Arc::new(AtomicUsize::new(0));
    let goroutines: Vec<_> = (0..4)
        .map(|_| {
            let (stop_all, rounds) = (Arc::clone(&stop_all), Arc::clone(&rounds));
            let builder = gmp_core::Builder::new().stack_size(16 << 10);
            let body = move || {
                while !stop_all.load(Ordering::SeqCst) {
                    let mut room = black_box([1_u8; 1 << 10]);
                    send(Signal::USR1).unwrap();
                    // Longer than a slice, now and then: it is preempted.
                    let sum: u64 = (0..200_000_u64).map(black_box).sum();
                    assert_eq!(sum, 199_999 * 100_000);
                    room[0] = 0;
                    assert_eq!(
                        black_box(room).iter().map(|&n| usize::from(n)).sum::<usize>(),
                        1023
                    );
                    rounds.fetch_add(1, Ordering::SeqCst);
                    gmp_core::gosched();
                }
            };
            builder.spawn(body).unwrap()
        })
        .collect();
    let drain = gmp_core::spawn(move || signals.iter().count());
    while rounds.load(Ordering::SeqCst) < 8 {
        gmp_core::time::sleep(Duration::from_millis(1));
    }
    println!("ready");
    println!("{}", interrupt.recv().unwrap());
    stop_all.store(true, Ordering::SeqCst);
    goroutines.into_iter().for_each(|goroutine| goroutine.join().unwrap());
    reset(&[Signal::USR1, Signal::USR2]);
    assert!(drain.join().unwrap() > 8);
}

fn deeper(n: u64) -> u64 {
    let room = black_box([n; 64]);
    if n == 0 { 0 } else { deeper(black_box(n + 1)) + room[n as usize % 64] }
}

/// Another user of signal-hook was here first.
fn beside() {
    let theirs = Arc::new(AtomicBool::new(false));
    let number = Signal::INT.as_raw();
    signal_hook::flag::register(number, Arc::clone(&theirs)).unwrap();
    let signals = ready(&[Signal::INT]);
    println!("{}", signals.recv().unwrap());
    assert!(theirs.swap(false, Ordering::SeqCst));
    stop(&signals);
    // Not killed, for it was not the default before.
    send(Signal::INT).unwrap();
    while !theirs.load(Ordering::SeqCst) {
        std::thread::yield_now();
    }
    println!("theirs");
}
