//! The reservation, its size classes, and the arithmetic from addresses to slots.
#![expect(unsafe_code, reason = "address arithmetic over the reservation")]

use super::{MAX_STACK_SIZE, MIN_STACK_SIZE, StackError, guard};
use crate::g::G;
use crate::sys;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

const CLASSES: usize = 17;
const MIN_SHIFT: u32 = MIN_STACK_SIZE.trailing_zeros();
/// Bytes for the goroutine record below the colour.
pub(crate) const G_SPACE: usize = if cfg!(gmp_asan) { 256 } else { 192 };
/// log2 of the smallest span worth starting with.
const MIN_SPAN_SHIFT: usize = 28;
const COLOURS: usize = 16;
const COLOUR_STEP: usize = 64;

/// Where the reservation is, and log2 of a span's size. Written once, by `init`.
static BASE: AtomicUsize = AtomicUsize::new(0);
static SPAN_SHIFT: AtomicUsize = AtomicUsize::new(0);
static COMMITTED: [AtomicBool; CLASSES] = [const { AtomicBool::new(false) }; CLASSES];

/// A stack size class: slots of `16 KiB << k`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Class(u8);

impl Class {
    pub(crate) const COUNT: usize = CLASSES;

    /// The smallest class whose slots have at least `size` bytes.
    pub(crate) fn for_size(size: usize) -> io::Result<Class> {
        if !(MIN_STACK_SIZE..=MAX_STACK_SIZE).contains(&size) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!(
                    "a goroutine's stack of {size} bytes is out of range: ask for \
                     {MIN_STACK_SIZE} (16 KiB) to {MAX_STACK_SIZE} (1 GiB)"
                ),
            ));
        }
        let shift = size.next_power_of_two().trailing_zeros();
        Ok(Class((shift - MIN_SHIFT) as u8))
    }

    #[inline(always)]
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }

    pub(crate) fn from_index(index: usize) -> Class {
        debug_assert!(index < CLASSES);
        Class(index as u8)
    }

    #[inline(always)]
    fn shift(self) -> u32 {
        MIN_SHIFT + u32::from(self.0)
    }

    /// Bytes of a slot, guard included.
    #[inline(always)]
    pub(crate) fn slot_size(self) -> usize {
        1 << self.shift()
    }

    /// Bytes of the guard at a slot's bottom.
    pub(crate) fn guard_size(self) -> usize {
        (self.slot_size() / 16).clamp(sys::PAGE, 64 << 10)
    }

    /// Makes the class's span usable; once, before its first slot. Called with
    /// the class's lock held.
    pub(crate) fn commit(self) -> Result<(), StackError> {
        if COMMITTED[self.index()].load(Relaxed) {
            return Ok(());
        }
        let span = 1_usize << SPAN_SHIFT.load(Relaxed);
        // SAFETY: the span belongs to this class alone and no slot of it has
        // been handed out yet: the caller holds the class's lock.
        if !unsafe { sys::commit_reserved(self.span_start() as *mut u8, span) } {
            let errno = io::Error::last_os_error().raw_os_error().unwrap_or(0);
            return Err(StackError::NotMapped { class: self, errno });
        }
        COMMITTED[self.index()].store(true, Relaxed);
        Ok(())
    }

    fn span_start(self) -> usize {
        BASE.load(Relaxed) + (self.index() << SPAN_SHIFT.load(Relaxed))
    }
}

/// One stack: a class and a number within it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Slot {
    pub(crate) class: Class,
    pub(crate) index: u32,
}

impl Slot {
    /// Lowest address: the guard's.
    pub(crate) fn low(self) -> usize {
        self.class.span_start() + self.index as usize * self.class.slot_size()
    }

    pub(crate) fn high(self) -> usize {
        self.low() + self.class.slot_size()
    }

    /// Where the goroutine's record is.
    pub(crate) fn g_ptr(self) -> *mut G {
        let colour = self.index as usize % COLOURS * COLOUR_STEP;
        (self.high() - G_SPACE - colour) as *mut G
    }

