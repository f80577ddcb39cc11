//! Who runs when: the order on one P, fairness (`fairness.rs`), shuffling.
//!
//! Each program is a process of its own. The order on one P is not promised to users; these
//! tests hold the scheduler to the rules it was written to.

mod fairness;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gmp::chan::{bounded, unbounded};
use gmp::sync::WaitGroup;
use gmp::{go, gosched};
use support::child::{Ended, child, main, programs};
use support::{until, watchdog};

#[test]
fn program() {
    programs(&[
        ("spawn_order", || main(spawn_order)),
        ("spill_order", || main(spill_order)),
        ("yield_order", || main(yield_order)),
        ("wake_order", || main(wake_order)),
        ("shrink_order", || main(shrink_order)),
        ("ping_pong", || main(fairness::ping_pong)),
        ("bound_ping_pong", || main(fairness::bound_ping_pong)),
        ("socket_ping_pong", || main(fairness::socket_ping_pong)),
        ("relieved", || main(fairness::relieved)),
        ("many_sockets", || main(fairness::many_sockets)),
        ("respawning", || main(fairness::respawning)),
        ("yielding", || main(fairness::yielding)),
        ("stress", || main(stress)),
    ]);
}

/// Who ran, in order.
static LOG: Mutex<Vec<usize>> = Mutex::new(Vec::new());

fn log(n: usize) {
    LOG.lock().unwrap().push(n);
}

fn logged() -> Vec<usize> {
    LOG.lock().unwrap().clone()
}

fn numbers(list: &str) -> Vec<usize> {
    let list = list.trim_matches(['[', ']']).split(", ");
    list.map(|n| n.parse().expect("a number")).collect()
}

/// No slice ends: whose would, runs later than its place in the order says.
const NO_PREEMPTION: &str = "slice=60000";

fn one_p(program: &str) -> Ended {
    child(program).in_order().env("GMP_DEBUG", NO_PREEMPTION).procs(1).run()
}

// --- the order on one P -------------------------------------------------------------------

/// Parks main until `n` goroutines have called `done`.
fn wait_for(n: i64, start: impl FnOnce(WaitGroup)) {
    let all = WaitGroup::new();
    all.add(n);
    start(all.clone());
    all.wait();
}

fn spawn_order() {
    wait_for(10, |all| {
        for n in 0..10 {
            let all = all.clone();
            go!(move || {
                log(n);
                all.done();
            });
        }
    });
    println!("order={:?}", logged());
}

#[test]
fn the_last_spawned_runs_first_then_the_others_in_order() {
    let _watchdog = watchdog();
    let ended = one_p("spawn_order");
    ended.exits(0);
    assert_eq!(ended.value("order"), "[9, 0, 1, 2, 3, 4, 5, 6, 7, 8]");
    // Shuffled, the same program gives other orders.
    let shuffled = |seed: u64| {
        let ended = child("spawn_order").procs(1).env("GMP_DEBUG", format!("shuffle={seed}")).run();
        ended.exits(0);
        let order = ended.value("order").to_owned();
        let mut sorted = numbers(&order);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..10).collect::<Vec<_>>());
        order
    };
    let orders: BTreeSet<String> = (0..12).map(|n| shuffled(1000 + 7 * n)).collect();
    assert!(orders.len() > 3, "12 seeds gave only {orders:?}");
}

/// Goroutines that fill the ring of 256 and more.
const SPILLING: usize = 300;

fn spill_order() {
    let before = gmp::stats().global_overflows;
    wait_for(SPILLING as i64, |all| {
        for n in 0..SPILLING {
            let all = all.clone();
            go!(move || {
                log(n);
                all.done();
            });
        }
        println!("overflows={}", gmp::stats().global_overflows - before);
        println!("global={}", gmp::stats().global_queue);
        println!("local={:?}", gmp::stats().local_queues);
    });
    println!("order={:?}", logged());
}

/// The 257th entry moves the oldest 128 and itself to the global queue, from which one comes
/// every 61st time slice.
#[test]
fn a_full_ring_spills_its_older_half() {
    let _watchdog = watchdog();
    let ended = one_p("spill_order");
    ended.exits(0);
    assert_eq!(ended.value("overflows"), "1");
    assert_eq!(ended.value("global"), "129");
    assert_eq!(ended.value("local"), format!("[{}]", SPILLING - 129));
    let order = numbers(ended.value("order"));
    assert_eq!(order.len(), SPILLING);
    assert_eq!(order[0], SPILLING - 1, "{order:?}");
    let spilled = |&n: &usize| n < 128 || n == 256;
    let (spilled, kept): (Vec<usize>, Vec<usize>) = order[1..].iter().partition(|n| spilled(n));
    assert!(spilled.is_sorted(), "{spilled:?}");
    assert!(kept.is_sorted(), "{kept:?}");
    let early = order.iter().take_while(|&&n| n != *kept.last().unwrap()).filter(|n| **n < 128);
    assert!((2..=3).contains(&early.count()), "one in 61 of about 170: {order:?}");
}

