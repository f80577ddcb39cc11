//! The reservation, its size classes, and the arithmetic from addresses to slots.
#![expect(unsafe_code, reason = "address arithmetic over the reservation")]

use super::{MAX_STACK_SIZE, MIN_STACK_SIZE, guard};
use crate::g::G;
use crate::sys;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

const CLASSES: usize = 17;
const MIN_SHIFT: u32 = MIN_STACK_SIZE.trailing_zeros();
/// The class whose span lies first: the default size, 256 KiB.
const FIRST: usize = 4;
/// Spans in the reservation: class k has span k ^ FIRST.
const SPANS: usize = (CLASSES - 1 ^ FIRST) + 1;
/// Bytes for the goroutine record below the colour.
pub(crate) const G_SPACE: usize = 256;
const COLOURS: usize = 16;
const COLOUR_STEP: usize = 64;

static BASE: AtomicUsize = AtomicUsize::new(0);
/// log2 of a span's size; 0 before `init`.
static SPAN_SHIFT: AtomicUsize = AtomicUsize::new(0);
/// Bytes of the first span; 0 before `init`, so that nothing is inside.
static FIRST_SPAN: AtomicUsize = AtomicUsize::new(0);
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

    fn span_start(self) -> usize {
        BASE.load(Relaxed) + ((self.index() ^ FIRST) << SPAN_SHIFT.load(Relaxed))
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

    /// Makes a slot that was never used ready: its span usable, its guard set.
    pub(crate) fn prepare(self) -> io::Result<()> {
        let class = self.class;
        if !COMMITTED[class.index()].load(Relaxed) {
            let span = 1_usize << SPAN_SHIFT.load(Relaxed);
            // SAFETY: the span belongs to this class alone and no slot of it has
            // been handed out yet (the caller holds the class's lock).
            if !unsafe { sys::commit_reserved(class.span_start() as *mut u8, span) } {
                return Err(io::Error::new(
                    io::ErrorKind::OutOfMemory,
                    format!(
                        "out of memory for goroutine stacks: the system refused to map the \
                         {}-byte class ({}); check vm.overcommit_memory and ulimit -v",
                        class.slot_size(),
                        io::Error::last_os_error(),
                    ),
                ));
            }
            COMMITTED[class.index()].store(true, Relaxed);
        }
        guard::install(self.low() as *mut u8, class.guard_size())
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
    // From 1 TiB a span (4 million default stacks) down to 4 GiB, as far as
    // the address-space limit allows.
    for shift in (32..=40).rev() {
        if let Some(base) = sys::reserve(SPANS << shift) {
            BASE.store(base as usize, Relaxed);
            SPAN_SHIFT.store(shift, Relaxed);
            FIRST_SPAN.store(1 << shift, Relaxed);
            return Ok(());
        }
    }
    Err(io::Error::new(
        io::ErrorKind::OutOfMemory,
        format!(
            "no address space for goroutine stacks ({}): gmp reserves at least {} GiB \
             without using memory; raise ulimit -v",
            io::Error::last_os_error(),
            (SPANS << 32) >> 30,
        ),
    ))
}

/// How many slots `class` can have.
pub(crate) fn max_slots(class: Class) -> usize {
    (1_usize << SPAN_SHIFT.load(Relaxed)) >> class.shift()
}

/// The slot a stack pointer lies in, as the address of its record; None off the
/// reservation, that is, on a thread's own stack.
#[cfg(not(feature = "generator"))]
#[inline(always)]
pub(crate) fn slot_of_stack_pointer(sp: usize) -> Option<*const G> {
    const SHIFT: u32 = MIN_SHIFT + FIRST as u32;
    let offset = sp.wrapping_sub(BASE.load(Relaxed));
    if offset < FIRST_SPAN.load(Relaxed) {
        let colour = (offset >> SHIFT) % COLOURS * COLOUR_STEP;
        let top = (sp - offset) + (offset | ((1 << SHIFT) - 1)) + 1;
        return Some((top - G_SPACE - colour) as *const G);
    }
    if offset >= FIRST_SPAN.load(Relaxed) * SPANS {
        return None;
    }
    slot_of_offset(offset).map(|slot| slot.g_ptr().cast_const())
}

/// The slot any address lies in.
#[cfg(not(feature = "generator"))]
pub(crate) fn slot_of_address(address: usize) -> Option<Slot> {
    let offset = address.wrapping_sub(BASE.load(Relaxed));
    if offset >= FIRST_SPAN.load(Relaxed) * SPANS {
        return None;
    }
    slot_of_offset(offset)
}

#[cfg(not(feature = "generator"))]
#[inline(never)]
fn slot_of_offset(offset: usize) -> Option<Slot> {
    let span_shift = SPAN_SHIFT.load(Relaxed);
    let class = (offset >> span_shift) ^ FIRST;
    if class >= CLASSES {
        return None;
    }
    let class = Class(class as u8);
    let within = offset & ((1 << span_shift) - 1);
    Some(Slot { class, index: (within >> class.shift()) as u32 })
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
