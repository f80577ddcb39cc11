//! Signals: who is notified, and what they do otherwise.

#[path = "../common/mod.rs"]
mod common;

mod child;
mod programs;

use std::io;

use gmp_chan::bounded;
use gmp_sync::context::{ContextError, background};
use gmp_sync::signal::{self, Received, Signal};
use signal_hook::low_level::raise;

use child::start;
use common::{message, on_both, watchdog};

const INT: i32 = 2;
const TERM: i32 = 15;

fn send(signal: Signal) -> io::Result<()> {
    raise(signal.as_raw())
}

/// Not a test of its own: what the children run.
#[test]
fn program() {
    child::programs(programs::ALL);
}

#[test]
fn names() {
    let texts = [
        (Signal::HUP, "hangup", "SIGHUP"),
        (Signal::INT, "interrupt", "SIGINT"),
        (Signal::QUIT, "quit", "SIGQUIT"),
        (Signal::KILL, "killed", "SIGKILL"),
        (Signal::USR1, "user defined signal 1", "SIGUSR1"),
        (Signal::PIPE, "broken pipe", "SIGPIPE"),
        (Signal::TERM, "terminated", "SIGTERM"),
        (Signal::CHLD, "signal 17", "SIGCHLD"),
        (Signal::WINCH, "signal 28", "SIGWINCH"),
        (Signal::new(34), "signal 34", "Signal(34)"),
    ];
    for (signal, text, name) in texts {
        assert_eq!((signal.to_string().as_str(), format!("{signal:?}").as_str()), (text, name));
        assert_eq!(Signal::new(i32::from(signal)), signal);
    }
}

#[test]
fn what_cannot_be_handled() {
    let says = |signal, what: &str| {
        for asked in [
            message(|| signal::notify(&[Signal::USR1, signal])),
            message(|| signal::notify_to(&bounded(1).0, &[signal])),
            message(|| signal::notify_context(&background(), &[signal])),
            message(|| signal::ignore(&[signal])),
            message(|| signal::reset(&[signal])),
        ] {
            assert!(asked.starts_with(&format!("{signal:?} cannot be handled: ")), "{asked}");
            assert!(asked.contains(what), "{asked}");
        }
    };
    says(Signal::KILL, "kernel");
    says(Signal::STOP, "kernel");
    says(Signal::SEGV, "fault");
    says(Signal::BUS, "fault");
    says(Signal::FPE, "fault");
    says(Signal::ILL, "fault");
    says(Signal::URG, "use another one");
    says(Signal::new(0), "no such signal");
    says(Signal::new(65), "no such signal");
    says(Signal::new(-1), "no such signal");
    // The C library keeps this one.
    let refused = message(|| signal::notify(&[Signal::new(32)]));
    assert!(refused.starts_with("Signal(32) cannot be handled: Invalid argument"), "{refused}");
}

/// Other tests of this process keep off these two signals.
#[test]
fn channels() {
    on_both(|| {
        let all = signal::notify(&[Signal::USR1, Signal::USR2]);
        let (tx, rx) = bounded(1);
        signal::notify_to(&tx, &[Signal::USR1]);
        send(Signal::USR2).unwrap();
        assert_eq!(all.recv(), Ok(Signal::USR2));
        assert!(rx.try_recv().is_err(), "it was not asked for");
        signal::notify_to(&tx, &[Signal::USR2]);
        for expected in [Signal::USR2, Signal::USR1] {
            send(expected).unwrap();
            assert_eq!((all.recv(), rx.recv()), (Ok(expected), Ok(expected)));
        }
        // A full channel keeps nobody from anything.
        for _ in 0..3 {
            send(Signal::USR1).unwrap();
            assert_eq!(all.recv(), Ok(Signal::USR1));
        }
        // Waits for the delivery that is under way.
        signal::stop(&tx);
        assert_eq!((rx.recv(), rx.len()), (Ok(Signal::USR1), 0));
        send(Signal::USR1).unwrap();
        assert_eq!(all.recv(), Ok(Signal::USR1));
        assert!(rx.try_recv().is_err() && !rx.is_closed());
        signal::stop(&all);
        signal::stop(&all);
        assert!(all.recv().is_err());
    });
}

