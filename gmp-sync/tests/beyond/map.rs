//! `Map`: as a locked map, but for many at once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::common::{Drops, Random, crowd, message, on_both, watchdog};
use gmp_sync::Map;

/// A key whose hashes are often equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Clash(u64);

impl std::hash::Hash for Clash {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write_u64(self.0 % 3);
    }
}

/// One random operation on both; their answers are the same.
fn step(random: &Random, map: &Map<Clash, u64>, model: &mut HashMap<Clash, u64>) {
    let (key, value) = (Clash(random.below(20)), random.below(4));
    let other = random.below(4);
    match random.below(100) {
        0..20 => assert_eq!(map.load(&key), model.get(&key).copied()),
        20..35 => {
            map.store(key.clone(), value);
            model.insert(key, value);
        }
        35..50 => {
            let loaded = model.get(&key).map(|value| (*value, true));
            model.entry(key.clone()).or_insert(value);
            assert_eq!(map.load_or_store(key, value), loaded.unwrap_or((value, false)));
        }
        50..60 => assert_eq!(map.load_and_delete(&key), model.remove(&key)),
        60..65 => {
            map.delete(&key);
            model.remove(&key);
        }
        65..75 => assert_eq!(map.swap(key.clone(), value), model.insert(key, value)),
        75..85 => {
            let swaps = model.get(&key) == Some(&other);
            assert_eq!(map.compare_and_swap(&key, &other, value), swaps);
            if swaps {
                model.insert(key, value);
            }
        }
        85..95 => {
            let deletes = model.get(&key) == Some(&other);
            assert_eq!(map.compare_and_delete(&key, &other), deletes);
            if deletes {
                model.remove(&key);
            }
        }
        95..99 => {
            assert_eq!((map.len(), map.is_empty()), (model.len(), model.is_empty()));
            assert_eq!(map.contains_key(&key), model.contains_key(&key));
            let mut seen = HashMap::new();
            map.range(|key, value| seen.insert(key.clone(), *value).is_none());
            assert_eq!(seen, *model);
        }
        _ => {
            map.clear();
            model.clear();
        }
    }
}

#[test]
fn as_a_hash_map() {
    let random = Random::new();
    for _ in 0..20 {
        let (map, mut model) = (Map::new(), HashMap::new());
        for _ in 0..1_000 {
            step(&random, &map, &mut model);
        }
    }
}

#[test]
fn a_missing_key() {
    let map = Map::new();
    for _ in 0..2 {
        assert_eq!(map.load("a"), None);
        assert!(!map.compare_and_swap("a", &0, 1));
        assert!(!map.compare_and_delete("a", &0));
        assert_eq!(map.load_and_delete("a"), None);
        map.delete("a");
        map.clear();
        map.range(|_, _| panic!("nothing is there"));
        assert!(map.is_empty());
        // Once more, with parts.
        map.store(String::from("b"), 1);
        map.delete("b");
    }
}

/// Every increment counts: compare-and-swap fails if another one came between.
#[test]
fn counters() {
    const KEYS: u64 = 4;
    let _watchdog = watchdog();
    let map = Arc::new(Map::new());
    let (shared, random) = (Arc::clone(&map), Random::new());
    crowd(10, 3, move |_| {
        for _ in 0..1_000 {
            let key = random.below(KEYS);
            loop {
                let (value, _) = shared.load_or_store(key, 0);
                if shared.compare_and_swap(&key, &value, value + 1) {
                    break;
                }
            }
        }
    });
    assert_eq!((0..KEYS).map(|key| map.load(&key).unwrap()).sum::<u64>(), 13_000);
}

