//! Latencies, counted in buckets whose width grows with what is in them.

/// A power of two is this many buckets, so that a value is known to less than 1 %.
const PARTS: u64 = 1 << BITS;
const BITS: u32 = 7;
/// Up to the greatest number there is.
const BUCKETS: usize = (u64::BITS - BITS + 1) as usize * PARTS as usize;

/// How often each latency was seen; in nanoseconds.
#[derive(Debug)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    total: u64,
    least: u64,
    greatest: u64,
}

impl Histogram {
    pub(crate) fn new() -> Self {
        Self { counts: vec![0; BUCKETS], total: 0, least: u64::MAX, greatest: 0 }
    }

    pub(crate) fn add(&mut self, value: u64) {
        self.counts[bucket(value)] += 1;
        self.total += 1;
        self.least = self.least.min(value);
        self.greatest = self.greatest.max(value);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(sum, count)| *sum += count);
        self.total += other.total;
        self.least = self.least.min(other.least);
        self.greatest = self.greatest.max(other.greatest);
    }

    /// How many values there are.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// The least and the greatest; meaningless of none.
    pub(crate) fn range(&self) -> (u64, u64) {
        (self.least, self.greatest)
    }

    /// What `share` of the values (0 to 1) are at most, as far as the buckets tell; 0 of none.
    pub(crate) fn at(&self, share: f64) -> u64 {
        let wanted = ((self.total as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        let mut counts = self.counts.iter().enumerate();
        let found = counts.find(|(_, count)| {
            seen += **count;
            seen >= wanted
        });
        found.map_or(0, |(index, _)| middle(index).clamp(self.least, self.greatest))
    }
}

/// The first `PARTS` numbers have a bucket each, then each power of two has `PARTS` of them.
fn bucket(value: u64) -> usize {
    if value < PARTS {
        return value as usize;
    }
    let shift = value.ilog2() - BITS;
    let part = (value >> shift) - PARTS;
    (u64::from(shift + 1) * PARTS + part) as usize
}

/// The middle of a bucket's values.
fn middle(index: usize) -> u64 {
    let index = index as u64;
    if index < PARTS {
        return index;
    }
    let shift = index / PARTS - 1;
    ((PARTS + index % PARTS) << shift) + ((1 << shift) - 1) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_a_bucket_near_it() {
        for power in 0..u64::BITS {
            for value in [1 << power, (1 << power) | ((1 << power) / 3), u64::MAX >> power] {
                let found = middle(bucket(value));
                let off = found.abs_diff(value);
                assert!(off <= value / PARTS, "{value} is taken for {found}");
            }
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn percentiles_are_found() {
        let mut low = Histogram::new();
        let mut high = Histogram::new();
        (1..=900).for_each(|value| low.add(value * 1000));
        (901..=1000).for_each(|value| high.add(value * 1000));
        low.merge(&high);
        assert_eq!((low.total(), low.range()), (1000, (1000, 1_000_000)));
        for (share, value) in [(0.5, 500_000), (0.99, 990_000), (0.999, 999_000), (1.0, 1_000_000)]
        {
            let found = low.at(share);
            assert!(found.abs_diff(value) <= value / 100, "{share}: {found}");
        }
        assert_eq!(Histogram::new().at(0.5), 0);
    }
}
