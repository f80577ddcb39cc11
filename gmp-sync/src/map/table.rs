//! One part of a map: a hash table that is given the hashes.
//!
//! The hash of a key is computed once, before its part is known. So the table is std's, with
//! the hash as the key; entries whose hashes are equal in all 64 bits share a place.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};
use std::{mem, slice};

pub(super) struct Table<K, V> {
    places: HashMap<u64, Place<K, V>, BuildHasherDefault<AsItIs>>,
    len: usize,
}

enum Place<K, V> {
    /// As good as always.
    One((K, V)),
    /// As many as there were here at once, less those that were removed.
    Some(Vec<(K, V)>),
}

/// The hash of a hash.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write(&mut self, _: &[u8]) {
        unreachable!("hashes are u64");
    }

    #[inline]
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Table<K, V> {
        Table { places: HashMap::default(), len: 0 }
    }
}

impl<K, V> Table<K, V> {
    /// Memory for so many entries is kept, whether they are there or not.
    const KEPT: usize = 32;

    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(super) fn get<Q>(&self, hash: u64, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let entries = self.places.get(&hash)?.entries();
        entries.iter().find(|(other, _)| other.borrow() == key).map(|(_, value)| value)
    }

    #[inline]
    pub(super) fn get_mut<Q>(&mut self, hash: u64, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        self.places.get_mut(&hash)?.get_mut(key)
    }

    /// Makes `value` the value of `key`. If there was one, returns what is left over: the
    /// key that was given, and the value that was there.
    pub(super) fn insert(&mut self, hash: u64, key: K, value: V) -> Option<(K, V)>
    where
        K: Eq,
    {
        match self.places.entry(hash) {
            Entry::Vacant(place) => {
                place.insert(Place::One((key, value)));
            }
            Entry::Occupied(place) => {
                let place = place.into_mut();
                if let Some(old) = place.get_mut(&key) {
                    return Some((key, mem::replace(old, value)));
                }
                place.push((key, value));
            }
        }
        self.len += 1;
        None
    }

    /// Takes out the entry of `key`.
    pub(super) fn remove<Q>(&mut self, hash: u64, key: &Q) -> Option<(K, V)>
    where
        K: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let Entry::Occupied(mut place) = self.places.entry(hash) else { return None };
        let at = place.get().entries().iter().position(|(other, _)| other.borrow() == key)?;
        let removed = match place.get_mut() {
            Place::Some(entries) if entries.len() > 1 => entries.swap_remove(at),
            _ => match place.remove() {
                Place::One(entry) => entry,
                Place::Some(mut entries) => entries.swap_remove(at),
            },
        };
        self.len -= 1;
        self.give_back();
        Some(removed)
    }

    /// Gives memory back when an eighth of it or less is used. More entries than are moved
    /// then were deleted since the last time.
    fn give_back(&mut self) {
        let capacity = self.places.capacity();
        if capacity > Self::KEPT && self.places.len() <= capacity / 8 {
            self.places.shrink_to(capacity / 4);
        }
    }

    /// Clones of all entries.
    pub(super) fn entries(&self) -> Vec<(K, V)>
    where
        K: Clone,
        V: Clone,
    {
        let mut entries = Vec::with_capacity(self.len);
        self.places.values().for_each(|place| entries.extend_from_slice(place.entries()));
        entries
    }
}

impl<K, V> Place<K, V> {
    #[inline]
    fn entries(&self) -> &[(K, V)] {
        match self {
            Place::One(entry) => slice::from_ref(entry),
            Place::Some(entries) => entries,
        }
    }

    #[inline]
    fn get_mut<Q>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let entries = match self {
            Place::One(entry) => slice::from_mut(entry),
            Place::Some(entries) => entries,
        };
        entries.iter_mut().find(|(other, _)| (*other).borrow() == key).map(|(_, value)| value)
    }

    fn push(&mut self, entry: (K, V)) {
        if let Place::Some(entries) = self {
            entries.push(entry);
        } else if let Place::One(first) = mem::replace(self, Place::Some(Vec::new())) {
            *self = Place::Some(vec![first, entry]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Many entries of one hash, and one of another, in any order of removal.
    #[test]
    fn equal_hashes() {
        for last in 0..4 {
            let mut table = Table::default();
            assert_eq!(table.insert(8, 80, 'x'), None);
            for key in 0..4 {
                assert_eq!(table.insert(7, key, 'a'), None);
            }
            assert_eq!(table.insert(7, 2, 'b'), Some((2, 'a')));
            assert_eq!((table.len(), table.get(7, &2), table.get(7, &4)), (5, Some(&'b'), None));
            for key in (0..4).map(|n| (n + last) % 4) {
                *table.get_mut(7, &key).unwrap() = 'c';
                assert_eq!(table.remove(7, &key), Some((key, 'c')));
                assert_eq!(table.remove(7, &key), None);
            }
            assert_eq!(table.insert(7, 5, 'd'), None);
            let mut entries = table.entries();
            entries.sort_unstable();
            assert_eq!(entries, [(5, 'd'), (80, 'x')]);
        }
    }

    #[test]
    fn memory_is_given_back() {
        const ENTRIES: u64 = 10_000;
        let mut table = Table::default();
        for key in 0..ENTRIES {
            table.insert(key.wrapping_mul(0x9e37_79b9_7f4a_7c15), key, ());
        }
        for key in 0..ENTRIES {
            assert!(table.remove(key.wrapping_mul(0x9e37_79b9_7f4a_7c15), &key).is_some());
            let (len, capacity) = (table.len(), table.places.capacity());
            assert!(capacity <= 64 || capacity <= 8 * (len + 1), "room for {capacity}, {len} used");
        }
        assert_eq!(table.len(), 0);
    }
}
