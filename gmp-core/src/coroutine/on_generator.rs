//! The second backend, feature `generator`: the `generator` crate, which makes
//! and guards its own stacks.
//!
//! A goroutine's slot in our arena then holds only its record and packet; its
//! frames are on a stack of the crate's, kept with the slot and used again. Each
//! such stack takes two memory mappings, and the crate panics when the kernel
//! has no more, so their number is bounded here, with an error.
#![expect(unsafe_code, reason = "stack switching")]

use crate::g::{self, G, flag};
use generator::{Generator, Gn};
use std::cell::{Cell, UnsafeCell};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

pub(crate) const MAKE_ALLOCATES: bool = true;
pub(crate) const ON_OUR_STACKS: bool = false;

/// Mappings left to the rest of the program.
const SPARE_MAPPINGS: usize = 4096;
const DEFAULT_MAX_MAP_COUNT: usize = 65_530;
/// A fault this close below a stack is an overflow of it.
const GUARD_REACH: usize = 64 << 10;

static STACKS: AtomicUsize = AtomicUsize::new(0);

pub(crate) struct Context {
    generator: UnsafeCell<Option<Generator<'static, (), ()>>>,
    /// Bytes of the crate's stack.
    size: Cell<usize>,
    /// An address near the stack's top, noted when the goroutine starts.
    top: Cell<usize>,
}

impl Context {
    pub(crate) const fn new() -> Context {
        Context { generator: UnsafeCell::new(None), size: Cell::new(0), top: Cell::new(0) }
    }

    pub(crate) fn is_made(&self) -> bool {
        // SAFETY: the caller owns the slot.
        unsafe { (*self.generator.get()).is_some() }
    }

    /// # Safety
    /// Nothing runs on `gp`'s stack.
    pub(crate) unsafe fn make(&self, gp: &'static G, _top: usize) -> io::Result<()> {
        let used = STACKS.fetch_add(1, Relaxed);
        if used >= max_stacks() {
            STACKS.fetch_sub(1, Relaxed);
            return Err(io::Error::new(
                io::ErrorKind::OutOfMemory,
                format!(
                    "no more goroutines: {used} live on the `generator` backend, whose stacks \
                     take two memory mappings each, and vm.max_map_count bounds those; use the \
                     default backend, or raise vm.max_map_count"
                ),
            ));
        }
        let size = gp.slot.class.slot_size();
        self.size.set(size);
        let made = catch_unwind(AssertUnwindSafe(|| {
            Gn::<()>::new_opt(size / size_of::<usize>(), move || {
                let here = 0_u8;
                gp.ctx.top.set(std::ptr::from_ref(&here) as usize);
                g::entry(gp);
            })
        }));
        match made {
            Ok(mut made) => {
                // Any value marks it as a coroutine: no panic passes through its resume.
                made.set_local_data(std::ptr::from_ref(gp).cast_mut().cast());
                // SAFETY: the caller owns the slot.
                unsafe { *self.generator.get() = Some(made) };
                Ok(())
            }
            Err(_) => {
                STACKS.fetch_sub(1, Relaxed);
                Err(io::Error::new(
                    io::ErrorKind::OutOfMemory,
                    format!("the `generator` backend could not make a stack of {size} bytes"),
                ))
            }
        }
    }

    /// # Safety
    /// `make` succeeded, and the caller is the one M that dequeued the goroutine.
    pub(crate) unsafe fn resume(&self) {
        // SAFETY: unique for as long as this M runs the goroutine.
        if let Some(generator) = unsafe { &mut *self.generator.get() } {
            generator.resume();
        }
    }

    /// # Safety
    /// `gp` is dead, its slot the caller's, outside the scheduler.
    pub(crate) unsafe fn release(&self, gp: &'static G) {
        // SAFETY: nothing runs on the slot.
        if let Some(mut generator) = unsafe { (*self.generator.get()).take() } {
            // Dropping a suspended generator unwinds it, under a panic hook of
            // the crate's: let it end by itself instead.
            gp.flags.store(flag::QUIT, Relaxed);
            generator.resume();
            debug_assert!(generator.is_done());
            drop(generator);
            STACKS.fetch_sub(1, Relaxed);
        }
    }

    /// # Safety
    /// Called on the stack of this context's goroutine.
    #[expect(clippy::unused_self, reason = "the seam's signature")]
    pub(crate) unsafe fn suspend(&self) {
        generator::co_yield_with(());
    }

    pub(crate) fn overflowed(&self, _gp: &G, address: usize) -> bool {
        let low = self.top.get().saturating_sub(self.size.get());
        (low.saturating_sub(GUARD_REACH)..low + crate::sys::PAGE).contains(&address)
    }
}

fn max_stacks() -> usize {
    static MAX: OnceLock<usize> = OnceLock::new();
    *MAX.get_or_init(|| {
        std::fs::read_to_string("/proc/sys/vm/max_map_count")
            .ok()
            .and_then(|text| text.trim().parse().ok())
            .unwrap_or(DEFAULT_MAX_MAP_COUNT)
            .saturating_sub(SPARE_MAPPINGS)
            / 2
    })
}

/// Has the crate install its signal handlers now, so that ours come after them.
/// (Its own would end the process over any fault on a plain thread.)
pub(crate) fn process_start() {
    // It does so when its first generator runs.
    Gn::<()>::new_opt(crate::sys::PAGE, || ()).resume();
}

/// Makes the crate's thread-local, which allocates, before the scheduler needs it.
pub(crate) fn thread_start() {
    generator::is_generator();
}
