//! A map that many may use at once.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};
use std::iter;
use std::sync::PoisonError;

use crate::map::table::Table;
use crate::once_lock::OnceLock;
use crate::rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};

mod table;

/// Go's `sync.Map`: a hash map that goroutines and threads use at once without a lock of
/// their own around it.
///
/// The map is made of parts, four or more for each CPU, each under its own lock; an operation
/// takes the lock of the one part that its key is in, to read or to write. Values come out as
/// clones: what is large or must be shared belongs into an `Arc`. Keys and values that leave
/// the map are dropped at once, when no lock is held.
///
/// A map without entries that was never written to takes no memory. The memory of deleted
/// entries is given back when few are left.
///
/// While it compares keys, clones values or compares values the map holds the lock of that
/// part: `Eq` of a key, `Clone` and `PartialEq` of a value must not use the same map.
///
/// # Examples
///
/// ```
/// use gmp_sync::Map;
///
/// static VISITS: Map<String, u32> = Map::new();
///
/// VISITS.store("index".into(), 1);
/// std::thread::scope(|scope| {
///     for _ in 0..4 {
///         scope.spawn(|| {
///             while let Some(n) = VISITS.load("index") {
///                 if VISITS.compare_and_swap("index", &n, n + 1) {
///                     break;
///                 }
///             }
///         });
///     }
/// });
/// assert_eq!(VISITS.load("index"), Some(5));
/// ```
pub struct Map<K, V> {
    parts: OnceLock<Parts<K, V>>,
}

struct Parts<K, V> {
    hasher: RandomState,
    /// A power of two.
    parts: Box<[Part<K, V>]>,
}

/// On cache lines of its own: the locks of different parts are taken by different CPUs.
#[repr(align(128))]
struct Part<K, V>(RwLock<Table<K, V>>);

impl<K, V> Map<K, V> {
    /// Makes an empty map.
    ///
    /// ```
    /// static MAP: gmp_sync::Map<&str, u32> = gmp_sync::Map::new();
    /// assert!(MAP.is_empty());
    /// ```
    pub const fn new() -> Map<K, V> {
        Map { parts: OnceLock::new() }
    }

    /// Deletes all entries. One that is stored meanwhile may stay.
    ///
    /// ```
    /// let map = gmp_sync::Map::from_iter([(1, 'a'), (2, 'b')]);
    /// map.clear();
    /// assert!(map.is_empty());
    /// ```
    pub fn clear(&self) {
        for part in self.parts() {
            let table = std::mem::take(&mut *part.write());
            drop(table);
        }
    }

    /// How many entries there are. While others write, this is a number that may never have
    /// been right. Costs a look at each of the parts.
    ///
    /// ```
    /// let map = gmp_sync::Map::new();
    /// map.store("a", 1);
    /// map.store("a", 2);
    /// assert_eq!(map.len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.parts().iter().map(|part| part.read().len()).sum()
    }

    /// Whether there are no entries; see [`len`](Self::len).
    ///
    /// ```
    /// assert!(gmp_sync::Map::<u8, u8>::new().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The parts; none if nothing was ever stored.
    fn parts(&self) -> &[Part<K, V>] {
        self.parts.get().map_or(&[], |parts| &parts.parts)
    }
}

impl<K: Eq + Hash, V> Map<K, V> {
    /// The value of `key`, if there is one.
    ///
    /// ```
    /// let map = gmp_sync::Map::new();
    /// map.store(String::from("a"), 1);
    /// assert_eq!(map.load("a"), Some(1));
    /// assert_eq!(map.load("b"), None);
    /// ```
    pub fn load<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
        V: Clone,
    {
        let (hash, part) = self.find(key)?;
        part.read().get(hash, key).cloned()
    }

