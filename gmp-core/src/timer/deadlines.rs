//! All deadlines of one heap: the newest apart, the young ones apart from the many.
//!
//! A timeout that is taken back soon never meets the large heap, and one that is taken back
//! before the next one comes meets none. When the small heap is full, each newcomer moves
//! one of its later entries to the large one, so no single operation does more than one step
//! of either.

use super::heap::{Entry, Heap, Placed};

/// Entries in the small heap: four full levels.
const YOUNG: usize = 1 + 4 + 16 + 64;
/// The places of entries in the large one have this bit.
const OLD: u32 = 1 << 31;
/// The place of the newest.
const NEWEST: u32 = u32::MAX - 1;

pub(super) struct Deadlines<T> {
    /// The one that was added last, if it is still there.
    newest: Option<Entry<T>>,
    young: Heap<T>,
    old: Heap<T>,
}

/// Where the earliest is.
enum Part {
    Newest,
    Young,
    Old,
}

impl<T: Placed> Deadlines<T> {
    pub(super) const fn new() -> Deadlines<T> {
        Deadlines { newest: None, young: Heap::new(0), old: Heap::new(OLD) }
    }

    /// The earliest, and where it is.
    #[inline(always)]
    fn find_first(&self) -> Option<(Entry<T>, Part)> {
        let young = self.young.first().map(|entry| (entry, Part::Young));
        let old = self.old.first().map(|entry| (entry, Part::Old));
        let newest = self.newest.map(|entry| (entry, Part::Newest));
        [young, old, newest].into_iter().flatten().min_by_key(|(entry, _)| entry.when)
    }

    /// The earliest.
    #[inline(always)]
    pub(super) fn first(&self) -> Option<Entry<T>> {
        self.find_first().map(|(entry, _)| entry)
    }

    /// When the earliest is due; `u64::MAX` if there is none.
    #[inline(always)]
    pub(super) fn next(&self) -> u64 {
        let when = |first: Option<Entry<T>>| first.map_or(u64::MAX, |entry| entry.when);
        when(self.newest).min(when(self.young.first())).min(when(self.old.first()))
    }

    #[inline(always)]
    pub(super) fn push(&mut self, entry: Entry<T>) {
        if let Some(older) = self.newest.replace(entry) {
            self.push_young(older);
        }
        entry.item.placed(NEWEST);
    }

    #[inline(always)]
    fn push_young(&mut self, entry: Entry<T>) {
        if self.young.len() >= YOUNG
            && let Some(later) = self.young.pop_last()
        {
            self.old.push(later);
        }
        self.young.push(entry);
    }

    /// Takes out the earliest.
    pub(super) fn pop(&mut self) -> Option<Entry<T>> {
        match self.find_first()?.1 {
            Part::Newest => self.newest.take(),
            Part::Young => self.young.pop(),
            Part::Old => self.old.pop(),
        }
    }

    /// Takes out the entry that was told `place` last.
    #[inline(always)]
    pub(super) fn remove(&mut self, place: u32) -> Option<Entry<T>> {
        if place == NEWEST {
            self.newest.take()
        } else if place & OLD == 0 {
            Some(self.young.remove(place as usize))
        } else {
            Some(self.old.remove((place & !OLD) as usize))
        }
    }
}

#[cfg(test)]
#[path = "deadlines_tests.rs"]
mod tests;
