//! A hundred goroutines that block a thread each.

use std::hint::black_box;
use std::io::{self, PipeReader, PipeWriter, Read, Write, pipe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use gmp::chan::{Receiver, bounded};
use gmp::go;
use gmp::time::sleep;

use crate::print;
use crate::throughput::block;

const PROCS: usize = 2;
const READERS: usize = 100;

pub(crate) fn readers(name: &str, quick: bool) {
    gmp::gomaxprocs(PROCS);
    computing(name, quick);
    waking(name, quick, |pipe| pipe.read(&mut [0]));
    waking(&format!("{name}/blocking"), quick, |pipe| gmp::blocking(|| pipe.read(&mut [0])));
}

/// Reads a byte.
type Call = fn(&mut PipeReader) -> io::Result<usize>;

/// How fast two hogs compute, alone and while the others are blocked.
fn computing(name: &str, quick: bool) {
    let (stop, blocks) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let hogs = [(); PROCS].map(|()| {
        let (stop, blocks) = (stop.clone(), blocks.clone());
        go! {
            while !stop.load(Relaxed) {
                black_box(block());
                blocks.fetch_add(1, Relaxed);
            }
        }
    });
    let rate = || {
        let (start, before) = (Instant::now(), blocks.load(Relaxed));
        sleep(Duration::from_millis(if quick { 20 } else { 500 }));
        (blocks.load(Relaxed) - before) as f64 / start.elapsed().as_secs_f64()
    };
    let (mut before, mut during, mut share) = (Vec::new(), Vec::new(), Vec::new());
    let (mut threads, mut until_blocked) = (Vec::new(), Vec::new());
    for _ in 0..if quick { 1 } else { 7 } {
        let alone = rate();
        let readers = Readers::start(|pipe| pipe.read(&mut [0]));
        until_blocked.push(readers.started.elapsed().as_secs_f64() * 1e3);
        let beside = rate();
        threads.push(gmp::num_threads() as f64);
        readers.end();
        before.push(alone);
        during.push(beside);
        share.push(beside / alone * 100.0);
    }
    stop.store(true, Relaxed);
    for hog in hogs {
        hog.join().unwrap();
    }
    print::rounds(&format!("{name}/until_blocked"), "ms", until_blocked);
    print::rounds(&format!("{name}/threads"), "threads", threads);
    print::rounds(&format!("{name}/compute_before"), "blocks/s", before);
    print::rounds(&format!("{name}/compute_during"), "blocks/s", during);
    print::rounds(&format!("{name}/compute"), "%", share);
}

/// Wakes all of them and waits for their answers; and one at a time.
fn waking(name: &str, quick: bool, read: Call) {
    let readers = Readers::start(read);
    let all = |_| {
        let start = Instant::now();
        readers.tell_all();
        for _ in 0..READERS {
            readers.answers.recv().unwrap();
        }
        let rate = READERS as f64 / start.elapsed().as_secs_f64();
        sleep(Duration::from_millis(20));
        rate
    };
    let rates = (0..if quick { 3 } else { 50 }).map(all).collect();
    let one = |i: usize| {
        let start = Instant::now();
        readers.tell(i % READERS);
        let woken = readers.answers.recv().unwrap();
        let answered = Instant::now();
        sleep(Duration::from_millis(1));
        (woken - start, answered - start)
    };
    let times = (0..if quick { 10 } else { 1_000 }).map(one);
    let (woken, answered) = times.unzip();
    print::rounds(&format!("{name}/wake_all"), "wake-ups/s", rates);
    print::latencies(&format!("{name}/wake_one"), woken);
    print::latencies(&format!("{name}/answer_one"), answered);
    readers.end();
}

struct Readers {
    started: Instant,
    pipes: Vec<PipeWriter>,
    /// When they had read.
    answers: Receiver<Instant>,
}

impl Readers {
    /// Returns when all are blocked.
    fn start(read: Call) -> Readers {
        let started = Instant::now();
        let (answer, answers) = bounded(READERS);
        let start = |_| {
            let (mut reader, writer) = pipe().unwrap();
            let answer = answer.clone();
            go! {
                while read(&mut reader).unwrap() > 0 {
                    answer.send(Instant::now()).unwrap();
                }
            };
            writer
        };
        let pipes = (0..READERS).map(start).collect();
        while gmp::stats().blocked_threads < READERS {
            sleep(Duration::from_micros(200));
        }
        Readers { started, pipes, answers }
    }

    fn tell(&self, reader: usize) {
        (&self.pipes[reader]).write_all(&[1]).unwrap();
    }

    fn tell_all(&self) {
        for reader in 0..READERS {
            self.tell(reader);
        }
    }

    /// Closes the pipes and waits for all to end.
    fn end(self) {
        drop(self.pipes);
        assert!(self.answers.recv().is_err());
    }
}
