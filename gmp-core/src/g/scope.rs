//! `scope`: goroutines that may borrow from the function that starts them.
#![expect(unsafe_code, reason = "lifetimes guarded by waiting")]

use super::panic::Goexit;
use super::spawn::{self, Builder};
use super::{G, GoId, join::JoinHandle};
use crate::prim::AtomicUsize;
use crate::rt::{Critical, Parker, WaitReason};
use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::ptr::{from_ref, null};
use std::sync::Mutex;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

/// What a panic carries.
type Payload = Box<dyn Any + Send>;

/// Set in `Shared::state` while the scope's owner is parked.
const WAITING: usize = 1 << (usize::BITS - 1);

/// What a scope and its goroutines share; in the frame of `scope`.
///
/// `state` counts the goroutines that have not left. The owner (O) may go when
/// it is 0, so a leaver (L) touches nothing after its decrement unless it knows
/// that O is parked:
/// O: 1. publish the parker   2. CAS n -> n | WAITING; 0: go on   3. park
/// L: 1. state -= 1           2. was WAITING | 1? then O is past its step 2 and
///    waits for exactly us: ready it.
pub(crate) struct Shared {
    state: AtomicUsize,
    parker: Cell<*const Parker>,
    panic: Mutex<Option<Payload>>,
}

/// A scope to start goroutines in; see [`scope`].
///
/// ```
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// rt.block_on_goroutine(|| {
///     let text = String::from("borrowed");
///     gmp_core::scope(|s| {
///         s.spawn(|| assert_eq!(text.len(), 8));
///     });
/// });
/// ```
pub struct Scope<'scope, 'env: 'scope> {
    shared: *const Shared,
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

// SAFETY: `shared` is atomics, a mutex, and a cell that only the owner writes,
// while nobody reads it (see Shared).
unsafe impl Sync for Scope<'_, '_> {}
// SAFETY: as for Sync.
unsafe impl Send for Scope<'_, '_> {}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SAFETY: a Scope exists only while `scope`'s frame does.
        let running = unsafe { (*self.shared).state.load(Relaxed) } & !WAITING;
        f.debug_struct("Scope").field("running", &running).finish_non_exhaustive()
    }
}

/// Permission to wait for a goroutine of a scope.
///
/// ```
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// let n = rt.block_on_goroutine(|| {
///     let data = vec![1, 2, 3];
///     gmp_core::scope(|s| {
///         let handle = s.spawn(|| data.iter().sum::<i32>());
///         handle.join().unwrap()
///     })
/// });
/// assert_eq!(n, 6);
/// ```
pub struct ScopedJoinHandle<'scope, T> {
    handle: JoinHandle<T>,
    scope: PhantomData<&'scope mut &'scope ()>,
}

impl<T> ScopedJoinHandle<'_, T> {
    /// As [`JoinHandle::join`].
    ///
    /// # Errors
    /// The panic's payload; the scope then does not panic for it.
    ///
    /// ```
    /// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
    /// rt.block_on_goroutine(|| gmp_core::scope(|s| s.spawn(|| 1).join().unwrap()));
    /// ```
    pub fn join(self) -> std::thread::Result<T> {
        self.handle.join()
    }

    /// As [`JoinHandle::is_finished`].
    ///
    /// ```
    /// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
    /// rt.block_on_goroutine(|| gmp_core::scope(|s| { s.spawn(|| 1).is_finished(); }));
    /// ```
    pub fn is_finished(&self) -> bool {
        self.handle.is_finished()
    }

    /// As [`JoinHandle::id`].
    ///
    /// ```
    /// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
    /// rt.block_on_goroutine(|| gmp_core::scope(|s| { println!("{}", s.spawn(|| 1).id()); }));
    /// ```
    pub fn id(&self) -> GoId {
        self.handle.id()
    }

    /// As [`JoinHandle::name`].
    ///
    /// ```
    /// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
    /// rt.block_on_goroutine(|| gmp_core::scope(|s| { assert!(s.spawn(|| 1).name().is_none()); }));
    /// ```
    pub fn name(&self) -> Option<&str> {
        self.handle.name()
    }
}

impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handle.fmt(f)
    }
}