    /// Whether there is a value of `key`.
    ///
    /// ```
    /// let map = gmp_sync::Map::from_iter([("a", 1)]);
    /// assert!(map.contains_key("a") && !map.contains_key("b"));
    /// ```
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.find(key).is_some_and(|(hash, part)| part.read().get(hash, key).is_some())
    }

    /// Makes `value` the value of `key`. What it was before is dropped.
    ///
    /// ```
    /// let map = gmp_sync::Map::new();
    /// map.store("a", 1);
    /// map.store("a", 2);
    /// assert_eq!(map.load("a"), Some(2));
    /// ```
    pub fn store(&self, key: K, value: V) {
        drop(self.swap(key, value));
    }

    /// Makes `value` the value of `key` and returns what it was before, if there was one.
    ///
    /// ```
    /// let map = gmp_sync::Map::new();
    /// assert_eq!(map.swap("a", 1), None);
    /// assert_eq!(map.swap("a", 2), Some(1));
    /// ```
    pub fn swap(&self, key: K, value: V) -> Option<V> {
        let (hash, part) = self.find_or_make(&key);
        // The guard ends with the statement: a second key of the same name is dropped later.
        let replaced = part.write().insert(hash, key, value);
        replaced.map(|(_, value)| value)
    }

    /// The value of `key` and `true`; if there is none, `value` becomes it and is returned
    /// with `false`.
    ///
    /// ```
    /// let map = gmp_sync::Map::new();
    /// assert_eq!(map.load_or_store("a", 1), (1, false));
    /// assert_eq!(map.load_or_store("a", 2), (1, true));
    /// ```
    pub fn load_or_store(&self, key: K, value: V) -> (V, bool)
    where
        V: Clone,
    {
        let (hash, part) = self.find_or_make(&key);
        let found = part.read().get(hash, &key).cloned();
        if let Some(found) = found {
            return (found, true);
        }
        let stored = value.clone();
        let mut table = part.write();
        if let Some(found) = table.get(hash, &key).cloned() {
            drop(table);
            return (found, true);
        }
        table.insert(hash, key, value);
        (stored, false)
    }

    /// Deletes `key` and returns what its value was, if there was one.
    ///
    /// ```
    /// let map = gmp_sync::Map::from_iter([("a", 1)]);
    /// assert_eq!(map.load_and_delete("a"), Some(1));
    /// assert_eq!(map.load_and_delete("a"), None);
    /// ```
    pub fn load_and_delete<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let (hash, part) = self.find(key)?;
        let removed = part.write().remove(hash, key);
        removed.map(|(_, value)| value)
    }

    /// Deletes `key`, if it is there.
    ///
    /// ```
    /// let map = gmp_sync::Map::from_iter([("a", 1)]);
    /// map.delete("a");
    /// assert_eq!(map.load("a"), None);
    /// ```
    pub fn delete<Q>(&self, key: &Q)
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        drop(self.load_and_delete(key));
    }

    /// Makes `new` the value of `key` if it is equal to `old` now. Whether it did: not if
    /// there is no value.
    ///
    /// ```
    /// let map = gmp_sync::Map::from_iter([("a", 1)]);
    /// assert!(map.compare_and_swap("a", &1, 2));
    /// assert!(!map.compare_and_swap("a", &1, 3));
    /// assert!(!map.compare_and_swap("b", &1, 3));
    /// assert_eq!(map.load("a"), Some(2));
    /// ```
    pub fn compare_and_swap<Q>(&self, key: &Q, old: &V, new: V) -> bool
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
        V: PartialEq,
    {
        let Some((hash, part)) = self.find(key) else { return false };
        let mut new = new;
        let mut table = part.write();
        let equal = table.get_mut(hash, key).filter(|value| **value == *old);
        let swapped = equal.map(|value| std::mem::swap(value, &mut new)).is_some();
        // Before the value that was replaced is dropped.
        drop(table);
        swapped
    }

    /// Deletes `key` if its value is equal to `old` now. Whether it did: not if there is no
    /// value.
    ///
    /// ```
    /// let map = gmp_sync::Map::from_iter([("a", 1)]);
    /// assert!(!map.compare_and_delete("a", &2));
    /// assert!(map.compare_and_delete("a", &1));
    /// assert!(!map.compare_and_delete("a", &1));
    /// ```
    pub fn compare_and_delete<Q>(&self, key: &Q, old: &V) -> bool
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
        V: PartialEq,
    {
        let Some((hash, part)) = self.find(key) else { return false };
        let mut table = part.write();
        let equal = table.get(hash, key).is_some_and(|value| *value == *old);
        let removed = if equal { table.remove(hash, key) } else { None };
        drop(table);
        removed.is_some()
    }

    /// Calls `f` with each key and its value until it returns `false`.
    ///
    /// No key is passed twice. This is no picture of one moment: of an entry that is
    /// written or deleted meanwhile, be it by `f`, `f` may see the one or the other. No lock
    /// is held while `f` runs: it may use the map, and others are not kept waiting. The
    /// entries are cloned a part at a time.
    ///
    /// ```
    /// let map = gmp_sync::Map::from_iter([("a", 1), ("b", 2), ("c", 3)]);
    /// map.range(|key, value| {
    ///     if value % 2 == 1 {
    ///         map.delete(key);
    ///     }
    ///     true
    /// });
    /// assert_eq!((map.len(), map.load("b")), (1, Some(2)));
    /// ```
    pub fn range(&self, mut f: impl FnMut(&K, &V) -> bool)
    where
        K: Clone,
        V: Clone,
    {
        for part in self.parts() {
            let entries = part.read().entries();
            if !entries.into_iter().all(|(key, value)| f(&key, &value)) {
                return;
            }
        }
    }

    /// The part that `key` is in, if it is in the map, and its hash.
    #[inline]
    fn find<Q: Hash + ?Sized>(&self, key: &Q) -> Option<(u64, &Part<K, V>)> {
        self.parts.get().map(|parts| parts.find(key))
    }

    #[inline]
    fn find_or_make(&self, key: &K) -> (u64, &Part<K, V>) {
        self.parts.get_or_init(Parts::new).find(key)
    }
}

