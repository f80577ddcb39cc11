//! `Semaphore`: how many permits, for whom first, and giving up.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::common::{Random, crowd, message, on_both, until, watchdog};
use gmp_sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

const SHORT: Duration = Duration::from_millis(20);
const LONG: Duration = Duration::from_secs(3600);

#[test]
fn permits_are_counted() {
    on_both(|| {
        let semaphore = Semaphore::new(3);
        let two = semaphore.acquire(2);
        assert_eq!((two.permits(), semaphore.available_permits()), (2, 1));
        assert!(semaphore.try_acquire(2).is_none());
        assert!(semaphore.acquire_timeout(2, Duration::ZERO).is_none());
        assert_eq!(semaphore.available_permits(), 1, "what failed took nothing");
        let one = semaphore.try_acquire(1).expect("one is left");
        assert!(semaphore.try_acquire(1).is_none());
        // None are always there.
        assert_eq!(semaphore.acquire(0).permits(), 0);
        assert!(semaphore.try_acquire(0).is_some());
        drop(two);
        assert!(semaphore.acquire_timeout(2, LONG).is_some());
        drop(one);
        assert_eq!(semaphore.available_permits(), 3);
        assert_eq!(format!("{semaphore:?}"), "Semaphore { permits: 3, available: 3, waiting: 0 }");
    });
}

#[test]
fn limits() {
    let most = Semaphore::new(Semaphore::MAX_PERMITS);
    let all = most.acquire(Semaphore::MAX_PERMITS);
    assert_eq!(most.available_permits(), 0);
    drop(all);
    assert_eq!(most.available_permits(), Semaphore::MAX_PERMITS);
    assert!(most.try_acquire(usize::MAX).is_none());
    let text = message(|| Semaphore::new(Semaphore::MAX_PERMITS + 1));
    assert_eq!(text, "a semaphore of too many permits");
    let none = Semaphore::new(0);
    assert!(none.try_acquire(1).is_none() && none.try_acquire(0).is_some());
}

#[test]
fn owned_permits_keep_the_semaphore() {
    on_both(|| {
        let semaphore = Arc::new(Semaphore::new(2));
        let one = semaphore.acquire_owned(1);
        let other = semaphore.try_acquire_owned(1).expect("one is left");
        assert!(semaphore.try_acquire_owned(1).is_none());
        assert!(semaphore.acquire_owned_timeout(1, SHORT).is_none());
        drop(one);
        let again = semaphore.acquire_owned_timeout(1, LONG).expect("one was released");
        let weak = Arc::downgrade(&semaphore);
        drop((semaphore, other));
        assert_eq!(weak.upgrade().expect("kept").available_permits(), 1);
        drop(again);
        assert!(weak.upgrade().is_none());
    });
}

#[test]
fn permits_travel() {
    fn travels<T: Send + Sync>(_: &T) {}
    let _watchdog = watchdog();
    let semaphore = Arc::new(Semaphore::new(1));
    let permit: OwnedSemaphorePermit = semaphore.acquire_owned(1);
    travels(&permit);
    thread::spawn(move || drop(permit)).join().unwrap();
    let permit: SemaphorePermit<'_> = semaphore.acquire(1);
    travels(&permit);
    thread::scope(|scope| scope.spawn(move || drop(permit)).join().unwrap());
    assert_eq!(semaphore.available_permits(), 1);
}

