//! Goroutine-local cells: the shortcuts that std's `LocalKey` has.

use super::local::LocalKey;
use std::cell::{Cell, RefCell};

impl<T: 'static> LocalKey<Cell<T>> {
    /// Sets the value; the initialiser does not run for it.
    ///
    /// # Panics
    /// As [`with`](LocalKey::with).
    ///
    /// ```
    /// use std::cell::Cell;
    /// gmp_core::goroutine_local! { static DEPTH: Cell<u32> = panic!("not needed"); }
    /// DEPTH.set(1);
    /// assert_eq!(DEPTH.get(), 1);
    /// ```
    pub fn set(&'static self, value: T) {
        self.with_first(Cell::new(value), |left, cell| {
            if let Some(value) = left {
                cell.set(value.into_inner());
            }
        });
    }

    /// A copy of the value.
    ///
    /// # Panics
    /// As [`with`](LocalKey::with).
    ///
    /// ```
    /// use std::cell::Cell;
    /// gmp_core::goroutine_local! { static DEPTH: Cell<u32> = Cell::new(7); }
    /// assert_eq!(DEPTH.get(), 7);
    /// ```
    pub fn get(&'static self) -> T
    where
        T: Copy,
    {
        self.with(Cell::get)
    }

    /// Takes the value and leaves the default.
    ///
    /// # Panics
    /// As [`with`](LocalKey::with).
    ///
    /// ```
    /// use std::cell::Cell;
    /// gmp_core::goroutine_local! { static NAME: Cell<Option<&'static str>> = Cell::new(Some("x")); }
    /// assert_eq!((NAME.take(), NAME.take()), (Some("x"), None));
    /// ```
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(Cell::take)
    }

    /// Replaces the value and returns the old one.
    ///
    /// # Panics
    /// As [`with`](LocalKey::with).
    ///
    /// ```
    /// use std::cell::Cell;
    /// gmp_core::goroutine_local! { static DEPTH: Cell<u32> = Cell::new(7); }
    /// assert_eq!((DEPTH.replace(8), DEPTH.get()), (7, 8));
    /// ```
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

impl<T: 'static> LocalKey<RefCell<T>> {
    /// Runs `f` on the borrowed value.
    ///
    /// # Panics
    /// As [`with`](LocalKey::with), and if the value is mutably borrowed.
    ///
    /// ```
    /// use std::cell::RefCell;
    /// gmp_core::goroutine_local! { static LOG: RefCell<String> = RefCell::new("a".into()); }
    /// assert_eq!(LOG.with_borrow(String::len), 1);
    /// ```
    pub fn with_borrow<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
        self.with(|cell| f(&cell.borrow()))
    }

    /// Runs `f` on the mutably borrowed value.
    ///
    /// # Panics
    /// As [`with`](LocalKey::with), and if the value is borrowed.
    ///
    /// ```
    /// use std::cell::RefCell;
    /// gmp_core::goroutine_local! { static LOG: RefCell<Vec<u32>> = RefCell::default(); }
    /// LOG.with_borrow_mut(|log| log.push(1));
    /// assert_eq!(LOG.take(), [1]);
    /// ```
    pub fn with_borrow_mut<R>(&'static self, f: impl FnOnce(&mut T) -> R) -> R {
        self.with(|cell| f(&mut cell.borrow_mut()))
    }

    /// Sets the value; the initialiser does not run for it.
    ///
    /// # Panics
    /// As [`with_borrow_mut`](Self::with_borrow_mut).
    ///
    /// ```
    /// use std::cell::RefCell;
    /// gmp_core::goroutine_local! { static LOG: RefCell<Vec<u32>> = panic!("not needed"); }
    /// LOG.set(vec![1]);
    /// assert_eq!(LOG.take(), [1]);
    /// ```
    pub fn set(&'static self, value: T) {
        self.with_first(RefCell::new(value), |left, cell| {
            if let Some(value) = left {
                cell.replace(value.into_inner());
            }
        });
    }

    /// Takes the value and leaves the default.
    ///
    /// # Panics
    /// As [`with_borrow_mut`](Self::with_borrow_mut).
    ///
    /// ```
    /// use std::cell::RefCell;
    /// gmp_core::goroutine_local! { static LOG: RefCell<Vec<u32>> = RefCell::new(vec![1]); }
    /// assert_eq!((LOG.take(), LOG.take()), (vec![1], vec![]));
    /// ```
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(RefCell::take)
    }

    /// Replaces the value and returns the old one.
    ///
    /// # Panics
    /// As [`with_borrow_mut`](Self::with_borrow_mut).
    ///
    /// ```
    /// use std::cell::RefCell;
    /// gmp_core::goroutine_local! { static LOG: RefCell<u32> = RefCell::new(1); }
    /// assert_eq!((LOG.replace(2), LOG.replace(3)), (1, 2));
    /// ```
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}
