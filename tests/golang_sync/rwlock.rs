//! `RwLock`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use gmp::chan::bounded;
use gmp::sync::{RwLock, WaitGroup};
use gmp::{go, gosched};

use crate::rules::{join, let_others_run};
use crate::support::until;

/// More than all readers together.
const WRITER: u32 = 10_000;

/// TestParallelReaders: all of them are inside at once.
pub(crate) fn parallel_readers() {
    for readers in [1, 3, 4] {
        let lock = Arc::new(RwLock::new(()));
        let (locked_tx, locked) = bounded(0);
        let (leave, told_to_leave) = bounded::<()>(0);
        let handles: Vec<_> = (0..readers)
            .map(|_| {
                let (lock, locked) = (Arc::clone(&lock), locked_tx.clone());
                let leave = told_to_leave.clone();
                go!(move || {
                    let _guard = lock.read().unwrap();
                    locked.send(()).unwrap();
                    leave.recv().unwrap();
                })
            })
            .collect();
        (0..readers).for_each(|_| locked.recv().unwrap());
        (0..readers).for_each(|_| leave.send(()).unwrap());
        handles.into_iter().for_each(join);
    }
}

/// The table at the beginning of TestRWMutex.
pub(crate) fn attempts() {
    let lock = RwLock::new(());
    let writer = lock.write().unwrap();
    assert!(lock.try_write().is_err() && lock.try_read().is_err());
    drop(writer);
    drop(lock.try_write().expect("it is free"));
    let readers = [lock.try_read().expect("free"), lock.try_read().expect("only read")];
    assert!(lock.try_write().is_err());
    let [first, second] = readers;
    drop(first);
    assert!(lock.try_write().is_err());
    drop(second);
    drop(lock.try_write().expect("it is free again"));
}

/// TestRLocker: while somebody reads twice over, a writer waits for both; then readers wait.
pub(crate) fn nested_readers_and_a_writer() {
    const ROUNDS: usize = 10;
    let lock = Arc::new(RwLock::new(()));
    for _ in 0..ROUNDS {
        let outer = lock.read().unwrap();
        let inner = lock.read().unwrap();
        let (written_tx, written) = bounded(0);
        let (leave, told_to_leave) = bounded::<()>(0);
        let mine = Arc::clone(&lock);
        let writer = go!(move || {
            let guard = mine.write().unwrap();
            written_tx.send(()).unwrap();
            told_to_leave.recv().unwrap();
            drop(guard);
        });
        until(|| lock.waiting() == 1);
        drop(inner);
        let_others_run();
        assert!(written.try_recv().is_err(), "there is a reader yet");
        drop(outer);
        written.recv().unwrap();
        assert!(lock.try_read().is_err(), "there is a writer");
        leave.send(()).unwrap();
        drop(lock.read().unwrap());
        join(writer);
    }
}

fn reader(lock: &RwLock<()>, rounds: usize, activity: &AtomicU32) {
    for _ in 0..rounds {
        let guard = lock.read().unwrap();
        let inside = activity.fetch_add(1, SeqCst) + 1;
        assert!((1..WRITER).contains(&inside), "{inside}");
        (0..100).for_each(|n| _ = std::hint::black_box(n));
        activity.fetch_sub(1, SeqCst);
        drop(guard);
    }
}

fn writer(lock: &RwLock<()>, rounds: usize, activity: &AtomicU32) {
    for _ in 0..rounds {
        let guard = lock.write().unwrap();
        let inside = activity.fetch_add(WRITER, SeqCst) + WRITER;
        assert_eq!(inside, WRITER);
        (0..100).for_each(|n| _ = std::hint::black_box(n));
        activity.fetch_sub(WRITER, SeqCst);
        drop(guard);
    }
}

/// TestRWMutex: one to ten readers and two writers.
pub(crate) fn hammer() {
    const ROUNDS: usize = 1_000;
    for readers in [1, 3, 10, 5] {
        let lock = Arc::new(RwLock::new(()));
        let (activity, all) = (Arc::new(AtomicU32::new(0)), WaitGroup::new());
        let start = |play: fn(&RwLock<()>, usize, &AtomicU32)| {
            let (lock, activity) = (Arc::clone(&lock), Arc::clone(&activity));
            all.go(move || play(&lock, ROUNDS, &activity));
        };
        start(writer);
        (0..readers / 2).for_each(|_| start(reader));
        start(writer);
        (readers / 2..readers).for_each(|_| start(reader));
        all.wait();
        assert!(!lock.is_poisoned() && activity.load(SeqCst) == 0);
        assert_eq!(lock.waiting(), 0);
    }
}

/// Starts a goroutine that takes the lock and notes its name; returns when it waits.
fn queue(lock: &Arc<RwLock<()>>, writes: bool, name: u32, log: &Arc<gmp::sync::Mutex<Vec<u32>>>) {
    let (mine, log) = (Arc::clone(lock), Arc::clone(log));
    let before = lock.waiting();
    go!(move || {
        let (reading, writing) = match writes {
            true => (None, Some(mine.write().unwrap())),
            false => (Some(mine.read().unwrap()), None),
        };
        log.lock().unwrap().push(name);
        // A reader leaves when all readers that it came with are in.
        if reading.is_some() {
            until(|| log.lock().unwrap().iter().filter(|name| **name >= 10).count() >= 3);
        }
        drop((reading, writing));
    });
    until(|| lock.waiting() == before + 1);
}

