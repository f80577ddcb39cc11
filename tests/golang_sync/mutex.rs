//! `Mutex`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use gmp::chan::bounded;
use gmp::sync::{Mutex, WaitGroup};
use gmp::{go, gomaxprocs, gosched};

use crate::rules::{join, let_others_run};
use crate::support::{Random, spin_until, until};

/// From when on a waiter is no longer left behind.
const STARVING: Duration = Duration::from_millis(1);

fn spin(time: Duration) {
    let start = Instant::now();
    spin_until(|| start.elapsed() > time);
}

/// TestMutex.
pub(crate) fn hammer() {
    const GOROUTINES: usize = 10;
    const ROUNDS: usize = 1_000;
    let mutex = Arc::new(Mutex::new(0));
    let guard = mutex.lock().unwrap();
    assert!(mutex.try_lock().is_err(), "taken twice");
    drop(guard);
    drop(mutex.try_lock().expect("it is free"));
    let taken = Arc::new(AtomicUsize::new(0));
    let all = WaitGroup::new();
    for _ in 0..GOROUTINES {
        let (mutex, taken) = (Arc::clone(&mutex), Arc::clone(&taken));
        all.go(move || {
            for round in 0..ROUNDS {
                if round % 3 == 0 {
                    if let Ok(mut count) = mutex.try_lock() {
                        *count += 1;
                        taken.fetch_add(1, SeqCst);
                    }
                    continue;
                }
                *mutex.lock().unwrap() += 1;
                taken.fetch_add(1, SeqCst);
            }
        });
    }
    all.wait();
    let attempts = ROUNDS.div_ceil(3);
    let count = *mutex.lock().unwrap();
    assert_eq!(count, taken.load(SeqCst));
    assert!(count >= GOROUTINES * (ROUNDS - attempts), "{count}");
    assert_eq!(mutex.waiting(), 0);
}

/// With nobody who comes anew, those who wait are served as they came.
pub(crate) fn waiters_are_served_in_order() {
    const WAITERS: usize = 50;
    for wait in [Duration::ZERO, 2 * STARVING] {
        let mutex = Arc::new(Mutex::new(Vec::new()));
        let guard = mutex.lock().unwrap();
        let waiters: Vec<_> = (0..WAITERS)
            .map(|n| {
                let mine = Arc::clone(&mutex);
                let handle = go!(move || mine.lock().unwrap().push(n));
                until(|| mutex.waiting() == n + 1);
                handle
            })
            .collect();
        spin(wait);
        drop(guard);
        waiters.into_iter().for_each(join);
        assert_eq!(*mutex.lock().unwrap(), (0..WAITERS).collect::<Vec<_>>());
    }
}

/// Beside a hog, who holds the mutex by `hold` again and again, a waiter is served as soon as
/// he has waited for long enough: hardly ever does the hog come first then. The machine may
/// interrupt the waiter on his way, so most of some times count, and one of some tries.
#[track_caller]
fn gets_past(late: Duration, hold: fn(&Mutex<()>) -> bool) {
    let tries: Vec<u64> =
        (0..4).map(|_| passed_over(late, hold)).take_while(|&times| times > 4).collect();
    assert!(tries.len() < 4, "passed over {tries:?} times");
}

/// How often the hog came first though somebody had waited for so long: the median of some
/// times.
fn passed_over(late: Duration, hold: fn(&Mutex<()>) -> bool) -> u64 {
    const TIMES: usize = 21;
    let (mutex, start) = (Arc::new(Mutex::new(())), Instant::now());
    // Since when somebody waits, in nanoseconds; how often the hog came first.
    let (since, overtakes) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let done = Arc::new(AtomicBool::new(false));
    let now = move || start.elapsed().as_nanos() as u64;
    let hog = {
        let (mutex, done) = (Arc::clone(&mutex), Arc::clone(&done));
        let (since, overtakes) = (Arc::clone(&since), Arc::clone(&overtakes));
        go!(move || while !done.load(SeqCst) {
            let waits = since.load(SeqCst);
            let starves = waits != 0 && now() - waits > late.as_nanos() as u64;
            if hold(&mutex) && starves {
                overtakes.fetch_add(1, SeqCst);
            }
        })
    };
    let mut times: Vec<u64> = (0..TIMES)
        .map(|_| {
            until(|| mutex.try_lock().is_err());
            overtakes.store(0, SeqCst);
            since.store(now(), SeqCst);
            let _guard = mutex.lock().unwrap();
            since.store(0, SeqCst);
            overtakes.load(SeqCst)
        })
        .collect();
    done.store(true, SeqCst);
    join(hog);
    times.sort_unstable();
    println!("passed over {times:?}");
    times[TIMES / 2]
}

/// TestMutexFairness, counted: the hog gives way while he holds it, and lets it go for moments.
pub(crate) fn a_waiter_gets_past_a_hog() {
    gets_past(2 * STARVING, |mutex| {
        let guard = mutex.lock().unwrap();
        gosched();
        drop(guard);
        true
    });
}

