//! The work that has nothing to do with concurrency: the same in every Rust contender, and
//! word for word the same in Go's. Not inlined: each contender runs the same code, whatever is
//! around it.

use std::hint::black_box;

/// Numbers that look random and are the same everywhere (Marsaglia's xorshift64).
#[derive(Clone, Debug)]
pub struct XorShift(u64);

impl XorShift {
    /// Starts at `seed`, which must not be 0.
    pub fn new(seed: u64) -> XorShift {
        assert_ne!(seed, 0, "xorshift stays at 0");
        XorShift(seed)
    }

    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// `len` numbers to be sorted.
pub fn unsorted(len: usize) -> Vec<u32> {
    let mut rng = XorShift::new(0x9e37_79b9_7f4a_7c15);
    (0..len).map(|_| (rng.next_u64() >> 32) as u32).collect()
}

/// Below this many elements quicksort does not start another goroutine.
pub const SORT_ALONE: usize = 4096;

/// Splits `v` (two elements at least) by Hoare's method: no element of the first `n` is
/// greater than any of the others, for the `n` returned, with 0 < n < len.
#[inline(never)]
pub fn partition(v: &mut [u32]) -> usize {
    let pivot = v[(v.len() - 1) / 2];
    let (mut low, mut high) = (0, v.len() - 1);
    loop {
        while v[low] < pivot {
            low += 1;
        }
        while v[high] > pivot {
            high -= 1;
        }
        if low >= high {
            return high + 1;
        }
        v.swap(low, high);
        low += 1;
        high -= 1;
    }
}

/// Quicksort by one goroutine, insertion sort below 16 elements.
#[inline(never)]
pub fn sort(mut v: &mut [u32]) {
    while v.len() > 16 {
        let n = partition(v);
        let (left, right) = v.split_at_mut(n);
        sort(left);
        v = right;
    }
    for i in 1..v.len() {
        let mut j = i;
        while j > 0 && v[j - 1] > v[j] {
            v.swap(j - 1, j);
            j -= 1;
        }
    }
}

/// A square matrix of `n` rows, row after row.
pub fn matrix(n: usize, seed: u64) -> Vec<f64> {
    let mut rng = XorShift::new(seed);
    (0..n * n).map(|_| (rng.next_u64() >> 40) as f64).collect()
}

/// How far apart the rows of a product begin: a cache line more than they have, so that two
/// CPUs at neighbouring rows never write to one, wherever the allocator lets the first begin.
pub fn stride(n: usize) -> usize {
    n + 8
}

/// Row `i` of the product of `a` and `b`, added to `row`.
#[inline(never)]
pub fn multiply_row(a: &[f64], b: &[f64], row: &mut [f64], i: usize) {
    let n = row.len();
    for k in 0..n {
        let factor = a[i * n + k];
        let b = &b[k * n..k * n + n];
        for j in 0..n {
            row[j] += factor * b[j];
        }
    }
}

/// How many steps the points of row `y` of a picture of `size` x `size` take to leave the
/// Mandelbrot set, at most 256 each.
#[inline(never)]
pub fn mandelbrot_row(size: usize, y: usize) -> u64 {
    let ci = 2.0 * y as f64 / size as f64 - 1.0;
    let mut total = 0;
    for x in 0..size {
        let cr = 2.0 * x as f64 / size as f64 - 1.5;
        let (mut zr, mut zi) = (0.0f64, 0.0f64);
        let mut steps = 0u64;
        while steps < 256 && zr * zr + zi * zi <= 4.0 {
            let next = zr * zr - zi * zi + cr;
            zi = 2.0 * zr * zi + ci;
            zr = next;
            steps += 1;
        }
        total += steps;
    }
    total
}

/// The words in `block`, which starts and ends between words.
#[inline(never)]
pub fn words(block: &[u8]) -> u64 {
    let (mut count, mut inside) = (0, 0);
    for &byte in block {
        // 1 or 0: a text would mislead a branch's prediction.
        let letter = u64::from(byte > b' ');
        count += letter & !inside;
        inside = letter;
    }
    count
}

/// Where the last word that is whole in `block` ends: after its last space.
pub fn last_gap(block: &[u8]) -> usize {
    block.iter().rposition(|&byte| byte <= b' ').map_or(0, |at| at + 1)
}

/// 0 + 1 + ... + `n` - 1.
pub fn sum_below(n: u64) -> u64 {
    n * (n - 1) / 2
}

/// A message of 8 bytes and `REST`, to be sent by value.
#[derive(Clone, Copy, Debug)]
pub struct Message<const REST: usize> {
    /// Which one it is.
    pub number: u64,
    _rest: [u8; REST],
}

impl<const REST: usize> Message<REST> {
    /// Number 0, its other bytes unknown to the compiler: it cannot leave out copying them.
    pub fn first() -> Message<REST> {
        black_box(Message { number: 0, _rest: [0; REST] })
    }

    /// Panics unless this is `number`; as if it looked at the other bytes, too.
    pub fn check(&self, number: u64) {
        assert_eq!(black_box(self).number, number);
    }
}

/// The resident memory and the page tables of this process, in MiB.
pub fn memory() -> (f64, f64) {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has /proc");
    let field = |name: &str| -> f64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect(name);
        line.trim_end_matches("kB").trim().parse::<f64>().expect("a number of kB") / 1024.0
    };
    (field("VmRSS:"), field("VmPTE:"))
}

/// The figures stand in Go's `work_test.go` too.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let mut rng = XorShift::new(1);
        assert_eq!(rng.next_u64(), 1_082_269_761);
        assert_eq!(rng.next_u64(), 1_152_992_998_833_853_505);
    }

    #[test]
    fn partitions() {
        let mut v = unsorted(1000);
        let n = partition(&mut v);
        assert_eq!(n, 983);
        assert!(v[..n].iter().max() <= v[n..].iter().min());
    }

    #[test]
    fn sorts() {
        let mut v = unsorted(1000);
        assert_eq!(v[0], 3_692_787_630);
        sort(&mut v);
        assert!(v.is_sorted());
        let sum: u64 = (1..).zip(&v).map(|(i, &x)| i * u64::from(x)).sum();
        assert_eq!(sum, 1_415_302_656_982_106);
    }

    #[test]
    fn multiplies() {
        let n = 64;
        let (a, b, mut sum) = (matrix(n, 1), matrix(n, 2), 0.0);
        for i in 0..n {
            let mut row = vec![0.0; n];
            multiply_row(&a, &b, &mut row, i);
            for x in row {
                sum += x;
            }
        }
        assert_eq!(sum, 18_054_103_613_331_775_488.0);
    }

    #[test]
    fn counts_steps() {
        assert_eq!((0..128).map(|y| mandelbrot_row(128, y)).sum::<u64>(), 1_697_692);
    }

    #[test]
    fn counts_words() {
        for (text, count) in
            [("", 0), (" ", 0), ("a", 1), (" a\n", 1), ("one two\tthree", 3), ("été  ÿ", 2)]
        {
            assert_eq!(words(text.as_bytes()), count, "{text:?}");
        }
    }

    #[test]
    fn finds_the_last_gap() {
        for (text, gap) in [("", 0), ("word", 0), ("one two", 4), ("one\n", 4), (" ", 1)] {
            assert_eq!(last_gap(text.as_bytes()), gap, "{text:?}");
        }
    }

    #[test]
    fn sees_its_memory() {
        let (rss, tables) = memory();
        assert!(rss > tables && tables > 0.0, "{rss} MiB of memory, {tables} MiB of page tables");
    }
}