/// Runs `f` with a scope in which goroutines may borrow from the caller, and
/// waits for all of them, as `std::thread::scope` does for threads. Parks a
/// goroutine, blocks a plain thread.
///
/// # Panics
/// With the payload of the first panic of a goroutine whose handle was not
/// joined, after all of them have ended; or with `f`'s own, also only then: what
/// they wait for must not depend on `f` going on after its panic. Also if no runtime
/// has been started.
///
/// ```
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// rt.block_on_goroutine(|| {
///     let mut counts = [0; 4];
///     gmp_core::scope(|s| {
///         for (i, count) in counts.iter_mut().enumerate() {
///             s.spawn(move || *count = i * i);
///         }
///     });
///     assert_eq!(counts, [0, 1, 4, 9]);
/// });
/// ```
pub fn scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    let shared =
        Shared { state: AtomicUsize::new(0), parker: Cell::new(null()), panic: Mutex::new(None) };
    let scope = Scope { shared: &shared, scope: PhantomData, env: PhantomData };
    let result = catch_unwind(AssertUnwindSafe(|| f(&scope)));
    shared.wait();
    let panic = shared.panic.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    match (result, panic) {
        (Err(payload), _) | (Ok(_), Some(payload)) => resume_unwind(payload),
        (Ok(value), None) => value,
    }
}

impl Shared {
    fn wait(&self) {
        if self.state.load(Acquire) == 0 {
            return;
        }
        let critical = Critical::enter_inside();
        let parker = Parker::new(&critical);
        self.parker.set(&parker);
        // SAFETY: the parker lives in this frame; only a leaver that sees
        // WAITING, set by a successful commit, readies it, once.
        unsafe {
            critical.park_unless(
                &parker,
                WaitReason::ScopeWait,
                announce_wait,
                from_ref(self).cast_mut().cast(),
            );
        }
        self.state.load(Acquire);
    }
}

/// # Safety
/// `shared` is the parking scope's.
unsafe fn announce_wait(shared: *mut ()) -> bool {
    // SAFETY: the caller's promise; its frame lives while it parks.
    let state = unsafe { &(*shared.cast::<Shared>()).state };
    let mut seen = state.load(Acquire);
    while seen != 0 {
        match state.compare_exchange_weak(seen, seen | WAITING, AcqRel, Acquire) {
            Ok(_) => return true,
            Err(now) => seen = now,
        }
    }
    false
}

/// A scoped goroutine has ended, its result gone where it goes.
#[cold]
pub(super) fn leave(gp: &'static G) {
    // It stays set: a handle dropped later still has a panic to deliver.
    let shared = gp.scope.get();
    let critical = Critical::enter_inside();
    // SAFETY: the owner waits for this decrement.
    let before = unsafe { (*shared).state.fetch_sub(1, AcqRel) };
    if before == WAITING | 1 {
        // SAFETY: the owner is parked and waits for us alone.
        unsafe { critical.ready((*shared).parker.get()) };
    }
}

/// Nobody joined `gp`, which panicked with `payload`: its scope shall. What the
/// scope has no use for comes back, to be dropped.
#[cold]
pub(super) fn take_panic(gp: &G, payload: Payload) -> Option<Payload> {
    let shared = gp.scope.get();
    if shared.is_null() || payload.is::<Goexit>() {
        return Some(payload);
    }
    // SAFETY: the scope's frame lives until this goroutine has left, and a
    // handle cannot outlive the scope.
    let slot = unsafe { &(*shared).panic };
    let mut slot = slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if slot.is_some() {
        return Some(payload);
    }
    *slot = Some(payload);
    None
}

impl<'scope> Scope<'scope, '_> {
    /// Starts a goroutine in the scope.
    ///
    /// # Panics
    /// As [`spawn`](crate::spawn).
    ///
    /// ```
    /// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
    /// rt.block_on_goroutine(|| gmp_core::scope(|s| { s.spawn(|| ()); }));
    /// ```
    #[track_caller]
    pub fn spawn<F, T>(&'scope self, f: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        match self.spawn_with(Builder::new(), f) {
            Ok(handle) => handle,
            Err(error) => spawn::spawn_failed(&error),
        }
    }

    /// Starts a goroutine in the scope, with options.
    ///
    /// # Errors
    /// As [`Builder::spawn`].
    ///
    /// # Panics
    /// If no runtime has been started.
    ///
    /// ```
    /// use gmp_core::Builder;
    /// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
    /// rt.block_on_goroutine(|| {
    ///     gmp_core::scope(|s| {
    ///         s.spawn_with(Builder::new().name("child"), || ()).unwrap();
    ///     });
    /// });
    /// ```
    #[track_caller]
    pub fn spawn_with<F, T>(
        &'scope self,
        builder: Builder,
        f: F,
    ) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        // SAFETY: the frame of `scope` outlives every use of the Scope.
        let state = unsafe { &(*self.shared).state };
        state.fetch_add(1, Relaxed);
        // SAFETY: `scope` returns only after this goroutine has left, and what
        // `f` borrows outlives 'scope; the handle cannot outlive 'scope.
        let started = unsafe { spawn::start(builder, self.shared, Location::caller(), f) };
        match started {
            Ok(handle) => Ok(ScopedJoinHandle { handle, scope: PhantomData }),
            Err(error) => {
                state.fetch_sub(1, Release);
                Err(error)
            }
        }
    }
}