/// The same beside one who never waits.
pub(crate) fn a_waiter_gets_past_one_who_only_tries() {
    gets_past(2 * STARVING, |mutex| {
        let guard = mutex.try_lock();
        gosched();
        guard.is_ok()
    });
}

/// The same beside one who computes while he holds it. On one P whoever was woken does not run
/// before the hog's time slice is over; then he finds the mutex locked, and only the next time
/// it is his.
pub(crate) fn a_waiter_gets_past_one_who_computes() {
    let some_slices = Duration::from_millis(50);
    gets_past(if gomaxprocs(0) > 1 { 2 * STARVING } else { some_slices }, |mutex| {
        let _guard = mutex.lock().unwrap();
        spin(STARVING / 10);
        true
    });
}

/// TestMutexFairness, with its bound.
pub(crate) fn a_waiter_gets_past_a_sleeping_hog() {
    const NAP: Duration = Duration::from_micros(100);
    let mutex = Arc::new(Mutex::new(()));
    let (stop, stopped) = bounded::<()>(0);
    let hog = {
        let mutex = Arc::clone(&mutex);
        go!(move || while !stopped.is_closed() {
            let _guard = mutex.lock().unwrap();
            gmp::time::sleep(NAP);
        })
    };
    let start = Instant::now();
    for _ in 0..10 {
        gmp::time::sleep(NAP);
        drop(mutex.lock().unwrap());
    }
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    stop.close();
    join(hog);
}

/// None of eight that want the mutex all the time is left without it. Go promises no more; how
/// even the shares are is what `cargo bench --bench sync fairness` shows.
pub(crate) fn every_contender_has_a_share() {
    const CONTENDERS: usize = 8;
    const TIME: Duration = Duration::from_millis(200);
    let mut rounds = Vec::new();
    // The machine may have others to serve, for the whole of a round.
    while rounds.len() < 5 {
        let (mutex, start) = (Arc::new(Mutex::new(())), Instant::now());
        let takes = |_| {
            let mutex = Arc::clone(&mutex);
            go!(move || {
                let mut taken = 0_u64;
                while start.elapsed() < TIME {
                    let _guard = mutex.lock().unwrap();
                    // So that there is always somebody who waits.
                    gosched();
                    taken += 1;
                }
                taken
            })
        };
        let contenders: Vec<_> = (0..CONTENDERS).map(takes).collect();
        let shares: Vec<u64> = contenders.into_iter().map(join).collect();
        println!("{shares:?}");
        let mean = shares.iter().sum::<u64>() / CONTENDERS as u64;
        if shares.iter().all(|&share| share >= mean / 10) {
            return;
        }
        rounds.push(shares);
    }
    panic!("{rounds:?}");
}

/// Who locks a second time waits for himself.
pub(crate) fn it_is_not_reentrant() {
    let mutex = Arc::new(Mutex::new(()));
    let mine = Arc::clone(&mutex);
    let hangs = go!(move || {
        let _first = mine.lock().unwrap();
        assert!(mine.try_lock().is_err());
        let _second = mine.lock().unwrap();
    });
    until(|| mutex.waiting() == 1);
    let_others_run();
    assert!(!hangs.is_finished() && mutex.try_lock().is_err());
}

/// Short and long holds, waits and attempts, naps and computing: all come to their end, and
/// never two at once.
pub(crate) fn nothing_is_lost_between_wakers() {
    const GOROUTINES: usize = 24;
    const ROUNDS: u64 = 300;
    let (mutex, inside) = (Arc::new(Mutex::new(0)), Arc::new(AtomicUsize::new(0)));
    let (all, random) = (WaitGroup::new(), Arc::new(Random::new()));
    for _ in 0..GOROUTINES {
        let (mutex, inside) = (Arc::clone(&mutex), Arc::clone(&inside));
        let random = Arc::clone(&random);
        all.go(move || {
            for _ in 0..ROUNDS {
                let dice = random.below(64);
                let guard = match dice % 4 {
                    0 => mutex.try_lock().unwrap_or_else(|_| mutex.lock().unwrap()),
                    _ => mutex.lock().unwrap(),
                };
                assert_eq!(inside.fetch_add(1, SeqCst), 0, "two at once");
                match dice / 4 {
                    0 => gmp::time::sleep(Duration::from_micros(random.below(1_500))),
                    1..4 => gosched(),
                    4 => spin(Duration::from_micros(random.below(50))),
                    _ => {}
                }
                inside.fetch_sub(1, SeqCst);
                let mut guard = guard;
                *guard += 1;
                drop(guard);
                if dice % 8 == 0 {
                    gosched();
                }
            }
        });
    }
    all.wait();
    assert_eq!(*mutex.lock().unwrap(), GOROUTINES as u64 * ROUNDS);
    assert_eq!(mutex.waiting(), 0);
}
