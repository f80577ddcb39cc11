//! How goroutines and programs end: panics, exit codes, `goexit`, main returning.
//!
//! Each program is a process of its own.

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use gmp::__private::{MainOptions, run_main};
use gmp::chan::bounded;
use gmp::{Goexit, go, goexit, goroutine_local, gosched};
use support::child::{PANICKED, child, main, programs};
use support::{join_thread, spin_until, until, watchdog};

fn abort<R: std::process::Termination + 'static>(body: fn() -> R) -> ExitCode {
    run_main(MainOptions::new().on_panic_abort(true), body)
}

#[test]
fn program() {
    programs(&[
        ("isolated", || main(isolated)),
        ("main_panics", || main(main_panics)),
        ("main_fails", || main(|| Err::<(), &str>("no luck"))),
        ("main_fails_in_code", || main(|| ExitCode::from(1))),
        ("main_returns", || main(main_returns)),
        ("main_returns_beside_a_hog", || main(main_returns_beside_a_hog)),
        ("abort", || abort(aborts)),
        ("abort_unless_caught", || abort(caught)),
        ("abort_main_panics", || abort(main_panics)),
        ("abort_under_way", || abort(panic_under_way)),
        ("abort_in_result", || abort(result_panics)),
        ("abort_in_local", || abort(local_panics)),
        ("abort_scoped", || abort(scoped_panics)),
        ("exits", || main(exits)),
        ("exit_swallowed", || main(exit_swallowed)),
        ("exit_forgotten", || main(exit_forgotten)),
        ("exit_against_panics", || main(exit_against_panics)),
        ("exit_in_destructors", || main(exit_in_destructors)),
        ("exit_in_locals", || main(exit_in_locals)),
        ("exit_of_main", || main(exit_of_main)),
        ("exit_of_main_alone", || main(|| goexit())),
        ("exit_on_a_thread", || main(exit_on_a_thread)),
    ]);
}

