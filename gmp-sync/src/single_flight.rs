//! One run of a computation for all who ask for the same thing at once.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::{Mutex, MutexGuard, OnceLock, PoisonError, caught, rt};

/// Calls made at the same time for the same key share one run.
///
/// The first one to call [`work`](Self::work) for a key runs its closure; who calls until that
/// returns waits for the result, and gets a clone of it. Nothing is kept: who calls later begins
/// anew. So a thousand requests that miss the same entry of a cache at once become one query of
/// the database.
///
/// A call costs two short locks and three allocations. The locks are not held while the closure
/// runs, nor while results are cloned. A result that is dear to clone, or cannot be cloned, such
/// as an [`io::Error`](std::io::Error), belongs in an `Arc`. Share a `SingleFlight` by reference
/// or in an `Arc`; for that `V` must be `Send + Sync`.
///
/// # Examples
///
/// ```
/// use gmp_sync::SingleFlight;
///
/// let users = SingleFlight::new();
/// // However many ask at once for the same user: one query.
/// let load = |id: u32| users.work(id, || format!("user {id}, from the database"));
///
/// std::thread::scope(|s| {
///     for _ in 0..3 {
///         s.spawn(|| assert_eq!(load(7), "user 7, from the database"));
///     }
/// });
/// ```
pub struct SingleFlight<K, V> {
    flights: Mutex<HashMap<Arc<K>, Arc<Flight<V>>>>,
}

/// One run that others may wait for.
struct Flight<V> {
    /// Set only if there are sharers.
    landed: OnceLock<Landed<V>>,
    /// How many others asked for the result. Changes under the lock of the map.
    sharers: AtomicUsize,
}

/// What became of a run.
enum Landed<V> {
    Value(V),
    Panicked(String),
    Exited,
}

impl<K: Eq + Hash, V: Clone> SingleFlight<K, V> {
    /// Makes one with no calls under way.
    ///
    /// ```
    /// let numbers = gmp_sync::SingleFlight::new();
    /// assert_eq!(numbers.work("two", || 2), 2);
    /// ```
    pub fn new() -> SingleFlight<K, V> {
        SingleFlight::default()
    }

    /// Runs `f` and returns its result; or waits for the result of the run for `key` that is
    /// under way, and drops `f`. Parks the goroutine, blocks a plain thread.
    ///
    /// An `f` that calls `work` for its own key waits for itself, for ever.
    ///
    /// # Panics
    ///
    /// If `f` panics, with its payload. In all who shared the run, with a text that ends with
    /// that of the panic. If `f` calls `goexit` they exit, too; a plain thread, which cannot,
    /// panics.
    ///
    /// # Examples
    ///
    /// ```
    /// use gmp_sync::SingleFlight;
    /// use std::fs;
    /// use std::sync::Arc;
    ///
    /// let files = SingleFlight::new();
    /// let read = |path| files.work(path, || fs::read_to_string(path).map_err(Arc::new));
    /// assert!(read("/no such file").is_err());
    /// ```
    pub fn work(&self, key: K, f: impl FnOnce() -> V) -> V {
        self.work_shared(key, f).0
    }

