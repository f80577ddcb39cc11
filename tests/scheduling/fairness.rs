//! Nobody waits for ever while others go on.

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use gmp::chan::bounded;
use gmp::net::UnixStream;
use gmp::{JoinHandle, go, gosched};

use crate::NO_PREEMPTION;
use crate::support::child::child;
use crate::support::{self, watchdog};

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
pub(crate) fn ping_pong() {
    ping_pong_of(TURNS, || ());
}

/// Each on a thread of its own: a P goes from one to the other. Others have their turn when
/// sysmon has seen it, every 10 ms or two.
pub(crate) fn bound_ping_pong() {
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
pub(crate) fn socket_ping_pong() {
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
pub(crate) fn relieved() {
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

/// More sockets are ready than a ring has room for, all the time. (As many as the usual limit of
/// 1024 open files allows.)
pub(crate) fn many_sockets() {
    const PAIRS: usize = 450;
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
pub(crate) fn respawning() {
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
pub(crate) fn yielding() {
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