/// Prints `text` when it is dropped.
struct Says(&'static str);

impl Drop for Says {
    fn drop(&mut self) {
        println!("{}", self.0);
    }
}

// --- panics -------------------------------------------------------------------------------

fn isolated() {
    let named = go!(<name = "parser"> panic_any(17_i32));
    println!("id={}", named.id());
    let other = go!(|| panic!("second"));
    assert_eq!(*named.join().unwrap_err().downcast::<i32>().unwrap(), 17);
    assert_eq!(*other.join().unwrap_err().downcast::<&str>().unwrap(), "second");
    println!("went on");
}

#[test]
fn a_panic_ends_its_goroutine_alone_and_is_reported() {
    let _watchdog = watchdog();
    let ended = child("isolated").run();
    ended.exits(0).prints("went on").reports("second");
    let report = format!("goroutine {} \"parser\"", ended.value("id"));
    let line = ended.err.lines().find(|line| line.contains(&report));
    let line = line.unwrap_or_else(|| panic!("no {report:?}: {ended}"));
    assert!(line.contains("panicked") && line.contains("tests/endings.rs:"), "{line}");
}

fn main_panics() {
    let _says = Says("unwound");
    go!(|| ()).join().unwrap();
    panic!("main has had enough");
}

#[test]
fn exit_codes_of_main() {
    let _watchdog = watchdog();
    child("main_panics").run().exits(PANICKED).reports("main has had enough").prints("unwound");
    child("main_fails").run().exits(1).reports("Error: \"no luck\"");
    child("main_fails_in_code").run().exits(1).reports_no("Error");
}

static STARTED: AtomicUsize = AtomicUsize::new(0);

fn main_returns() {
    let start = || STARTED.fetch_add(1, SeqCst);
    go! {
        let _says = Says("a sleeper was waited for");
        start();
        gmp::time::sleep(Duration::from_secs(3600));
    };
    go! {
        let _says = Says("a parked goroutine was waited for");
        let (_tx, rx) = bounded::<()>(0);
        start();
        let _ = rx.recv();
    };
    go! {
        let _says = Says("a yielding goroutine was waited for");
        start();
        loop {
            gosched();
        }
    };
    until(|| STARTED.load(SeqCst) == 3);
    println!("main is done");
}

/// Needs a second P: nobody else runs where these two spin.
fn main_returns_beside_a_hog() {
    go! {
        let _says = Says("a hog was waited for");
        STARTED.fetch_add(1, SeqCst);
        spin_until(|| false);
    };
    spin_until(|| STARTED.load(SeqCst) == 1);
    println!("main is done");
}

#[test]
fn main_does_not_wait_for_others() {
    let _watchdog = watchdog();
    for (program, procs) in
        [("main_returns", 1), ("main_returns", 4), ("main_returns_beside_a_hog", 2)]
    {
        let ended = child(program).procs(procs).run();
        ended.exits(0).prints("main is done").prints_no("waited for");
        assert!(ended.took < Duration::from_secs(20), "{ended}");
    }
}

// --- on_panic = "abort" -------------------------------------------------------------------

fn aborts() {
    let _says = Says("main unwound");
    let (_tx, rx) = bounded::<()>(0);
    let parked = rx.clone();
    go! {
        let _says = Says("another unwound");
        let _ = parked.recv();
    };
    until(|| rx.waiting_receivers() == 1);
    let handle = go! {
        let _says = Says("its own destructor ran");
        panic!("for all of us");
    };
    drop(handle.join());
    println!("not reached");
}

#[test]
fn abort_ends_the_process_after_the_goroutines_own_destructors() {
    let _watchdog = watchdog();
    let ended = child("abort").run();
    ended.exits(2).reports("for all of us").prints("its own destructor ran");
    ended.prints_no("unwound").prints_no("not reached");
}

fn caught() {
    let handle = go!(|| catch_unwind(|| panic!("caught in time")).is_err());
    assert!(handle.join().unwrap());
    go!(|| goexit());
    println!("went on");
}

#[test]
fn abort_spares_caught_panics_and_exits() {
    let _watchdog = watchdog();
    let ended = child("abort_unless_caught").run();
    ended.exits(0).prints("went on");
    // A panic that was caught long ago must not keep a main that returns.
    assert!(ended.took < Duration::from_secs(10), "{ended}");
}

#[test]
fn abort_counts_main_too() {
    let _watchdog = watchdog();
    child("abort_main_panics").run().exits(2).reports("main has had enough").prints("unwound");
}

/// Parks while it is dropped, until main is about to return.
struct Lingers;

static UNWINDING: AtomicBool = AtomicBool::new(false);

impl Drop for Lingers {
    fn drop(&mut self) {
        UNWINDING.store(true, SeqCst);
        gmp::time::sleep(Duration::from_millis(100));
    }
}

fn panic_under_way() {
    go! {
        let _lingers = Lingers;
        panic!("wins");
    };
    until(|| UNWINDING.load(SeqCst));
}

#[test]
fn a_panic_under_way_wins_over_main_returning() {
    let _watchdog = watchdog();
    for procs in [1, 2] {
        child("abort_under_way").procs(procs).run().exits(2).reports("wins");
    }
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("in a destructor");
    }
}

fn result_panics() {
    // Dropped by the goroutine itself: nobody has a handle.
    go!(|| Bomb);
    gmp::time::sleep(Duration::from_millis(500));
    println!("not reached");
}

goroutine_local! { static BOMB: Bomb = Bomb; }

fn local_panics() {
    go!(|| BOMB.with(|_| ()));
    gmp::time::sleep(Duration::from_millis(500));
    println!("not reached");
}

fn scoped_panics() {
    gmp::scope(|s| {
        s.spawn(|| panic!("in a scope"));
    });
    println!("not reached");
}

#[test]
fn abort_holds_in_scopes() {
    let _watchdog = watchdog();
    child("abort_scoped").run().exits(2).reports("in a scope").prints_no("not reached");
}