/// Of those who store a key that is not there one succeeds; of those who delete it as well.
#[test]
fn one_wins() {
    let _watchdog = watchdog();
    let (stored, deleted) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (stores, deletes) = (Arc::clone(&stored), Arc::clone(&deleted));
    let map: Map<usize, usize> = Map::new();
    crowd(10, 3, move |n| {
        for round in 0..2_000 {
            let key = round / 4;
            if !map.load_or_store(key, n).1 {
                stores.fetch_add(1, Ordering::Relaxed);
            }
            let gone = match n % 3 {
                0 => map.load_and_delete(&key).is_some(),
                1 => map.compare_and_delete(&key, &n),
                _ => map.load(&key).is_some_and(|value| map.compare_and_delete(&key, &value)),
            };
            deletes.fetch_add(usize::from(gone), Ordering::Relaxed);
        }
        // Nothing of this one is left.
        map.range(|key, value| {
            let gone = *value == n && map.compare_and_delete(key, value);
            deletes.fetch_add(usize::from(gone), Ordering::Relaxed);
            true
        });
        if map.is_empty() {
            return;
        }
        // Others were not through yet, or left theirs to nobody: all of them go.
        while let Some(key) = first(&map) {
            let gone = map.load_and_delete(&key).is_some();
            deletes.fetch_add(usize::from(gone), Ordering::Relaxed);
        }
    });
    assert!(stored.load(Ordering::Relaxed) > 0);
    assert_eq!(stored.load(Ordering::Relaxed), deleted.load(Ordering::Relaxed));

    fn first(map: &Map<usize, usize>) -> Option<usize> {
        let mut first = None;
        map.range(|key, _| {
            first = Some(*key);
            false
        });
        first
    }
}

/// While others store and delete, a range passes no key twice, and misses none that stays.
#[test]
fn range_among_writers() {
    const STAY: u64 = 500;
    let _watchdog = watchdog();
    let map = Map::from_iter((0..STAY).map(|key| (key, 0)));
    let (random, over) = (Random::new(), AtomicBool::new(false));
    crowd(6, 2, move |n| {
        if n != 0 {
            while !over.load(Ordering::Relaxed) {
                let key = STAY + random.below(2_000);
                match random.below(3) {
                    0 => map.store(key, 1),
                    1 => map.delete(&key),
                    _ => map.store(key - STAY.min(key - random.below(STAY)), 2),
                }
            }
            return;
        }
        for _ in 0..30 {
            let mut seen = HashSet::new();
            map.range(|key, _| {
                assert!(seen.insert(*key), "{key} was passed twice");
                true
            });
            assert!((0..STAY).all(|key| seen.contains(&key)));
            gmp_core::gosched();
        }
        over.store(true, Ordering::Relaxed);
    });
}

