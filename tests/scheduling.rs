//! Who runs when: the order on one P, fairness, shuffling.
//!
//! Each program is a process of its own. The order on one P is not promised to users; these
//! tests hold the scheduler to the rules it was written to.

mod support;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use gmp::chan::{bounded, unbounded};
use gmp::net::UnixStream;
use gmp::sync::WaitGroup;
use gmp::{JoinHandle, go, gosched};
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
        ("ping_pong", || main(ping_pong)),
        ("bound_ping_pong", || main(bound_ping_pong)),
        ("socket_ping_pong", || main(socket_ping_pong)),
        ("relieved", || main(relieved)),
        ("many_sockets", || main(many_sockets)),
        ("respawning", || main(respawning)),
        ("yielding", || main(yielding)),
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

// --- fairness -----------------------------------------------------------------------------

/// Long enough for a starved goroutine to be called that.
const PATIENCE: Duration = Duration::from_secs(20);

/// Others that want to run: one in the global queue, one in the ring, a sleeper.
const QUEUED: fn() = gosched;
const IN_RING: fn() = || {
    // The second one takes the first one's place as the next.
    let handles = [go!(|| ()), go!(|| ())];
    handles.into_iter().for_each(|handle| handle.join().unwrap());
};
const ASLEEP: fn() = || gmp::time::sleep(Duration::from_millis(1));

/// Five times as many as there are slices between two looks at the global queue and the poller.
const TURNS: usize = 300;

/// Each of `others` gets so many `turns` while `round` is called without end.
fn starves_nobody<const N: usize>(turns: usize, others: [fn(); N], mut round: impl FnMut()) {
    let wanted = turns;
    let stop = Arc::new(AtomicBool::new(false));
    let turns: Arc<[AtomicUsize; N]> = Arc::new([const { AtomicUsize::new(0) }; N]);
    for (n, turn) in others.into_iter().enumerate() {
        let (stop, turns) = (Arc::clone(&stop), Arc::clone(&turns));
        go!(move || while !stop.load(SeqCst) {
            turns[n].fetch_add(1, SeqCst);
            turn();
        });
    }
    let start = Instant::now();
    let mut rounds = 0_u64;
    while turns.iter().any(|turns| turns.load(SeqCst) < wanted) {
        assert!(start.elapsed() < PATIENCE, "starved: {turns:?} turns in {rounds} round trips");
        round();
        rounds += 1;
    }
    stop.store(true, SeqCst);
}

/// Two goroutines wake each other over channels.
fn ping_pong() {
    ping_pong_of(TURNS, || ());
}

/// Each on a thread of its own: a P goes from one to the other. Others have their turn when
/// sysmon has seen it, every 10 ms or two.
fn bound_ping_pong() {
    ping_pong_of(TURNS / 10, gmp::lock_os_thread);
}

fn ping_pong_of(turns: usize, begin: fn()) {
    begin();
    let (ping, pong) = (bounded::<()>(0), bounded::<()>(0));
    let answers = {
        let (receiver, sender) = (ping.1.clone(), pong.0.clone());
        go!(move || {
            begin();
            while receiver.recv().is_ok() && sender.send(()).is_ok() {}
        })
    };
    starves_nobody(turns, [QUEUED, IN_RING, ASLEEP], || {
        ping.0.send(()).unwrap();
        pong.1.recv().unwrap();
    });
    ping.0.close();
    pong.0.close();
    answers.join().unwrap();
}

/// Two goroutines wake each other over the poller: whenever it is looked at, one of them is
/// ready. (With one in the global queue the tick goes on whatever the poller has.)
fn socket_ping_pong() {
    let (mut near, mut far) = UnixStream::pair().unwrap();
    let answers = go!(move || {
        let mut byte = [0];
        while far.read(&mut byte).unwrap() == 1 {
            far.write_all(&byte).unwrap();
        }
    });
    starves_nobody(TURNS, [IN_RING], || {
        near.write_all(&[1]).unwrap();
        near.read_exact(&mut [0]).unwrap();
    });
    drop(near);
    answers.join().unwrap();
}

#[test]
fn a_pair_that_wakes_each_other_starves_nobody() {
    let _watchdog = watchdog();
    for procs in [1, 2] {
        child("ping_pong").procs(procs).run().exits(0);
        child("bound_ping_pong").procs(procs).run().exits(0);
        child("socket_ping_pong").procs(procs).run().exits(0);
    }
}