#[test]
fn contexts() {
    on_both(|| {
        let (ctx, stop) = signal::notify_context(&background().with_value(1), &[Signal::IO]);
        let (parent, cancel) = background().with_cancel();
        let (child, _stop) = signal::notify_context(&parent, &[Signal::IO]);
        let (stopped, stop_it) = signal::notify_context(&background(), &[Signal::IO]);
        stop_it();
        assert_eq!(stopped.cause().unwrap().to_string(), "context canceled");
        cancel();
        assert_eq!(child.err(), Some(ContextError::Canceled));
        assert!(ctx.err().is_none());
        send(Signal::IO).unwrap();
        assert!(ctx.done().recv().is_err());
        let cause = ctx.cause().unwrap();
        assert_eq!(cause.to_string(), "signal 29 signal received");
        assert_eq!(cause.downcast_ref::<Received>().unwrap().signal(), Signal::IO);
        stop();
        assert_eq!(ctx.cause().unwrap().to_string(), cause.to_string());
    });
}

/// Notified, then stopped: the second one does what it always did.
#[test]
fn stopped_it_kills_again() {
    let _watchdog = watchdog();
    for program in ["stopped", "stopped by sender", "reset"] {
        let mut child = start(program, None);
        child.says("ready").gets("INT").says("interrupt").says("stopped");
        child.gets("INT").is_killed_by(INT);
    }
}

#[test]
fn dropped_it_kills_again() {
    let _watchdog = watchdog();
    for program in ["dropped", "context dropped"] {
        start(program, None).says("ready").gets("TERM").is_killed_by(TERM);
    }
}

/// One of two is dropped: the other one is notified, and the program lives.
#[test]
fn the_last_one_counts() {
    let _watchdog = watchdog();
    let mut child = start("two", None);
    child.says("ready").gets("INT").says("interrupt").says("one is left");
    child.gets("INT").says("interrupt").says("none is left").gets("INT").is_killed_by(INT);
}

#[test]
fn others_are_not_touched() {
    let _watchdog = watchdog();
    start("interrupt only", None).says("ready").gets("TERM").is_killed_by(TERM);
}

#[test]
fn a_context_swallows_signals_until_it_is_stopped() {
    let _watchdog = watchdog();
    let mut child = start("context", None);
    child.says("ready").gets("INT").says("interrupt signal received");
    child.gets("INT").gets("USR1").says("user defined signal 1").says("stopped");
    child.gets("INT").is_killed_by(INT);
}

#[test]
fn ignored() {
    let _watchdog = watchdog();
    let mut child = start("ignored", None);
    child.says("ready").gets("HUP").gets("USR1").says("alive");
    child.gets("HUP").says("hangup").says("reset").gets("HUP").is_killed_by(1);
}

/// What a program was started with comes back.
#[test]
fn started_by_nohup() {
    let _watchdog = watchdog();
    let mut child = start("nohup", Some("trap '' HUP"));
    child.says("ready").gets("HUP").says("hangup").says("stopped");
    child.gets("HUP").gets("USR1").says("user defined signal 1").succeeds();
}

/// Signals from outside and from goroutines, which are preempted, with small stacks.
#[test]
fn storm() {
    let _watchdog = watchdog();
    for procs in ["1", "2", "4"] {
        let mut child = start("storm", Some(&format!("export GOMAXPROCS={procs}")));
        child.says("ready");
        for _ in 0..20 {
            child.gets("USR2");
        }
        child.gets("INT").says("interrupt").succeeds();
    }
}

/// The runtime's own handlers are still there.
#[test]
fn overflows_are_still_reported() {
    let _watchdog = watchdog();
    let errors = start("overflow", None).is_killed_by(6);
    assert!(errors.contains("stack overflow"), "{errors}");
}

/// A handler that was there before is called, too, and alone when ours is gone.
#[test]
fn beside_other_handlers() {
    let _watchdog = watchdog();
    start("beside", None).says("ready").gets("INT").says("interrupt").says("theirs").succeeds();
}
