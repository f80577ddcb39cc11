//! Goroutine ids.

use crate::prim::AtomicU64;
use std::fmt;

/// A goroutine's id: unique in the process, never used again. The main
/// goroutine has 1. Ids are handed out to Ps in blocks, so their order is not
/// the order of creation.
///
/// ```
/// // SAFETY: nothing thread-bound is held across a park here.
/// let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// let id = rt.block_on_goroutine(|| gmp_core::current().unwrap().id());
/// println!("goroutine {id}");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GoId(u64);

impl GoId {
    pub(crate) const NONE: GoId = GoId(0);

    pub(crate) fn new(id: u64) -> GoId {
        GoId(id)
    }

    /// The id as a number, from 1 up.
    ///
    /// ```
    /// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
    /// let h = rt.block_on_goroutine(|| gmp_core::spawn(|| ()));
    /// assert!(h.id().as_u64() >= 1);
    /// ```
    pub fn as_u64(self) -> u64 {
        self.0
    }
}

impl fmt::Display for GoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for GoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GoId({})", self.0)
    }
}

/// The next id nobody has.
pub(crate) static NEXT_ID: AtomicU64 = AtomicU64::new(1);
