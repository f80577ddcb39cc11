//! `Map`.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use gmp::sync::{Map, RwLock, WaitGroup};
use gmp::{go, gomaxprocs, gosched};

use crate::rules::join;
use crate::support::{Drops, Random, until};

/// One call of a map, and what to call it with.
#[derive(Clone, Copy, Debug)]
enum Call {
    Load,
    Store,
    LoadOrStore,
    LoadAndDelete,
    Delete,
    Swap,
    CompareAndSwap,
    CompareAndDelete,
    Clear,
}

const CALLS: [Call; 9] = [
    Call::Load,
    Call::Store,
    Call::LoadOrStore,
    Call::LoadAndDelete,
    Call::Delete,
    Call::Swap,
    Call::CompareAndSwap,
    Call::CompareAndDelete,
    Call::Clear,
];

/// What a call gives: a value, and a yes or no.
type Given = (Option<u64>, bool);

fn on_map(map: &Map<String, u64>, call: Call, key: &str, value: u64) -> Given {
    let name = key.to_string();
    match call {
        Call::Load => (map.load(key), false),
        Call::Store => {
            map.store(name, value);
            (None, false)
        }
        Call::LoadOrStore => {
            let (value, loaded) = map.load_or_store(name, value);
            (Some(value), loaded)
        }
        Call::LoadAndDelete => (map.load_and_delete(key), false),
        Call::Delete => {
            map.delete(key);
            (None, false)
        }
        Call::Swap => (map.swap(name, value), false),
        // From the number before: equal now and then.
        Call::CompareAndSwap => (None, map.compare_and_swap(key, &value, value + 1)),
        Call::CompareAndDelete => (None, map.compare_and_delete(key, &value)),
        Call::Clear => {
            map.clear();
            (None, false)
        }
    }
}

fn on_locked(map: &RwLock<HashMap<String, u64>>, call: Call, key: &str, value: u64) -> Given {
    let mut map = map.write().unwrap();
    let (name, old) = (key.to_string(), map.get(key).copied());
    match call {
        Call::Load => (old, false),
        Call::Store => {
            map.insert(name, value);
            (None, false)
        }
        Call::LoadOrStore => (Some(*map.entry(name).or_insert(value)), old.is_some()),
        Call::LoadAndDelete => (map.remove(key), false),
        Call::Delete => {
            map.remove(key);
            (None, false)
        }
        Call::Swap => (map.insert(name, value), false),
        Call::CompareAndSwap => {
            let equal = old == Some(value);
            if equal {
                map.insert(name, value + 1);
            }
            (None, equal)
        }
        Call::CompareAndDelete => {
            let equal = old == Some(value);
            if equal {
                map.remove(key);
            }
            (None, equal)
        }
        Call::Clear => {
            map.clear();
            (None, false)
        }
    }
}

/// TestMapMatchesRWMutex and its kin: random calls, on keys of up to three letters and on some
/// that come often.
pub(crate) fn matches_a_locked_map() {
    const ROUNDS: usize = 200;
    let random = Random::new();
    for round in 0..ROUNDS {
        let (map, locked) = (Map::new(), RwLock::new(HashMap::new()));
        let letters = [2, 26][round % 2];
        for step in 0..100 {
            // Clearing is rare, or there would never be much to look at.
            let call = match random.below(CALLS.len() as u64 * 8) as usize {
                n if n < CALLS.len() => CALLS[n],
                n => CALLS[n % (CALLS.len() - 1)],
            };
            let letter = |_| char::from(b'a' + random.below(letters) as u8);
            let key: String = (0..random.below(4)).map(letter).collect();
            let value = random.below(3);
            let got = on_map(&map, call, &key, value);
            let want = on_locked(&locked, call, &key, value);
            assert_eq!(got, want, "{call:?} of {key:?}, {value}, step {step} of round {round}");
        }
        let mut seen = HashMap::new();
        map.range(|key, value| {
            assert_eq!(seen.insert(key.clone(), *value), None, "{key} twice");
            true
        });
        assert_eq!(seen, *locked.read().unwrap());
    }
}

/// TestConcurrentRange: each key once, with a value that it had, beside those that store.
pub(crate) fn concurrent_range() {
    const SIZE: u64 = 1 << 10;
    const RANGES: usize = 16;
    let map = Arc::new(Map::new());
    (1..=SIZE).for_each(|n| map.store(n, n));
    let done = Arc::new(AtomicBool::new(false));
    let random = Arc::new(Random::new());
    let stores = |storer: u64| {
        let (map, done, random) = (Arc::clone(&map), Arc::clone(&done), Arc::clone(&random));
        go!(move || {
            let mut round = 0;
            while !done.load(SeqCst) {
                for n in 1..SIZE {
                    if random.below(SIZE) == 0 {
                        map.store(n, n * round * storer);
                    } else {
                        map.load(&n);
                    }
                }
                round += 1;
                gosched();
            }
        })
    };
    let storers: Vec<_> = (1..=gomaxprocs(0) as u64).map(stores).collect();
    for _ in 0..RANGES {
        let mut seen = vec![false; SIZE as usize + 1];
        map.range(|&key, &value| {
            assert_eq!(value % key, 0, "{key}");
            assert!(!seen[key as usize], "{key} twice");
            seen[key as usize] = true;
            if key % 100 == 0 {
                gosched();
            }
            true
        });
        assert_eq!(seen.iter().filter(|seen| **seen).count(), SIZE as usize);
    }
    done.store(true, SeqCst);
    storers.into_iter().for_each(join);
}