impl<K, V> Parts<K, V> {
    /// The fewest and the most there are.
    const FEWEST: usize = 8;
    const MOST: usize = 256;
    const PER_CPU: usize = 4;

    fn new() -> Parts<K, V> {
        let wanted = (gmp_core::num_cpu() * Self::PER_CPU).next_power_of_two();
        let part = || Part(RwLock::new(Table::default()));
        let parts = iter::repeat_with(part).take(wanted.clamp(Self::FEWEST, Self::MOST));
        Parts { hasher: RandomState::new(), parts: parts.collect() }
    }

    #[inline]
    fn find<Q: Hash + ?Sized>(&self, key: &Q) -> (u64, &Part<K, V>) {
        let hash = self.hasher.hash_one(key);
        // Bits that the table does not look at first: it uses the lowest, and the top seven.
        let index = (hash >> 40) as usize & (self.parts.len() - 1);
        (hash, &self.parts[index])
    }
}

/// A table is whole whenever user code runs that could panic, so poison is ignored.
impl<K, V> Part<K, V> {
    #[inline]
    fn read(&self) -> RwLockReadGuard<'_, Table<K, V>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    fn write(&self) -> RwLockWriteGuard<'_, Table<K, V>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, V> Default for Map<K, V> {
    fn default() -> Map<K, V> {
        Map::new()
    }
}

impl<K: Eq + Hash, V> FromIterator<(K, V)> for Map<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Map<K, V> {
        let map = Map::new();
        entries.into_iter().for_each(|(key, value)| map.store(key, value));
        map
    }
}

/// Shows the entries, as [`range`](Map::range) passes them.
impl<K, V> fmt::Debug for Map<K, V>
where
    K: Eq + Hash + Clone + fmt::Debug,
    V: Clone + fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        self.range(|key, value| {
            map.entry(key, value);
            true
        });
        map.finish()
    }
}
