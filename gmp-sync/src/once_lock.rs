//! A value that is written once.

#![expect(unsafe_code, reason = "the value is written and read without a lock")]

use std::cell::UnsafeCell;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::once::Once;

/// A cell that is written at most once, by whoever comes first, as
/// [`std::sync::OnceLock`].
///
/// Who comes while the value is being made is parked if it is a goroutine, blocked if it
/// is a plain thread; threads need no runtime. Reading what is there costs one load.
///
/// # Examples
///
/// ```
/// use gmp_sync::OnceLock;
///
/// static NAME: OnceLock<String> = OnceLock::new();
///
/// assert_eq!(NAME.get(), None);
/// let worker = std::thread::spawn(|| NAME.get_or_init(|| "gmp".into()));
/// assert_eq!(worker.join().unwrap(), "gmp");
/// assert_eq!(NAME.get_or_init(|| unreachable!()), "gmp");
/// ```
pub struct OnceLock<T> {
    once: Once,
    /// `Some` from the moment on that `once` is completed. Until then only who runs in
    /// `once` touches it.
    value: UnsafeCell<Option<T>>,
}

// SAFETY: the value is written by one while nobody else looks, then only read; `T: Sync` for
// the readers, `T: Send` because who writes it and who drops it need not be the same.
unsafe impl<T: Send + Sync> Sync for OnceLock<T> {}

impl<T: RefUnwindSafe + UnwindSafe> RefUnwindSafe for OnceLock<T> {}
impl<T: UnwindSafe> UnwindSafe for OnceLock<T> {}

impl<T> OnceLock<T> {
    /// Makes an empty cell.
    ///
    /// ```
    /// static CELL: gmp_sync::OnceLock<u32> = gmp_sync::OnceLock::new();
    /// assert!(CELL.get().is_none());
    /// ```
    #[inline]
    #[must_use]
    pub const fn new() -> OnceLock<T> {
        OnceLock { once: Once::new(), value: UnsafeCell::new(None) }
    }

    /// The value, if there is one already. Never waits: `None` also while it is being made.
    ///
    /// ```
    /// let cell = gmp_sync::OnceLock::new();
    /// assert_eq!(cell.get(), None);
    /// cell.set(7).unwrap();
    /// assert_eq!(cell.get(), Some(&7));
    /// ```
    #[inline]
    pub fn get(&self) -> Option<&T> {
        if !self.once.is_completed() {
            return None;
        }
        // SAFETY: `once` is completed, which only who has written `Some` brings about; from
        // then on the value is not written through a shared reference.
        Some(unsafe { (*self.value.get()).as_ref().unwrap_unchecked() })
    }

    /// The value, to be changed, if there is one.
    ///
    /// ```
    /// let mut cell = gmp_sync::OnceLock::from(1);
    /// *cell.get_mut().unwrap() += 1;
    /// assert_eq!(cell.into_inner(), Some(2));
    /// ```
    #[inline]
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.value.get_mut().as_mut()
    }

    /// Waits until there is a value.
    ///
    /// A `get_or_init` whose function panics leaves the cell empty; this goes on waiting
    /// then for somebody else to fill it.
    ///
    /// ```
    /// use gmp_sync::OnceLock;
    ///
    /// static CELL: OnceLock<u32> = OnceLock::new();
    /// let reader = std::thread::spawn(|| *CELL.wait());
    /// CELL.set(92).unwrap();
    /// assert_eq!(reader.join().unwrap(), 92);
    /// ```
    #[inline]
    pub fn wait(&self) -> &T {
        loop {
            if let Some(value) = self.get() {
                return value;
            }
            self.once.wait_force();
        }
    }

    /// Fills the cell, unless it is full. Waits if somebody else is filling it.
    ///
    /// # Errors
    ///
    /// Gives `value` back if there is one already.
    ///
    /// ```
    /// let cell = gmp_sync::OnceLock::new();
    /// assert_eq!(cell.set(92), Ok(()));
    /// assert_eq!(cell.set(62), Err(62));
    /// assert_eq!(cell.get(), Some(&92));
    /// ```
    #[inline]
    pub fn set(&self, value: T) -> Result<(), T> {
        let mut given = Some(value);
        self.init(|| match given.take() {
            Some(value) => value,
            None => unreachable!("a cell is filled once"),
        });
        given.map_or(Ok(()), Err)
    }

    /// The value; if there is none yet, `f` is called to make it.
    ///
    /// Of those who come at the same time one runs its `f`, the others wait for it.
    ///
    /// # Panics
    ///
    /// If `f` panics. The cell stays empty, and one of those who wait or come later runs
    /// its own `f`.
    ///
    /// `f` must not fill the same cell: it would wait for itself for ever.
    ///
    /// ```
    /// let cell = gmp_sync::OnceLock::new();
    /// assert_eq!(cell.get_or_init(|| 92), &92);
    /// assert_eq!(cell.get_or_init(|| unreachable!()), &92);
    /// ```
    #[inline]
    pub fn get_or_init<F>(&self, f: F) -> &T
    where
        F: FnOnce() -> T,
    {
        if let Some(value) = self.get() {
            return value;
        }
        self.init(f);
        // SAFETY: `init` returns when `once` is completed; see `get`.
        unsafe { (*self.value.get()).as_ref().unwrap_unchecked() }
    }

    /// Lets one fill the cell with what its `f` returns; returns when the cell is full.
    #[cold]
    fn init(&self, f: impl FnOnce() -> T) {
        self.once.call_once_force(|_| {
            let value = f();
            // SAFETY: one at a time runs in `once`, and nobody reads before it is completed.
            // An `f` that panicked left `None` here.
            unsafe { *self.value.get() = Some(value) };
        });
    }

    /// Takes the cell apart. `None` if it was empty.
    ///
    /// ```
    /// let cell = gmp_sync::OnceLock::from("hello".to_string());
    /// assert_eq!(cell.into_inner().as_deref(), Some("hello"));
    /// ```
    #[inline]
    pub fn into_inner(self) -> Option<T> {
        self.value.into_inner()
    }

    /// Takes the value out and leaves the cell empty, to be filled again.
    ///
    /// ```
    /// let mut cell = gmp_sync::OnceLock::from(1);
    /// assert_eq!(cell.take(), Some(1));
    /// assert_eq!(cell.take(), None);
    /// assert_eq!(cell.set(2), Ok(()));
    /// ```
    #[inline]
    pub fn take(&mut self) -> Option<T> {
        std::mem::take(self).into_inner()
    }

    /// How many wait at this moment. For tests, in place of sleeping.
    #[doc(hidden)]
    pub fn waiting(&self) -> usize {
        self.once.waiting()
    }
}

impl<T> Default for OnceLock<T> {
    fn default() -> OnceLock<T> {
        OnceLock::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for OnceLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut cell = f.debug_tuple("OnceLock");
        match self.get() {
            Some(value) => cell.field(value),
            None => cell.field(&format_args!("<uninit>")),
        };
        cell.finish()
    }
}

impl<T: Clone> Clone for OnceLock<T> {
    fn clone(&self) -> OnceLock<T> {
        self.get().map_or_else(OnceLock::new, |value| OnceLock::from(value.clone()))
    }
}

impl<T> From<T> for OnceLock<T> {
    fn from(value: T) -> OnceLock<T> {
        let cell = OnceLock::new();
        cell.init(|| value);
        cell
    }
}

impl<T: PartialEq> PartialEq for OnceLock<T> {
    fn eq(&self, other: &OnceLock<T>) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for OnceLock<T> {}