/// A panic that no user code catches ends the process, wherever in the goroutine it began.
#[test]
fn abort_holds_for_results_that_nobody_wants() {
    let _watchdog = watchdog();
    child("abort_in_result").run().exits(2).reports("in a destructor").prints_no("not reached");
}

#[test]
fn abort_holds_for_goroutine_local_values() {
    let _watchdog = watchdog();
    child("abort_in_local").run().exits(2).reports("in a destructor").prints_no("not reached");
}

// --- goexit -------------------------------------------------------------------------------

fn leave_by(depth: u32) {
    let _says = Says(["inner destructor", "middle destructor", "outer destructor"][depth as usize]);
    if depth == 0 {
        goexit();
    }
    leave_by(depth - 1);
    println!("not reached");
}

fn exits() {
    let handle = go!(leave_by(2));
    let payload = handle.join().unwrap_err();
    assert_eq!(payload.downcast_ref::<Goexit>(), Some(&Goexit));
    // Detached, in a scope, typed, and below a catch_unwind that lets it through.
    go!(|| goexit());
    gmp::scope(|s| {
        s.spawn(|| goexit());
        let handle = s.spawn(|| if gmp::num_goroutine() > 0 { goexit() } else { 1 });
        assert!(handle.join().unwrap_err().is::<Goexit>());
    });
    let rethrown = go! {
        let Err(payload) = catch_unwind(|| goexit());
        std::panic::resume_unwind(payload)
    };
    assert!(rethrown.join().unwrap_err().is::<Goexit>());
    println!("main goes on");
}

#[test]
fn goexit_runs_destructors_and_is_no_panic() {
    let _watchdog = watchdog();
    let ended = child("exits").run();
    ended.exits(0).prints("inner destructor\nmiddle destructor\nouter destructor\n");
    ended.prints("main goes on").prints_no("not reached").reports_no("panicked");
}

fn exit_swallowed() {
    let swallowed = go! {
        let _says = Says("destructor");
        let caught = catch_unwind(|| goexit());
        println!("caught {}", caught.is_err());
        drop(caught);
        println!("not reached");
    };
    assert!(swallowed.join().unwrap_err().is::<Goexit>());
    let twice = go! {
        for _ in 0..10 {
            drop(catch_unwind(AssertUnwindSafe(|| drop(catch_unwind(|| goexit())))));
        }
        println!("not reached");
    };
    assert!(twice.join().unwrap_err().is::<Goexit>());
    // The body returns with the payload: it has not ended by itself.
    let returned = go!(|| catch_unwind(|| goexit()).err());
    assert!(returned.join().unwrap_err().is::<Goexit>());
    // Dropped by somebody else, who is not to exit for it.
    let (tx, rx) = bounded(1);
    let sent = go! {
        tx.send(catch_unwind(|| goexit()).err()).unwrap();
    };
    drop(rx.recv());
    assert!(sent.join().unwrap_err().is::<Goexit>());
    println!("main goes on");
}

#[test]
fn goexit_cannot_be_swallowed() {
    let _watchdog = watchdog();
    let ended = child("exit_swallowed").run();
    ended.exits(0).prints("caught true").prints("destructor").prints("main goes on");
    ended.prints_no("not reached").reports_no("panicked");
}

fn exit_forgotten() {
    let calls: [fn(); 4] = [
        gosched,
        || gmp::time::sleep(Duration::from_millis(1)),
        || _ = bounded::<()>(1).0.try_send(()),
        || drop(go!(|| ())),
    ];
    for (n, call) in calls.into_iter().enumerate() {
        let handle = go! {
            Box::leak(Box::new(catch_unwind(|| goexit())));
            call();
            println!("not reached {n}");
        };
        assert!(handle.join().unwrap_err().is::<Goexit>());
    }
}

#[test]
fn goexit_goes_on_at_the_next_call_if_its_payload_is_leaked() {
    let _watchdog = watchdog();
    child("exit_forgotten").run().exits(0).prints_no("not reached");
}

