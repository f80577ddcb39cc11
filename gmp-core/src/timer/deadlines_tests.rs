//! The heaps against simple models of them.

use super::*;
use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

impl Placed for () {
    fn placed(&self, _place: u32) {}
}

/// An item that knows where it is.
#[derive(Clone, Copy)]
struct Known<'a>(&'a Cell<u32>);

impl Placed for Known<'_> {
    fn placed(&self, place: u32) {
        self.0.set(place);
    }
}

/// xorshift64*, as everywhere; here so that it works under loom, too.
struct Random(u64);

impl Random {
    fn seeded(seed: u64) -> Random {
        println!("seed {seed:#x}");
        Random(seed)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) % n
    }
}

#[test]
fn pops_in_order_whatever_the_pushes() {
    let mut random = Random::seeded(0x5eed);
    let mut deadlines = Deadlines::new();
    let mut model = BinaryHeap::new();
    for _ in 0..50_000 {
        if random.below(3) != 0 || model.is_empty() {
            let when = random.below(500);
            deadlines.push(Entry { when, item: () });
            model.push(Reverse(when));
        } else {
            assert_eq!(deadlines.pop().map(|e| e.when), model.pop().map(|r| r.0));
        }
        let earliest = model.peek().map(|r| r.0);
        assert_eq!(deadlines.first().map(|e| e.when), earliest);
        assert_eq!(deadlines.next(), earliest.unwrap_or(u64::MAX));
    }
    while let Some(Reverse(when)) = model.pop() {
        assert_eq!(deadlines.pop().map(|e| e.when), Some(when));
    }
    assert!(deadlines.pop().is_none());
}

/// Takes out any of up to `count` entries, by what it was told last.
fn anything_can_be_taken_out(count: usize, steps: u32, seed: u64) {
    let mut random = Random::seeded(seed);
    let places: Vec<_> = (0..count).map(|_| Cell::new(u32::MAX)).collect();
    let mut whens = vec![None; count];
    let mut deadlines = Deadlines::new();
    for _ in 0..steps {
        let i = random.below(count as u64) as usize;
        if let Some(when) = whens[i].take() {
            let removed = deadlines.remove(places[i].get());
            assert_eq!(removed.map(|entry| entry.when), Some(when));
        } else {
            let when = random.below(300);
            deadlines.push(Entry { when, item: Known(&places[i]) });
            whens[i] = Some(when);
        }
        assert_eq!(deadlines.first().map(|e| e.when), whens.iter().flatten().min().copied());
    }
    let mut last = 0;
    while let Some(entry) = deadlines.pop() {
        assert!(entry.when >= last);
        last = entry.when;
    }
}

#[test]
fn anything_can_be_taken_out_by_its_place() {
    // Small heap only, both, mostly the large one.
    anything_can_be_taken_out(60, 20_000, 0xfeed);
    anything_can_be_taken_out(300, 30_000, 0xbead);
    anything_can_be_taken_out(2_000, 30_000, 0xdead);
}

#[test]
fn who_comes_and_goes_leaves_the_many_alone() {
    let (place, mine) = (Cell::new(0), Cell::new(0));
    let mut deadlines = Deadlines::new();
    for when in 1_000..11_000 {
        deadlines.push(Entry { when, item: Known(&place) });
    }
    let old = deadlines.old.len();
    for when in [1, 5_000, 20_000] {
        for _ in 0..100 {
            deadlines.push(Entry { when, item: Known(&mine) });
            assert_eq!(deadlines.remove(mine.get()).map(|entry| entry.when), Some(when));
        }
    }
    assert!(deadlines.old.len() <= old + 1, "the large heap grew by more than the first time");
}