/// The function that a range calls may do anything with the map.
#[test]
fn nested_ranges() {
    on_both(|| {
        let map: Map<String, u64> =
            ["a", "b", "c"].map(|key| (key.to_owned(), 1)).into_iter().collect();
        let mut calls = 0;
        map.range(|key, _| {
            map.range(|key, value| {
                calls += 1;
                assert!(map.compare_and_swap(key, value, value + 1));
                if map.load_or_store(format!("{key}{key}"), *value).1 {
                    map.delete(&format!("{key}{key}"));
                }
                key.len() < 4
            });
            map.store("dummy".into(), 5);
            map.delete("dummy");
            map.swap(key.clone(), 0);
            map.clear();
            false
        });
        assert!((1..=9).contains(&calls), "{calls}");
        assert!(map.is_empty());
        map.store("x".into(), 1);
        assert_eq!(format!("{map:?}"), r#"{"x": 1}"#);
    });
}

/// What is stored while others clear is there or not; after the last clear, nothing is.
#[test]
fn clear_among_writers() {
    let _watchdog = watchdog();
    let map = Arc::new(Map::from_iter((0..1_000_u64).map(|key| (key, key))));
    let (shared, random) = (Arc::clone(&map), Random::new());
    crowd(10, 2, move |n| {
        for _ in 0..100 {
            if n % 2 == 0 {
                shared.clear();
            } else {
                let key = random.below(1_000);
                shared.store(key, key);
                assert!(shared.load(&key).is_none_or(|value| value == key));
            }
        }
    });
    map.clear();
    assert_eq!(map.len(), 0);
    map.range(|_, _| panic!("nothing is there"));
}

/// Keys and values that leave the map are dropped, with no lock held: they may use the map.
#[test]
fn what_is_deleted_is_dropped() {
    on_both(|| {
        let drops = Drops::default();
        let map: Map<u64, Arc<_>> = Map::new();
        // Fresh keys, stored and deleted: nothing piles up.
        for key in 0..1_000 {
            map.store(key, Arc::new(drops.token()));
            assert_eq!(drops.alive(), 1);
            assert!(map.load(&key).is_some());
            match key % 4 {
                0 => map.delete(&key),
                1 => drop(map.load_and_delete(&key)),
                2 => map.clear(),
                _ => map.range(|key, _| {
                    map.delete(key);
                    true
                }),
            }
            assert_eq!((drops.count() as u64, drops.alive()), (key + 1, 0));
        }
        // Replaced values, and those that were not needed.
        let (first, second) = (Arc::new(drops.token()), Arc::new(drops.token()));
        map.store(0, first);
        assert!(map.load_or_store(0, Arc::new(drops.token())).1);
        assert_eq!(drops.count(), 1_001);
        map.store(0, second);
        assert_eq!((drops.count(), drops.alive()), (1_002, 1));
        drop(map);
        assert_eq!(drops.alive(), 0);
    });
}

#[test]
fn keys_are_dropped_too() {
    #[derive(Clone, Debug)]
    struct Key {
        id: u64,
        _token: Arc<crate::common::Token>,
    }
    impl PartialEq for Key {
        fn eq(&self, other: &Key) -> bool {
            self.id == other.id
        }
    }
    impl Eq for Key {}
    impl std::hash::Hash for Key {
        fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
            self.id.hash(state);
        }
    }
    impl std::borrow::Borrow<u64> for Key {
        fn borrow(&self) -> &u64 {
            &self.id
        }
    }
    let (drops, map) = (Drops::default(), Map::new());
    let key = |id| Key { id, _token: Arc::new(drops.token()) };
    for n in 0..100 {
        map.store(key(n % 10), ());
        map.swap(key(n % 10), ());
        map.load_or_store(key(n % 10), ());
        assert!(drops.alive() <= 10);
    }
    for n in 0..10_u64 {
        assert!(map.compare_and_delete(&n, &()));
        assert_eq!(drops.alive() as u64, 9 - n);
    }
    assert_eq!(drops.count(), 300);
}

/// A value whose drop uses the map it is dropped from.
#[test]
fn drops_may_use_the_map() {
    static MAP: Map<usize, Uses> = Map::new();
    static DROPPED: AtomicUsize = AtomicUsize::new(0);
    #[derive(Clone)]
    struct Uses(Option<Arc<Inner>>);
    impl PartialEq for Uses {
        fn eq(&self, other: &Uses) -> bool {
            self.0.is_some() == other.0.is_some()
        }
    }
    struct Inner(usize);
    impl Drop for Inner {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, Ordering::Relaxed);
            // Takes each lock of the map.
            assert!(MAP.len() <= self.0);
        }
    }
    on_both(|| {
        let uses = || Uses(Some(Arc::new(Inner(1))));
        let before = DROPPED.load(Ordering::Relaxed);
        MAP.store(1, uses());
        MAP.store(1, uses());
        drop(MAP.swap(1, uses()));
        assert!(!MAP.compare_and_swap(&1, &Uses(None), uses()));
        assert!(MAP.compare_and_swap(&1, &uses(), uses()));
        assert!(MAP.load_or_store(1, uses()).1);
        assert!(!MAP.compare_and_delete(&1, &Uses(None)));
        assert!(MAP.compare_and_delete(&1, &uses()));
        MAP.store(1, uses());
        MAP.delete(&1);
        MAP.store(1, uses());
        MAP.clear();
        assert_eq!(DROPPED.load(Ordering::Relaxed) - before, 10);
        assert!(MAP.is_empty());
    });
}

/// A panic of a clone leaves the map usable.
#[test]
fn a_panic_under_the_lock() {
    struct Touchy(bool);
    impl Clone for Touchy {
        fn clone(&self) -> Touchy {
            assert!(!self.0, "do not touch");
            Touchy(self.0)
        }
    }
    let map = Map::from_iter([(1, Touchy(true))]);
    assert_eq!(message(|| map.load(&1)), "do not touch");
    map.store(1, Touchy(false));
    assert!(map.load(&1).is_some_and(|value| !value.0));
}