/// Calls `goexit` while it is dropped.
struct Exits;

impl Drop for Exits {
    fn drop(&mut self) {
        goexit();
    }
}

/// Panics while it is dropped, and catches that.
struct Recovers;

impl Drop for Recovers {
    fn drop(&mut self) {
        assert!(catch_unwind(|| panic!("recovered")).is_err());
    }
}

fn exit_against_panics() {
    // A panic that a destructor recovers from does not stop the exit.
    let handle = go! {
        let _recovers = Recovers;
        goexit();
    };
    assert!(handle.join().unwrap_err().is::<Goexit>());
    // A panic after a swallowed exit is the panic's.
    let handle = go! {
        let _caught = catch_unwind(|| goexit());
        panic!("after all");
    };
    assert_eq!(*handle.join().unwrap_err().downcast::<&str>().unwrap(), "after all");
    // A goroutine that used the stack before does not make the next one exit.
    for _ in 0..100 {
        go!(|| goexit()).join().unwrap_err();
        assert_eq!(go!(|| catch_unwind(|| panic_any(1)).is_err()).join().ok(), Some(true));
    }
    println!("main goes on");
}

#[test]
fn goexit_and_panics_do_not_mix() {
    let _watchdog = watchdog();
    child("exit_against_panics").run().exits(0).prints("main goes on");
}

goroutine_local! { static EXITS: Exits = Exits; }

fn exit_in_destructors() {
    // Of a value in the body, when nothing unwinds: an exit like any other.
    let handle = go!(|| drop(Exits));
    assert!(handle.join().unwrap_err().is::<Goexit>());
    println!("body");
    // Of a result that nobody wants: there is nothing left to leave.
    let (release, gate) = bounded::<()>(0);
    drop(go!(move || {
        let _ = gate.recv();
        Exits
    }));
    release.close();
    until(|| gmp::num_goroutine() == 1);
    unharmed();
}

/// The same of a goroutine-local value.
fn exit_in_locals() {
    drop(go!(|| EXITS.with(|_| ())).join());
    unharmed();
}

fn unharmed() {
    for n in 0..100 {
        assert_eq!(go!(move || n).join().unwrap(), n);
    }
    println!("main goes on");
}

#[test]
fn goexit_in_a_last_destructor_does_no_harm() {
    let _watchdog = watchdog();
    child("exit_in_destructors").run().exits(0).prints("body").prints("main goes on");
}

#[test]
fn goexit_in_a_local_value_s_destructor_does_no_harm() {
    let _watchdog = watchdog();
    child("exit_in_locals").run().exits(0).prints("main goes on");
}

const NOBODY_LEFT: &str = "no goroutines (main called runtime.Goexit) - deadlock!";

fn exit_of_main() {
    for n in 0..3 {
        go! {
            for _ in 0..100 {
                gosched();
            }
            gmp::time::sleep(Duration::from_millis(20 * n));
            println!("other {n} has ended");
        };
    }
    let _says = Says("main's destructor");
    goexit();
}

#[test]
fn when_main_exits_the_others_go_on() {
    let _watchdog = watchdog();
    for procs in [1, 2, 4] {
        let ended = child("exit_of_main").procs(procs).run();
        ended.exits(2).reports(NOBODY_LEFT).prints("main's destructor");
        ended.prints("other 0 has").prints("other 1 has").prints("other 2 has");
        child("exit_of_main_alone").procs(procs).run().exits(2).reports(NOBODY_LEFT);
    }
}

fn exit_on_a_thread() {
    let result = join_thread(thread::spawn(|| catch_unwind(|| goexit()).map_err(drop)));
    assert!(result.is_err());
}

#[test]
fn goexit_is_for_goroutines() {
    let _watchdog = watchdog();
    child("exit_on_a_thread").run().exits(0).reports("goexit called on a plain thread");
}