fn yield_order() {
    wait_for(3, |all| {
        for n in 0..3 {
            let all = all.clone();
            go!(move || {
                for round in 0..3 {
                    log(10 * n + round);
                    gosched();
                }
                all.done();
            });
        }
    });
    println!("order={:?}", logged());
}

#[test]
fn a_yield_goes_behind_all_others() {
    let _watchdog = watchdog();
    let ended = one_p("yield_order");
    ended.exits(0);
    assert_eq!(ended.value("order"), "[20, 0, 10, 21, 1, 11, 22, 2, 12]");
}

fn wake_order() {
    let (tx, rx) = bounded::<()>(0);
    wait_for(4, |all| {
        let done = all.clone();
        let parked = rx.clone();
        go!(move || {
            let _ = parked.recv();
            log(100);
            done.done();
        });
        until(|| tx.waiting_receivers() == 1);
        for n in 0..3 {
            let all = all.clone();
            go!(move || {
                log(n);
                all.done();
            });
        }
        tx.close();
    });
    println!("order={:?}", logged());
}

#[test]
fn a_woken_goroutine_runs_next() {
    let _watchdog = watchdog();
    let ended = one_p("wake_order");
    ended.exits(0);
    assert_eq!(ended.value("order"), "[100, 0, 1, 2]");
}

/// More than two batches of the size in which a shrink moves goroutines.
const STRANDED: usize = 200;

/// On two Ps, a hog on one, this goroutine on P 1 with a long queue: shrinking to one P must
/// keep the queue's order. Called until the goroutine happens to be on P 1.
fn shrink_once() -> bool {
    let hog = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&hog);
    go!(move || {
        seen.store(1, SeqCst);
        support::spin_until(|| seen.load(SeqCst) == 2);
    });
    until(|| hog.load(SeqCst) == 1);
    LOG.lock().unwrap().clear();
    let mut mine = false;
    wait_for(STRANDED as i64, |all| {
        for n in 0..STRANDED {
            let all = all.clone();
            go!(move || {
                log(n);
                all.done();
            });
        }
        mine = gmp::stats().local_queues == [0, STRANDED];
        gmp::gomaxprocs(1);
        hog.store(2, SeqCst);
    });
    gmp::gomaxprocs(2);
    mine
}

fn shrink_order() {
    let start = Instant::now();
    while !shrink_once() {
        assert!(start.elapsed() < Duration::from_secs(20), "main never got P 1");
        // The Ps may change hands.
        gmp::time::sleep(Duration::from_millis(1));
    }
    println!("order={:?}", logged());
}

#[test]
fn a_shrink_keeps_the_order_of_the_queue() {
    let _watchdog = watchdog();
    let ended = child("shrink_order").in_order().env("GMP_DEBUG", NO_PREEMPTION).procs(2).run();
    ended.exits(0);
    let order = numbers(ended.value("order"));
    assert_eq!(order.len(), STRANDED);
    assert_eq!(order[0], STRANDED - 1, "{order:?}");
    // The head of the global queue came in one batch of 128, the others one at a time, some
    // of them between those of the batch.
    let (first, second): (Vec<usize>, Vec<usize>) = order[1..].iter().partition(|&&n| n < 127);
    assert!(first.is_sorted() && second.is_sorted(), "{order:?}");
}

/// Producers, consumers, sleepers, spawners: every value arrives once.
fn stress() {
    const EACH: u64 = 2_000;
    const WORKERS: u64 = 8;
    let (tx, rx) = bounded(3);
    let (results, sums) = unbounded();
    for worker in 0..WORKERS {
        let tx = tx.clone();
        go!(move || {
            for n in 0..EACH {
                tx.send(worker * EACH + n).unwrap();
                match n % 97 {
                    0 => gosched(),
                    1 => gmp::time::sleep(Duration::from_micros(50)),
                    2 => assert_eq!(go!(move || n).join().unwrap(), n),
                    _ => {}
                }
            }
        });
        let (rx, results) = (rx.clone(), results.clone());
        go!(move || results.send(rx.iter().sum::<u64>()).unwrap());
    }
    drop((tx, results));
    let total = WORKERS * EACH;
    assert_eq!(sums.iter().sum::<u64>(), total * (total - 1) / 2);
}

#[test]
fn shuffling_loses_nothing() {
    let _watchdog = watchdog();
    for (procs, seed) in [(1, 1), (2, 2), (4, 3), (4, 4), (8, 5)] {
        child("stress").procs(procs).debug(&format!("shuffle={seed}")).run().exits(0);
    }
}
