//! Stands in for the crate `rand` in crossbeam-channel's tests, which draw a few
//! lengths from it. Its `thread_rng` lives in a thread-local, which a goroutine must
//! not hold across a park; these numbers belong to whoever asked for them, and come
//! again with the same seed.

use std::ops::Range;

/// The draws the tests make.
pub trait Rng {
    /// A number in `range`.
    fn gen_range(&mut self, range: Range<usize>) -> usize;
}

/// SplitMix64.
#[derive(Debug)]
pub struct Numbers(u64);

/// Numbers that follow from the seed of the run alone.
pub fn thread_rng() -> Numbers {
    let seed = std::env::var("GMP_CONFORMANCE_SEED").expect("the seed is in the environment");
    Numbers(seed.parse().expect("the seed is a number"))
}

impl Rng for Numbers {
    fn gen_range(&mut self, range: Range<usize>) -> usize {
        assert!(!range.is_empty(), "nothing to choose from in {range:?}");
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        range.start + (z % (range.end - range.start) as u64) as usize
    }
}
