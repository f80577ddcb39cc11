//! `UnsafeCell` with loom's closure interface, so that loom can see each access.

#[cfg(gmp_loom)]
pub(crate) use loom::cell::UnsafeCell;

/// std's cell behind the interface loom's has.
#[cfg(not(gmp_loom))]
#[derive(Debug)]
pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

#[cfg(not(gmp_loom))]
impl<T> UnsafeCell<T> {
    pub(crate) const fn new(value: T) -> Self {
        UnsafeCell(std::cell::UnsafeCell::new(value))
    }

    #[inline(always)]
    pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }
}
