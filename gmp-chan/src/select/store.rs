//! Room for a value whose type only the channel knows.

#![expect(unsafe_code, reason = "memory for values of any size and alignment")]

use std::alloc::{self, Layout};
use std::mem::MaybeUninit;
use std::ptr::NonNull;

/// What needs no allocation: 64 bytes, aligned to 16.
type Few = [MaybeUninit<u128>; 4];

/// Room for one value of a layout; does not drop the value.
pub(super) enum Store {
    Few(Few),
    Heap(NonNull<u8>, Layout),
}

impl Store {
    pub(super) fn new(layout: Layout) -> Store {
        if layout.size() <= size_of::<Few>() && layout.align() <= align_of::<Few>() {
            return Store::Few([MaybeUninit::uninit(); 4]);
        }
        // The allocator takes no size of 0.
        let size = layout.size().max(1);
        let Ok(layout) = Layout::from_size_align(size, layout.align()) else {
            alloc::handle_alloc_error(layout)
        };
        // SAFETY: its size is not 0.
        match NonNull::new(unsafe { alloc::alloc(layout) }) {
            Some(heap) => Store::Heap(heap, layout),
            None => alloc::handle_alloc_error(layout),
        }
    }

    /// Where the value is, until this moves.
    pub(super) fn place(&mut self) -> *mut () {
        match self {
            Store::Few(few) => few.as_mut_ptr().cast(),
            Store::Heap(heap, _) => heap.as_ptr().cast(),
        }
    }

    /// Takes the value out.
    ///
    /// # Safety
    /// There is one, of this type.
    pub(super) unsafe fn read<T>(mut self) -> T {
        // SAFETY: the caller's promise; it is not read again.
        unsafe { self.place().cast::<T>().read() }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if let Store::Heap(heap, layout) = *self {
            // SAFETY: allocated in `new` with this layout.
            unsafe { alloc::dealloc(heap.as_ptr(), layout) };
        }
    }
}
