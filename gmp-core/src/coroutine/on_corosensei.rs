//! The default backend: corosensei's switch on the runtime's own stacks.
#![expect(unsafe_code, reason = "stack switching")]

use crate::g::{self, G};
use corosensei::stack::{Stack, StackPointer};
use corosensei::{Coroutine, Yielder};
use std::cell::{Cell, UnsafeCell};
use std::io;
use std::mem::MaybeUninit;
use std::ptr::null;

pub(crate) const MAKE_ALLOCATES: bool = false;
pub(crate) const ON_OUR_STACKS: bool = true;

/// A slot's stack as corosensei wants it: the goroutine's record and packet lie
/// above `base` and are none of its business.
struct SlotStack {
    base: StackPointer,
    limit: StackPointer,
}

// SAFETY: `[limit, base)` is a slot of the arena from its guard up: guarded,
// aligned, at least 16 KiB, and owned by one goroutine.
unsafe impl Stack for SlotStack {
    #[inline(always)]
    fn base(&self) -> StackPointer {
        self.base
    }

    #[inline(always)]
    fn limit(&self) -> StackPointer {
        self.limit
    }
}

type Co = Coroutine<(), (), (), SlotStack>;

pub(crate) struct Context {
    co: UnsafeCell<MaybeUninit<Co>>,
    yielder: Cell<*const Yielder<(), ()>>,
}

impl Context {
    pub(crate) const fn new() -> Context {
        Context { co: UnsafeCell::new(MaybeUninit::uninit()), yielder: Cell::new(null()) }
    }

    pub(crate) fn is_made(&self) -> bool {
        !self.yielder.get().is_null()
    }

    /// # Safety
    /// Nothing runs on `gp`'s stack, and `[low, top)` of its slot is free to use.
    #[expect(clippy::unnecessary_wraps, reason = "the seam's signature")]
    pub(crate) unsafe fn make(&self, gp: &'static G, top: usize) -> io::Result<()> {
        // SAFETY: both are addresses inside the arena, so not zero.
        let stack = unsafe {
            SlotStack {
                base: StackPointer::new_unchecked(top & !15),
                limit: StackPointer::new_unchecked(gp.low),
            }
        };
        let co = Co::with_stack(stack, move |yielder, ()| {
            gp.ctx.yielder.set(yielder);
            g::entry(gp);
        });
        // SAFETY: no other reference to the cell exists while nothing runs here.
        // A former coroutine is never dropped, which would unwind it.
        unsafe { (*self.co.get()).write(co) };
        Ok(())
    }

    /// # Safety
    /// `make` was called, and the caller is the one M that dequeued the goroutine.
    #[inline(always)]
    pub(crate) unsafe fn resume(&self) {
        // SAFETY: initialised by the caller's promise; unique for as long as
        // this M runs the goroutine.
        let co = unsafe { (*self.co.get()).assume_init_mut() };
        co.resume(());
    }

    /// # Safety
    /// `gp` is dead and its slot the caller's.
    #[expect(clippy::unused_self, reason = "the seam's signature")]
    pub(crate) unsafe fn release(&self, _gp: &'static G) {}

    /// # Safety
    /// Called on the stack of this context's goroutine.
    #[inline(always)]
    pub(crate) unsafe fn suspend(&self) {
        // SAFETY: set when the coroutine started; the yielder lives at the
        // bottom of the very stack we are on.
        unsafe { (*self.yielder.get()).suspend(()) };
    }

    #[expect(clippy::unused_self, reason = "the seam's signature")]
    pub(crate) fn overflowed(&self, gp: &G, address: usize) -> bool {
        (gp.low..gp.low + gp.slot.class.guard_size()).contains(&address)
    }
}

pub(crate) fn process_start() {}

pub(crate) fn thread_start() {}