    /// As [`work`](Self::work), and says whether the result went to more than one caller.
    ///
    /// # Panics
    ///
    /// As [`work`](Self::work).
    ///
    /// # Examples
    ///
    /// ```
    /// let numbers = gmp_sync::SingleFlight::new();
    /// assert_eq!(numbers.work_shared("two", || 2), (2, false));
    /// ```
    pub fn work_shared(&self, key: K, f: impl FnOnce() -> V) -> (V, bool) {
        let lead = match self.board(key) {
            Ok(lead) => lead,
            Err(flight) => return (flight.result(), true),
        };
        let run = || {
            let value = f();
            caught::let_exit_go_on();
            let copy = lead.close().then(|| value.clone());
            (value, copy)
        };
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok((value, None)) => (value, false),
            Ok((value, Some(copy))) => {
                lead.land(Landed::Value(copy));
                (value, true)
            }
            Err(payload) => {
                let payload = rt::caught(payload);
                lead.close();
                lead.land(Landed::Panicked(caught::message(&*payload).to_owned()));
                resume_unwind(payload)
            }
        }
    }

    /// Lets the next call for `key` run its own closure, even if a run for it is under way: that
    /// one is known to be out of date. Who waits for its result gets it nevertheless.
    ///
    /// # Examples
    ///
    /// ```
    /// let numbers = gmp_sync::SingleFlight::new();
    /// let outer = numbers.work("key", || {
    ///     numbers.forget(&"key");
    ///     numbers.work("key", || 1) + 1 // a run of its own
    /// });
    /// assert_eq!(outer, 2);
    /// ```
    pub fn forget(&self, key: &K) {
        let forgotten = self.flights().remove_entry(key);
        // Its key is the caller's own type: not dropped under the lock.
        drop(forgotten);
    }

    /// How many wait for the run for `key` that is under way. For tests, in place of sleeping.
    #[doc(hidden)]
    pub fn sharing(&self, key: &K) -> Option<usize> {
        self.flights().get(key).map(|flight| flight.sharers.load(Ordering::Relaxed))
    }

    /// A flight to wait for, or else one to lead.
    fn board(&self, key: K) -> Result<Lead<'_, K, V>, Arc<Flight<V>>> {
        let mut flights = self.flights();
        if let Some(flight) = flights.get(&key) {
            flight.sharers.fetch_add(1, Ordering::Relaxed);
            return Err(flight.clone());
        }
        let key = Arc::new(key);
        let flight = Arc::new(Flight::default());
        flights.insert(key.clone(), flight.clone());
        Ok(Lead { all: self, key, flight })
    }
}

impl<K, V> SingleFlight<K, V> {
    fn flights(&self) -> MutexGuard<'_, HashMap<Arc<K>, Arc<Flight<V>>>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V: Clone> Flight<V> {
    fn result(&self) -> V {
        match self.landed.wait() {
            Landed::Value(value) => value.clone(),
            Landed::Panicked(text) => panic!("the call that this one shared panicked: {text}"),
            Landed::Exited if gmp_core::current().is_some() => gmp_core::goexit(),
            Landed::Exited => panic!("the call that this one shared has called goexit"),
        }
    }
}

/// The run under way; however it ends, nobody waits for ever.
struct Lead<'a, K: Eq + Hash, V> {
    all: &'a SingleFlight<K, V>,
    key: Arc<K>,
    flight: Arc<Flight<V>>,
}

impl<K: Eq + Hash, V> Lead<'_, K, V> {
    /// Takes nobody on any more, and says whether anybody waits.
    fn close(&self) -> bool {
        let mut flights = self.all.flights();
        // After a `forget` another run for the key may be under way.
        let ours = flights.get(&self.key).is_some_and(|now| Arc::ptr_eq(now, &self.flight));
        let removed = ours.then(|| flights.remove_entry(&self.key));
        let shared = self.flight.sharers.load(Ordering::Relaxed) > 0;
        drop(flights);
        drop(removed);
        shared
    }

    fn land(&self, landed: Landed<V>) {
        // Only the end of an exit finds it set.
        let _ = self.flight.landed.set(landed);
    }
}

impl<K: Eq + Hash, V> Drop for Lead<'_, K, V> {
    fn drop(&mut self) {
        if std::thread::panicking() && self.flight.landed.get().is_none() {
            self.close();
            self.land(Landed::Exited);
        }
    }
}

impl<K, V> Default for SingleFlight<K, V> {
    fn default() -> SingleFlight<K, V> {
        SingleFlight { flights: Mutex::default() }
    }
}

impl<V> Default for Flight<V> {
    fn default() -> Flight<V> {
        Flight { landed: OnceLock::new(), sharers: AtomicUsize::new(0) }
    }
}

impl<K, V> fmt::Debug for SingleFlight<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SingleFlight").field("in_flight", &self.flights().len()).finish()
    }
}
