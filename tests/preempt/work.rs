//! Work that never yields, with known answers.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::hint::{black_box, spin_loop};
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use gmp::{JoinHandle, go};

use crate::support::until;

/// What a hog does over and over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing.
    Empty,
    /// Integers, in registers.
    Integers,
    /// Floating point, in other registers.
    Floats,
    /// The allocator.
    Memory,
}

pub(crate) const KINDS: [Kind; 4] = [Kind::Empty, Kind::Integers, Kind::Floats, Kind::Memory];

impl Kind {
    /// One block of it, some tens of microseconds; panics over a wrong answer.
    #[inline(never)]
    pub(crate) fn block(self) {
        match self {
            Kind::Empty => (0..500).for_each(|_| spin_loop()),
            Kind::Integers => assert_eq!(integers(black_box(SEED)), *INTEGERS),
            Kind::Floats => assert_eq!(floats(black_box(SEED)), *FLOATS),
            Kind::Memory => memory(black_box(SEED)),
        }
    }
}

const SEED: u64 = 0x1234_5678_9abc_def1;
/// Known from threads that nobody interrupted.
static INTEGERS: LazyLock<u64> = LazyLock::new(|| integers(black_box(SEED)));
static FLOATS: LazyLock<u64> = LazyLock::new(|| floats(black_box(SEED)));

/// Computes the known answers. To be called before there is a runtime, or at least a hog.
pub(crate) fn prepare() {
    LazyLock::force(&INTEGERS);
    LazyLock::force(&FLOATS);
}

fn next(mut x: u64) -> u64 {
    x ^= x << 13;
    x ^= x >> 7;
    x ^ (x << 17)
}

#[inline(never)]
pub(crate) fn integers(seed: u64) -> u64 {
    (0..10_000).fold(seed, |x, _| next(x))
}

/// Four independent sequences, so that many registers are in use.
#[inline(never)]
pub(crate) fn floats(seed: u64) -> u64 {
    let start = (seed >> 11) as f64 / (1_u64 << 53) as f64;
    let mut x = [start, start / 2.0, start / 3.0, start / 5.0];
    for _ in 0..2_000 {
        for x in &mut x {
            *x = 3.9 * *x * (1.0 - *x);
        }
    }
    x.into_iter().sum::<f64>().to_bits()
}

/// Blocks of 16 to 5,000 bytes, each filled with a pattern that must still be there.
#[inline(never)]
pub(crate) fn memory(seed: u64) {
    let mut random = seed | 1;
    let mut held: Vec<Vec<u8>> = Vec::new();
    for n in 0..24_u8 {
        random = next(random);
        let size = 16 + (random % 4_984) as usize;
        held.push(vec![n; size]);
        if random.is_multiple_of(3) {
            check(held.swap_remove(random as usize % held.len()));
        }
    }
    held.into_iter().for_each(check);
}

#[expect(clippy::needless_pass_by_value, reason = "it is freed here")]
fn check(block: Vec<u8>) {
    let first = block[0];
    assert!(black_box(&block).iter().all(|&byte| byte == first), "overwritten: {block:?}");
}

/// Computes for about as long, on one goroutine or thread, without a call of gmp.
pub(crate) fn compute(kind: Kind, time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        kind.block();
    }
}

/// Goroutines that never yield.
pub(crate) struct Hogs {
    stop: Arc<AtomicBool>,
    blocks: Arc<[AtomicU64]>,
    handles: Vec<JoinHandle<()>>,
}

impl Hogs {
    pub(crate) fn start(kinds: &[Kind]) -> Hogs {
        prepare();
        let stop = Arc::new(AtomicBool::new(false));
        let blocks: Arc<[AtomicU64]> = kinds.iter().map(|_| AtomicU64::new(0)).collect();
        let hog = |(n, &kind): (usize, &Kind)| {
            let (stop, blocks) = (Arc::clone(&stop), Arc::clone(&blocks));
            go!(move || while !stop.load(Relaxed) {
                kind.block();
                blocks[n].fetch_add(1, Relaxed);
            })
        };
        let handles = kinds.iter().enumerate().map(hog).collect();
        Hogs { stop, blocks, handles }
    }

    /// `n` equal ones.
    pub(crate) fn equal(n: usize) -> Hogs {
        Hogs::start(&vec![Kind::Integers; n])
    }

    /// `n` of all kinds.
    pub(crate) fn mixed(n: usize) -> Hogs {
        Hogs::start(&KINDS.into_iter().cycle().take(n).collect::<Vec<_>>())
    }

    /// Blocks done so far, by each.
    pub(crate) fn counts(&self) -> Vec<u64> {
        self.blocks.iter().map(|count| count.load(Relaxed)).collect()
    }

    /// Waits until each has done something more.
    pub(crate) fn all_get_on(&self) {
        let before = self.counts();
        until(|| self.counts().iter().zip(&before).all(|(now, before)| now > before));
    }

    /// Ends them all; panics if one of them did.
    pub(crate) fn stop(self) {
        self.stop.store(true, Relaxed);
        self.handles.into_iter().for_each(|hog| hog.join().expect("right answers"));
    }
}