/// Never more permits out than there are, whoever takes however many in whichever way.
#[test]
fn hammer() {
    const TOTAL: usize = 5;
    let _watchdog = watchdog();
    let random = Random::new();
    let semaphore = Arc::new(Semaphore::new(TOTAL));
    let (shared, held) = (Arc::clone(&semaphore), AtomicUsize::new(0));
    let served = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&served);
    crowd(10, 4, move |_| {
        for _ in 0..500 {
            let n = 1 + random.below(TOTAL as u64) as usize;
            let timeout = Duration::from_micros(random.below(300));
            let permit = match random.below(4) {
                0 => shared.try_acquire(n),
                1 => shared.acquire_timeout(n, timeout),
                _ => Some(shared.acquire(n)),
            };
            let Some(permit) = permit else { continue };
            let others = held.fetch_add(n, Ordering::SeqCst);
            assert!(others + n <= TOTAL, "{} of {TOTAL} are out", others + n);
            if random.below(2) == 0 {
                gmp_core::gosched();
            }
            held.fetch_sub(n, Ordering::SeqCst);
            drop(permit);
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    assert!(served.load(Ordering::Relaxed) >= 14 * 500 / 4);
    assert_eq!((semaphore.available_permits(), semaphore.waiting()), (TOTAL, 0));
    assert!(semaphore.try_acquire(TOTAL).is_some());
}

/// Who was served, in this order, with what they got.
#[derive(Clone, Default)]
struct Served(Arc<Mutex<Vec<(usize, OwnedSemaphorePermit)>>>);

impl Served {
    fn names(&self) -> Vec<usize> {
        self.0.lock().unwrap().iter().map(|(name, _)| *name).collect()
    }
}

/// Starts `name`, who acquires `n`, and returns when he waits: on a goroutine or a plain
/// thread, by turns.
fn queue(semaphore: &Arc<Semaphore>, n: usize, name: usize, served: &Served) {
    let before = semaphore.waiting();
    let (waiter, served) = (Arc::clone(semaphore), served.clone());
    let body = move || {
        let permit = waiter.acquire_owned(n);
        served.0.lock().unwrap().push((name, permit));
    };
    if name.is_multiple_of(2) {
        drop(gmp_core::spawn(body));
    } else {
        drop(thread::spawn(body));
    }
    until(|| semaphore.waiting() == before + 1);
}

#[test]
fn first_come_first_served() {
    on_both(|| {
        const WAITERS: usize = 10;
        let semaphore = Arc::new(Semaphore::new(WAITERS));
        let mut permits: Vec<_> = (0..WAITERS).map(|_| semaphore.acquire(1)).collect();
        let served = Served::default();
        (0..WAITERS).for_each(|name| queue(&semaphore, 1, name, &served));
        for n in 0..WAITERS {
            assert_eq!(served.names().len(), n);
            drop(permits.pop());
            until(|| served.names().len() == n + 1);
        }
        assert!(served.names().is_sorted());
    });
}

/// Several are served by one release, as far as its permits go and no further.
#[test]
fn one_release_serves_as_many_as_it_can() {
    on_both(|| {
        let semaphore = Arc::new(Semaphore::new(6));
        let permit = semaphore.acquire(6);
        let served = Served::default();
        for (name, n) in [1, 2, 1, 3, 1].into_iter().enumerate() {
            queue(&semaphore, n, name, &served);
        }
        drop(permit);
        until(|| served.names().len() == 3);
        // 3 are wanted next, 2 are left; who wants 1 waits behind.
        assert_eq!((semaphore.available_permits(), semaphore.waiting()), (2, 2));
        let mut first = served.names();
        first.sort_unstable();
        assert_eq!(first, [0, 1, 2]);
    });
}

/// Who comes later does not overtake, though there is a permit for him.
#[test]
fn nobody_overtakes() {
    on_both(|| {
        let semaphore = Arc::new(Semaphore::new(2));
        let one = semaphore.acquire(1);
        let served = Served::default();
        queue(&semaphore, 2, 0, &served);
        queue(&semaphore, 1, 1, &served);
        assert_eq!(semaphore.available_permits(), 1);
        assert!(semaphore.try_acquire(1).is_none());
        assert!(semaphore.acquire_timeout(1, SHORT).is_none());
        assert!(served.names().is_empty());
        assert_eq!(semaphore.waiting(), 2);
        drop(one);
        until(|| served.names().len() == 1);
        assert_eq!(served.names(), [0]);
    });
}

/// Those who want one permit and come again and again do not keep out who wants all.
#[test]
fn a_large_request_is_not_starved() {
    let _watchdog = watchdog();
    let (semaphore, served) = (Arc::new(Semaphore::new(4)), AtomicBool::new(false));
    crowd(6, 4, move |n| {
        if n == 0 {
            for _ in 0..100 {
                assert_eq!(semaphore.acquire(4).permits(), 4);
            }
            served.store(true, Ordering::Relaxed);
        } else {
            while !served.load(Ordering::Relaxed) {
                let permit = semaphore.acquire(1);
                gmp_core::gosched();
                drop(permit);
            }
        }
    });
}

/// Who gave up kept the one behind him waiting, who is served without a release.
#[test]
fn giving_up_serves_those_behind() {
    on_both(|| {
        let semaphore = Arc::new(Semaphore::new(2));
        let _one = semaphore.acquire(1);
        let served = Served::default();
        let head = Arc::clone(&semaphore);
        let gave_up = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&gave_up);
        let timeout = Duration::from_millis(200);
        drop(thread::spawn(move || {
            let start = Instant::now();
            assert!(head.acquire_timeout(2, timeout).is_none());
            assert!(start.elapsed() >= timeout);
            flag.store(true, Ordering::SeqCst);
        }));
        until(|| semaphore.waiting() == 1);
        let start = Instant::now();
        let permit = semaphore.acquire(1);
        assert!(start.elapsed() < Duration::from_secs(50));
        until(|| gave_up.load(Ordering::SeqCst));
        assert_eq!((semaphore.available_permits(), semaphore.waiting()), (0, 0));
        drop(permit);
        assert!(served.names().is_empty());
        // The same with a goroutine in front.
        let head = Arc::clone(&semaphore);
        drop(gmp_core::spawn(move || assert!(head.acquire_timeout(2, timeout).is_none())));
        until(|| semaphore.waiting() == 1);
        queue(&semaphore, 1, 1, &served);
        until(|| served.names().len() == 1);
        assert_eq!(semaphore.waiting(), 0);
    });
}

/// What the semaphore will never have is waited for outside of the queue.
#[test]
fn more_than_there_are() {
    on_both(|| {
        let semaphore = Arc::new(Semaphore::new(2));
        let over = Arc::new(AtomicBool::new(false));
        let (vain, flag) = (Arc::clone(&semaphore), Arc::clone(&over));
        let timeout = Duration::from_millis(50);
        let body = move || {
            let start = Instant::now();
            assert!(vain.acquire_timeout(3, timeout).is_none());
            assert!(start.elapsed() >= timeout);
            flag.store(true, Ordering::SeqCst);
        };
        drop(gmp_core::spawn(body.clone()));
        body();
        // Nobody is kept waiting.
        let (vain, woken) = (Arc::clone(&semaphore), Arc::clone(&over));
        drop(gmp_core::spawn(move || {
            drop(vain.acquire(3));
            woken.store(false, Ordering::SeqCst);
        }));
        for _ in 0..100 {
            drop(semaphore.acquire(2));
            gmp_core::gosched();
        }
        assert!(over.load(Ordering::SeqCst));
        assert_eq!(semaphore.available_permits(), 2);
    });
}

#[test]
fn an_ending_goroutine_releases() {
    on_both(|| {
        let semaphore = Arc::new(Semaphore::new(1));
        let (exits, panics) = (Arc::clone(&semaphore), Arc::clone(&semaphore));
        let exits = gmp_core::spawn(move || {
            let _permit = exits.acquire(1);
            gmp_core::goexit();
        });
        let panics = gmp_core::spawn(move || {
            let _permit = panics.acquire(1);
            panic!("with a permit");
        });
        assert!(exits.join().is_err() && panics.join().is_err());
        assert_eq!(semaphore.available_permits(), 1);
    });
}
