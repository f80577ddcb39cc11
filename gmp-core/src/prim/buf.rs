//! A growable block of plain words that never touches malloc.
//!
//! The global queue and the timer heaps grow while `insched` is set, where the
//! allocator's locks are forbidden (invariant I3): their memory comes straight
//! from mmap. Under loom it comes from a `Vec`.
#![expect(unsafe_code, reason = "raw memory of the run queues and timer heaps")]

#[cfg(not(gmp_loom))]
use crate::sys;

/// `cap` slots of `T`, uninitialised. Owns the memory, knows nothing of its contents.
#[derive(Debug)]
pub(crate) struct RawBuf<T> {
    ptr: *mut T,
    cap: usize,
}

// SAFETY: RawBuf is memory without contents; who may touch a slot is decided by
// the structure that owns it, under that structure's lock.
unsafe impl<T: Send> Send for RawBuf<T> {}

impl<T: Copy> RawBuf<T> {
    pub(crate) const fn empty() -> RawBuf<T> {
        RawBuf { ptr: std::ptr::null_mut(), cap: 0 }
    }

    pub(crate) fn capacity(&self) -> usize {
        self.cap
    }

    /// Makes a block of `cap` slots; None when the system has no memory.
    pub(crate) fn with_capacity(cap: usize) -> Option<RawBuf<T>> {
        let bytes = cap.checked_mul(size_of::<T>())?;
        let ptr = alloc(bytes)?.cast::<T>();
        Some(RawBuf { ptr, cap })
    }

    /// Reads slot `index`.
    ///
    /// # Safety
    /// `index < capacity()`, the slot was written, and nobody writes it meanwhile.
    #[inline(always)]
    pub(crate) unsafe fn get(&self, index: usize) -> T {
        debug_assert!(index < self.cap);
        // SAFETY: in bounds and initialised by the caller's promise.
        unsafe { self.ptr.add(index).read() }
    }

    /// Writes slot `index`.
    ///
    /// # Safety
    /// `index < capacity()` and nobody else touches the slot meanwhile.
    #[inline(always)]
    pub(crate) unsafe fn set(&mut self, index: usize, value: T) {
        debug_assert!(index < self.cap);
        // SAFETY: in bounds by the caller's promise; T is Copy, so nothing is lost.
        unsafe { self.ptr.add(index).write(value) }
    }
}

impl<T> Drop for RawBuf<T> {
    fn drop(&mut self) {
        if !self.ptr.is_null() {
            free(self.ptr.cast(), self.cap * size_of::<T>());
        }
    }
}

#[cfg(not(gmp_loom))]
fn alloc(bytes: usize) -> Option<*mut u8> {
    sys::map(bytes)
}

#[cfg(not(gmp_loom))]
fn free(ptr: *mut u8, bytes: usize) {
    // SAFETY: `ptr` is a live mapping of `bytes` made by `alloc`, not used again.
    unsafe { sys::unmap(ptr, bytes) }
}

#[cfg(gmp_loom)]
fn alloc(bytes: usize) -> Option<*mut u8> {
    let words = vec![0_u64; bytes.div_ceil(8)].into_boxed_slice();
    Some(Box::into_raw(words).cast())
}

#[cfg(gmp_loom)]
fn free(ptr: *mut u8, bytes: usize) {
    let words = std::ptr::slice_from_raw_parts_mut(ptr.cast::<u64>(), bytes.div_ceil(8));
    // SAFETY: `ptr` and the length are those `alloc` made the box from.
    drop(unsafe { Box::from_raw(words) });
}