/// With something in the poller at every look, what another P has no time for is not left there.
fn relieved() {
    let (mut near, mut far) = UnixStream::pair().unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let rounds = Arc::new(AtomicUsize::new(0));
    go!(move || while far.read(&mut [0]).is_ok_and(|n| n == 1) && far.write_all(&[0]).is_ok() {});
    let asks = {
        let (stop, rounds) = (Arc::clone(&stop), Arc::clone(&rounds));
        go!(move || while !stop.load(SeqCst) {
            near.write_all(&[0]).unwrap();
            near.read_exact(&mut [0]).unwrap();
            rounds.fetch_add(1, SeqCst);
        })
    };
    // From here on this goroutine keeps its P, and the pair has the other one.
    let start = Instant::now();
    let wait_for = |what: &str, count: &AtomicUsize, least: usize| {
        while count.load(SeqCst) < least {
            assert!(start.elapsed() < PATIENCE, "{what}: {count:?} of {least}");
            std::hint::spin_loop();
        }
    };
    wait_for("round trips", &rounds, 1000);
    let ran = Arc::new(AtomicUsize::new(0));
    for _ in 0..64 {
        let ran = Arc::clone(&ran);
        go!(move || _ = ran.fetch_add(1, SeqCst));
    }
    // The last one is this P's next.
    wait_for("goroutines", &ran, 63);
    stop.store(true, SeqCst);
    asks.join().unwrap();
}

#[test]
fn a_p_that_is_busy_is_relieved_before_the_poller_is_asked() {
    let _watchdog = watchdog();
    child("relieved").env("GMP_DEBUG", NO_PREEMPTION).procs(2).run().exits(0);
}

/// More sockets are ready than a ring has room for, all the time.
fn many_sockets() {
    const PAIRS: usize = 600;
    let rounds: Arc<Vec<AtomicUsize>> = Arc::new((0..PAIRS).map(|_| 0.into()).collect());
    let stop = Arc::new(AtomicBool::new(false));
    let handles: Vec<JoinHandle<()>> = (0..PAIRS)
        .map(|n| {
            let (mut near, mut far) = UnixStream::pair().unwrap();
            let (rounds, stop) = (Arc::clone(&rounds), Arc::clone(&stop));
            go!(move || {
                let mut byte = [0];
                while far.read(&mut byte).unwrap() == 1 && far.write_all(&byte).is_ok() {}
            });
            go!(move || while !stop.load(SeqCst) {
                near.write_all(&[0]).unwrap();
                near.read_exact(&mut [0]).unwrap();
                rounds[n].fetch_add(1, SeqCst);
            })
        })
        .collect();
    let all = || rounds.iter().map(|rounds| rounds.load(SeqCst));
    while all().sum::<usize>() < 100 * PAIRS {
        gmp::time::sleep(Duration::from_millis(1));
    }
    let (least, most) = (all().min().unwrap(), all().max().unwrap());
    stop.store(true, SeqCst);
    handles.into_iter().for_each(|handle| handle.join().unwrap());
    println!("least={least}\nmost={most}");
}

#[test]
fn sockets_that_are_ready_have_their_turns() {
    let _watchdog = watchdog();
    let ended = child("many_sockets").procs(1).run();
    ended.exits(0);
    let [least, most] = ["least", "most"].map(|name| ended.value(name).parse::<usize>().unwrap());
    assert!(least >= 50 && most <= 200, "{least} to {most} turns, not 100");
}

/// Two chains of goroutines, each starting its successor, run until others from outside have
/// run.
fn respawning() {
    static ALIVE: AtomicBool = AtomicBool::new(true);
    fn again() {
        if ALIVE.load(SeqCst) {
            go!(again());
        }
    }
    go!(again());
    go!(again());
    let outside = thread::spawn(|| {
        let start = Instant::now();
        for n in 0..20 {
            assert_eq!(go!(move || n).join().unwrap(), n);
            assert!(start.elapsed() < PATIENCE, "starved");
        }
    });
    support::join_thread(outside);
    ALIVE.store(false, SeqCst);
}

#[test]
fn goroutines_that_respawn_each_other_starve_nobody() {
    let _watchdog = watchdog();
    for procs in [1, 2] {
        child("respawning").procs(procs).run().exits(0);
    }
}

/// Of goroutines that all yield, all get on, and so does the one that is woken.
fn yielding() {
    const YIELDERS: usize = 50;
    let turns: Arc<[AtomicUsize; YIELDERS]> =
        Arc::new(std::array::from_fn(|_| AtomicUsize::new(0)));
    let handles: Vec<JoinHandle<()>> = (0..YIELDERS)
        .map(|n| {
            let turns = Arc::clone(&turns);
            go!(move || while turns.iter().any(|turns| turns.load(SeqCst) < 200) {
                turns[n].fetch_add(1, SeqCst);
                gosched();
            })
        })
        .collect();
    let start = Instant::now();
    while !handles.iter().all(JoinHandle::is_finished) {
        assert!(start.elapsed() < PATIENCE, "{turns:?}");
        gmp::time::sleep(Duration::from_millis(1));
    }
}

#[test]
fn goroutines_that_yield_share_the_time() {
    let _watchdog = watchdog();
    for procs in [1, 2, 4] {
        child("yielding").procs(procs).run().exits(0);
    }
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