    /// Makes a slot that was never used ready: its guard set. The class is
    /// committed.
    pub(crate) fn prepare(self) -> Result<(), StackError> {
        guard::install(self.low() as *mut u8, self.class.guard_size())
    }

    /// Guards this slot and the `count - 1` next ones at once; false if the
    /// kernel cannot, and then nothing is promised.
    pub(crate) fn prepare_run(self, count: usize) -> bool {
        let class = self.class;
        guard::install_many(self.low(), class.guard_size(), class.slot_size(), count)
    }

    /// Asks the system for the pages that hold the record and the first frames, of this slot
    /// and of the `count - 1` next ones. What is in them, if they are there already, stays.
    pub(crate) fn populate_run(self, count: usize) {
        let (first, size) = (self.high() - sys::PAGE, self.class.slot_size());
        if !guard::populate_many(first, size, count) {
            for i in 0..count {
                sys::populate((first + i * size) as *mut u8, sys::PAGE);
            }
        }
    }

    /// Gives back the memory of `count` neighbouring slots from this one on.
    ///
    /// # Safety
    /// No goroutine lives in them and no reference to their records exists.
    pub(crate) unsafe fn discard_run(self, count: usize) {
        let low = self.low() + self.class.guard_size();
        let end = self.low() + count * self.class.slot_size();
        // SAFETY: the range holds dead slots only. Guards inside it stay: the
        // kernel keeps guard markers, and protections belong to the mapping.
        unsafe { sys::discard(low as *mut u8, end - low) };
    }
}

/// Reserves the address space. Once per process, before the first slot.
pub(crate) fn init() -> io::Result<()> {
    if sys::page_size() != sys::PAGE {
        return Err(io::Error::new(
            io::ErrorKind::Unsupported,
            format!("gmp needs pages of {} bytes, this system has {}", sys::PAGE, sys::page_size()),
        ));
    }
    // From 1 TiB a span (4 million default stacks) down to 256 MiB (1024 of
    // them, and no large ones), as far as the address-space limit allows.
    for shift in (MIN_SPAN_SHIFT..=40).rev() {
        if let Some(base) = sys::reserve(CLASSES << shift) {
            BASE.store(base as usize, Relaxed);
            SPAN_SHIFT.store(shift, Relaxed);
            return Ok(());
        }
    }
    Err(io::Error::new(
        io::ErrorKind::OutOfMemory,
        format!(
            "no address space for goroutine stacks ({}): gmp reserves at least {} MiB \
             without using memory; raise ulimit -v",
            io::Error::last_os_error(),
            (CLASSES << MIN_SPAN_SHIFT) >> 20,
        ),
    ))
}

/// How many slots `class` can have.
pub(crate) fn max_slots(class: Class) -> usize {
    (1_usize << SPAN_SHIFT.load(Relaxed)) >> class.shift()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_cover_the_range_and_nothing_else() {
        for (size, slot) in [
            (16 << 10, 16 << 10),
            ((16 << 10) + 1, 32 << 10),
            (256 << 10, 256 << 10),
            (300_000, 512 << 10),
            (1 << 30, 1 << 30),
        ] {
            assert_eq!(Class::for_size(size).unwrap().slot_size(), slot, "{size}");
        }
        for size in [0, 1, (16 << 10) - 1, (1 << 30) + 1, usize::MAX] {
            let error = Class::for_size(size).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
            assert!(error.to_string().contains("16 KiB"), "{error}");
        }
    }

    #[test]
    fn guards_leave_room_for_a_stack() {
        for index in 0..CLASSES {
            let class = Class::from_index(index);
            assert!(class.guard_size() >= sys::PAGE);
            assert!(class.guard_size() <= class.slot_size() / 4);
            assert_eq!(class.guard_size() % sys::PAGE, 0);
        }
    }
}