pub(crate) fn a_pending_writer_blocks_new_readers() {
    let lock = Arc::new(RwLock::new(Vec::new()));
    let reading = lock.read().unwrap();
    // Not yet.
    drop(lock.try_read().expect("readers share"));
    let mine = Arc::clone(&lock);
    let writer = go!(move || mine.write().unwrap().push("writer"));
    until(|| lock.waiting() == 1);
    assert!(lock.try_read().is_err(), "a writer is waiting");
    assert!(lock.try_write().is_err());
    let mine = Arc::clone(&lock);
    let reader = go!(move || mine.read().unwrap().clone());
    until(|| lock.waiting() == 2);
    let_others_run();
    assert!(!reader.is_finished());
    drop(reading);
    // The writer was first.
    assert_eq!(join(reader), ["writer"]);
    join(writer);
    drop(lock.try_read().expect("nobody is left"));
}

/// Whoever came to read while somebody wrote is let in before the next one writes, though
/// writers came before.
pub(crate) fn queued_readers_go_before_the_next_writer() {
    for _ in 0..20 {
        let (lock, log) = (Arc::new(RwLock::new(())), Arc::default());
        let writing = lock.write().unwrap();
        for (writes, name) in [(true, 1), (false, 10), (false, 11), (true, 2), (false, 12)] {
            queue(&lock, writes, name, &log);
        }
        drop(writing);
        until(|| log.lock().unwrap().len() == 5);
        let order = log.lock().unwrap().clone();
        assert!(order[..3].iter().all(|&name| name >= 10), "{order:?}");
        assert_eq!(order[3..], [1, 2], "{order:?}");
    }
}

pub(crate) fn writers_are_served_in_order() {
    const WRITERS: u32 = 9;
    for writes in [false, true] {
        let (lock, log) = (Arc::new(RwLock::new(())), Arc::default());
        let (reading, writing) = match writes {
            true => (None, Some(lock.write().unwrap())),
            false => (Some(lock.read().unwrap()), None),
        };
        (0..WRITERS).for_each(|name| queue(&lock, true, name, &log));
        drop((reading, writing));
        until(|| log.lock().unwrap().len() == WRITERS as usize);
        assert_eq!(*log.lock().unwrap(), (0..WRITERS).collect::<Vec<_>>());
    }
}

/// Readers that are never all away leave room for a writer.
pub(crate) fn a_writer_gets_past_readers() {
    let (lock, done) = (Arc::new(RwLock::new(())), Arc::new(AtomicBool::new(false)));
    let reads = |_| {
        let (lock, done) = (Arc::clone(&lock), Arc::clone(&done));
        go!(move || while !done.load(SeqCst) {
            let _guard = lock.read().unwrap();
            gosched();
        })
    };
    let readers: Vec<_> = (0..4).map(reads).collect();
    let start = Instant::now();
    for _ in 0..50 {
        drop(lock.write().unwrap());
        gosched();
    }
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    done.store(true, SeqCst);
    readers.into_iter().for_each(join);
}

/// Writers that relieve each other leave room for a reader.
pub(crate) fn a_reader_gets_past_writers() {
    let (lock, done) = (Arc::new(RwLock::new(())), Arc::new(AtomicBool::new(false)));
    let writes = |_| {
        let (lock, done) = (Arc::clone(&lock), Arc::clone(&done));
        go!(move || while !done.load(SeqCst) {
            let _guard = lock.write().unwrap();
            gosched();
        })
    };
    let writers: Vec<_> = (0..4).map(writes).collect();
    let start = Instant::now();
    for _ in 0..50 {
        drop(lock.read().unwrap());
        gosched();
    }
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    done.store(true, SeqCst);
    writers.into_iter().for_each(join);
}

/// Who reads a second time behind a writer that waits for him waits for himself.
pub(crate) fn readers_may_nest_without_a_writer_only() {
    let lock = Arc::new(RwLock::new(()));
    let (nest, told) = bounded::<()>(0);
    let (inside, second) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&lock));
    let counter = Arc::clone(&inside);
    let reader = go!(move || {
        let _outer = second.read().unwrap();
        drop(second.read().unwrap());
        counter.fetch_add(1, SeqCst);
        told.recv().unwrap();
        let _inner = second.read().unwrap();
        counter.fetch_add(1, SeqCst);
    });
    until(|| inside.load(SeqCst) == 1);
    let mine = Arc::clone(&lock);
    let writer = go!(move || drop(mine.write().unwrap()));
    until(|| lock.waiting() == 1);
    nest.send(()).unwrap();
    until(|| lock.waiting() == 2);
    let_others_run();
    assert_eq!(inside.load(SeqCst), 1);
    assert!(!reader.is_finished() && !writer.is_finished());
}
