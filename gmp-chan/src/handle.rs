//! Counted handles: one allocation per channel, with a count for either side.

#![expect(unsafe_code, reason = "a hand-made reference count, like `Arc` with two counts")]

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::marker::PhantomData;
use std::ops::Deref;
use std::process;
use std::ptr::NonNull;

use crate::chan::Chan;
use crate::prim::{AtomicBool, AtomicUsize, Ordering};

/// A channel with its counts; freed by the side that leaves last.
#[repr(C)]
struct Shared<T> {
    chan: Chan<T>,
    counts: Counts,
}

impl<T> Shared<T> {
    /// What the allocator aligns to without further ado.
    const USUAL: usize = 16;

    /// A block in which a `Shared<T>` finds room, wherever it begins. Aligned by hand: for
    /// blocks that are to begin on a cache line glibc takes ten times as long.
    const BLOCK: Layout = {
        let layout = Layout::new::<Self>();
        let size = layout.size() + layout.align() - Self::USUAL;
        match Layout::from_size_align(size, Self::USUAL) {
            Ok(layout) => layout,
            Err(_) => panic!("a channel's record is small"),
        }
    };

    fn new(chan: Chan<T>, counts: Counts) -> NonNull<Self> {
        // SAFETY: the size is not 0.
        let block = unsafe { alloc(Self::BLOCK) };
        if block.is_null() {
            handle_alloc_error(Self::BLOCK);
        }
        let before = block.align_offset(align_of::<Self>());
        // SAFETY: the block begins on a multiple of `USUAL`, so that there is room for a
        // `Self` behind the `before` bytes.
        unsafe {
            let shared = block.add(before).cast::<Self>();
            shared.write(Shared { chan, counts: Counts { before, ..counts } });
            NonNull::new_unchecked(shared)
        }
    }

    /// # Safety
    /// `shared` came from `new`, and is not used any more.
    unsafe fn free(shared: NonNull<Self>) {
        // SAFETY: the caller's promise; the block began that many bytes before.
        unsafe {
            let before = shared.as_ref().counts.before;
            shared.drop_in_place();
            dealloc(shared.cast::<u8>().sub(before).as_ptr(), Self::BLOCK);
        }
    }
}

/// On a cache line of its own, so that cloning handles does not disturb the channel.
#[repr(align(64))]
pub(crate) struct Counts {
    senders: AtomicUsize,
    receivers: AtomicUsize,
    /// Set by the side that leaves first, when it is done with the channel.
    one_side_left: AtomicBool,
    /// How far into its block of memory the channel begins.
    before: usize,
}

impl Counts {
    fn new(senders: usize) -> Counts {
        Counts {
            senders: AtomicUsize::new(senders),
            receivers: AtomicUsize::new(1),
            one_side_left: AtomicBool::new(senders == 0),
            before: 0,
        }
    }
}

/// One side of a channel.
pub(crate) trait Side {
    /// How many handles this side has.
    fn count(counts: &Counts) -> &AtomicUsize;

    /// Tells the channel that this side has no handles left.
    fn leave<T>(chan: &Chan<T>);
}

/// The side of the senders.
pub(crate) enum Sending {}

/// The side of the receivers.
pub(crate) enum Receiving {}

impl Side for Sending {
    fn count(counts: &Counts) -> &AtomicUsize {
        &counts.senders
    }

    fn leave<T>(chan: &Chan<T>) {
        chan.senders_gone();
    }
}

impl Side for Receiving {
    fn count(counts: &Counts) -> &AtomicUsize {
        &counts.receivers
    }

    fn leave<T>(chan: &Chan<T>) {
        chan.receivers_gone();
    }
}

/// A counted handle of one side. Dropping the last of a side makes the side leave.
///
/// What is not `Send` stays on its thread, and a channel of long-lived values does not
/// become one of short-lived values:
///
/// ```compile_fail,E0277
/// let (tx, _rx) = gmp_chan::unbounded::<std::rc::Rc<u8>>();
/// std::thread::spawn(move || drop(tx));
/// ```
///
/// ```compile_fail
/// fn shorten<'a>(tx: gmp_chan::Sender<&'static u8>) -> gmp_chan::Sender<&'a u8> {
///     tx
/// }
/// ```
pub(crate) struct Handle<T, S: Side> {
    shared: NonNull<Shared<T>>,
    side: PhantomData<(S, T)>,
}

// SAFETY: handles share a `Chan<T>`, which hands values from thread to thread (`T: Send`)
// and references to none; all its state is atomic or under its lock.
unsafe impl<T: Send, S: Side> Send for Handle<T, S> {}
// SAFETY: as for `Send`: all that `&Handle` allows is what a clone of it may do.
unsafe impl<T: Send, S: Side> Sync for Handle<T, S> {}

/// Puts `chan` behind one handle per side.
pub(crate) fn share<T>(chan: Chan<T>) -> (Handle<T, Sending>, Handle<T, Receiving>) {
    let shared = Shared::new(chan, Counts::new(1));
    (Handle { shared, side: PhantomData }, Handle { shared, side: PhantomData })
}

/// Puts `chan`, which has no sending side, behind a handle.
pub(crate) fn receiving_only<T>(chan: Chan<T>) -> Handle<T, Receiving> {
    Handle { shared: Shared::new(chan, Counts::new(0)), side: PhantomData }
}

impl<T, S: Side> Handle<T, S> {
    fn count(&self) -> &AtomicUsize {
        // SAFETY: freed only after both counts came to zero, and this handle is counted.
        S::count(unsafe { &(*self.shared.as_ptr()).counts })
    }

    /// Whether both are handles of the same channel.
    pub(crate) fn same_channel(&self, other: &Self) -> bool {
        self.shared == other.shared
    }
}

impl<T, S: Side> Deref for Handle<T, S> {
    type Target = Chan<T>;

    #[inline]
    fn deref(&self) -> &Chan<T> {
        // SAFETY: as in `count`.
        unsafe { &(*self.shared.as_ptr()).chan }
    }
}

impl<T, S: Side> Clone for Handle<T, S> {
    #[inline]
    fn clone(&self) -> Self {
        let before = self.count().fetch_add(1, Ordering::Relaxed);
        // Only leaked clones get there; going on would free a channel in use.
        if before > isize::MAX as usize {
            process::abort();
        }
        Handle { shared: self.shared, side: PhantomData }
    }
}

impl<T, S: Side> Drop for Handle<T, S> {
    #[inline]
    fn drop(&mut self) {
        if self.count().fetch_sub(1, Ordering::AcqRel) == 1 {
            leave::<T, S>(self.shared);
        }
    }
}

#[cold]
#[inline(never)]
fn leave<T, S: Side>(shared: NonNull<Shared<T>>) {
    /// Frees the channel if the other side is done with it; also when the values dropped
    /// in `S::leave` panic.
    struct Release<T>(NonNull<Shared<T>>);

    impl<T> Drop for Release<T> {
        fn drop(&mut self) {
            // SAFETY: freed below only, by the side that comes second, which is not us
            // before the swap.
            let first = unsafe { &(*self.0.as_ptr()).counts.one_side_left };
            if first.swap(true, Ordering::AcqRel) {
                // SAFETY: both sides have left: no handle exists.
                unsafe { Shared::free(self.0) };
            }
        }
    }

    let release = Release(shared);
    // SAFETY: as in `Release`: alive until that is dropped.
    S::leave(unsafe { &(*release.0.as_ptr()).chan });
}