/// TestMapRangeNestedCall; and a range ends when it is told to.
pub(crate) fn range_may_nest() {
    let map = Map::new();
    for (n, text) in ["hello", "world", "Go"].into_iter().enumerate() {
        map.store(n, text);
    }
    map.range(|outer, _| {
        map.range(|key, value| {
            assert_eq!(map.load(key), Some(*value));
            assert!(!map.load_or_store(42, "dummy").1, "never stored");
            map.store(42, "sync.Map");
            assert_eq!(map.load_and_delete(&42), Some("sync.Map"));
            true
        });
        map.delete(outer);
        true
    });
    map.range(|key, _| panic!("{key} is left"));
    (0..100).for_each(|n| map.store(n, "more"));
    let mut calls = 0;
    map.range(|_, _| {
        calls += 1;
        calls < 10
    });
    assert_eq!(calls, 10);
    // What is cleared meanwhile need not be shown, and nothing is shown twice.
    let mut seen = Vec::new();
    map.range(|key, _| {
        seen.push(*key);
        map.clear();
        true
    });
    seen.sort_unstable();
    seen.dedup();
    assert!(!seen.is_empty());
    map.range(|key, _| panic!("{key} is left"));
}

/// TestCompareAndSwap_NonExistingKey, and other things that are not there.
pub(crate) fn missing_keys_are_not_swapped() {
    let map = Map::new();
    assert!(!map.compare_and_swap(&1, &0, 42) && !map.compare_and_delete(&1, &0));
    assert_eq!((map.load(&1), map.load_and_delete(&1)), (None, None));
    assert_eq!(map.swap(1, 2), None);
    assert!(!map.compare_and_swap(&1, &0, 42) && !map.compare_and_delete(&1, &0));
    assert!(map.compare_and_swap(&1, &2, 3) && map.compare_and_delete(&1, &3));
    assert_eq!(map.load(&1), None);
}

/// TestConcurrentClear, several times.
pub(crate) fn concurrent_clear() {
    for _ in 0..50 {
        let (map, all) = (Arc::new(Map::new()), WaitGroup::new());
        for n in 0..10 {
            let mine = Arc::clone(&map);
            all.go(move || mine.store(n, n * 10));
            let mine = Arc::clone(&map);
            all.go(move || assert!(mine.load(&n).is_none_or(|value| value == n * 10)));
            let mine = Arc::clone(&map);
            all.go(move || mine.clear());
        }
        all.wait();
        map.clear();
        map.range(|key, value| panic!("{key}: {value} after a clear"));
    }
}

/// Of those that store what is not there one succeeds, and all see his value; of those that
/// count by swapping none is lost; what is deleted is given to one.
pub(crate) fn one_stores_first() {
    const GOROUTINES: u64 = 10;
    const KEYS: u64 = 200;
    let map = Arc::new(Map::new());
    let each = |n: u64| {
        let map = Arc::clone(&map);
        go!(move || {
            let mut first = 0;
            for key in 0..KEYS {
                let (value, loaded) = map.load_or_store(key, n * 1_000_000);
                first += u64::from(!loaded);
                assert!(loaded || value == n * 1_000_000);
                // Counts in the lower digits.
                loop {
                    let old = map.load(&key).unwrap();
                    if map.compare_and_swap(&key, &old, old + 1) {
                        break;
                    }
                    gosched();
                }
            }
            first
        })
    };
    let handles: Vec<_> = (0..GOROUTINES).map(each).collect();
    assert_eq!(handles.into_iter().map(join).sum::<u64>(), KEYS);
    (0..KEYS).for_each(|key| assert_eq!(map.load(&key).unwrap() % 1_000_000, GOROUTINES));
    let deletes = |_| {
        let map = Arc::clone(&map);
        go!(move || (0..KEYS).filter(|key| map.load_and_delete(key).is_some()).count() as u64)
    };
    let handles: Vec<_> = (0..GOROUTINES).map(deletes).collect();
    assert_eq!(handles.into_iter().map(join).sum::<u64>(), KEYS);
}

/// TestIssue40999: fresh keys that are stored and deleted do not pile up; nothing is dropped
/// twice or never.
pub(crate) fn what_is_deleted_is_released() {
    const ROUNDS: usize = 5_000;
    const KEPT: usize = usize::MAX;
    let (drops, map) = (Drops::new(), Arc::new(Map::new()));
    let mut count = 0;
    let mut make = || {
        count += 1;
        Arc::new(drops.value())
    };
    map.store(KEPT, make());
    for n in 0..ROUNDS {
        map.store(n, make());
        match n % 3 {
            0 => map.delete(&n),
            1 => drop(map.load_and_delete(&n).expect("it was stored")),
            _ => {
                drop(map.swap(n, make()).expect("it was stored"));
                map.delete(&n);
            }
        }
    }
    let left = count - drops.count();
    assert!(left <= 100, "{left} values are kept after {ROUNDS} rounds");
    // What was loaded outlives what is done to the map.
    let value = map.load(&KEPT).expect("it was stored");
    let clears = |_| {
        let map = Arc::clone(&map);
        go!(move || (0..200).for_each(|_| {
            drop(map.load(&KEPT));
            map.clear();
        }))
    };
    let others: Vec<_> = (0..4).map(clears).collect();
    others.into_iter().for_each(join);
    assert!(drops.count() < count);
    drop(value);
    until(|| Arc::strong_count(&map) == 1);
    drop(map);
    assert_eq!(drops.count(), count);
}
