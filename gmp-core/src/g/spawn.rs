//! Starting goroutines.
#![expect(unsafe_code, reason = "the packet is raw memory on the goroutine's stack")]

use super::exit;
use super::join::{HANDLE, JoinHandle};
use super::panic::Ended;
use super::scope::Shared;
use super::{G, Name, SMALL_PACKET, SMALL_PACKET_ALIGN, Status, flag, id, pool};
use crate::coroutine;
use crate::m::{self, M};
use crate::rt::{Critical, Start};
use crate::runtime;
use crate::sched::{SCHED, ready};
use crate::stack::{self, Class};
use std::borrow::Cow;
use std::io;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::ptr::null;
use std::sync::atomic::Ordering::Relaxed;

/// The closure before the run, the result after it.
union Packet<F, T> {
    body: ManuallyDrop<F>,
    #[expect(dead_code, reason = "makes room; written through a cast pointer by `exit`")]
    result: ManuallyDrop<Ended<T>>,
}

/// Starts a goroutine that runs `f`.
///
/// The new goroutine runs next on the caller's P, or anywhere sooner. About
/// 20 ns on one P and no allocation: the closure is written onto the new
/// goroutine's stack, which comes from a pool.
///
/// # Panics
/// If no runtime has been started, and where [`Builder::spawn`] returns an
/// error.
///
/// ```
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// rt.block_on_goroutine(|| {
///     let handle = gmp_core::spawn(|| 6 * 7);
///     assert_eq!(handle.join().unwrap(), 42);
/// });
/// ```
#[track_caller]
#[inline]
pub fn spawn<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    // SAFETY: 'static.
    match unsafe { start(Builder::new(), null(), Location::caller(), f) } {
        Ok(handle) => handle,
        Err(error) => spawn_failed(&error),
    }
}

#[cold]
#[track_caller]
pub(crate) fn spawn_failed(error: &io::Error) -> ! {
    panic!("cannot start a goroutine: {error}");
}

/// How a goroutine is started: its name, its stack, whether it is pinned.
///
/// ```
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// let handle = gmp_core::Builder::new()
///     .name("deep")
///     .stack_size(8 << 20)
///     .spawn(|| gmp_core::current().unwrap().name().map(str::to_owned))
///     .unwrap();
/// assert_eq!(handle.join().unwrap().as_deref(), Some("deep"));
/// ```
#[derive(Debug, Default)]
#[must_use = "a Builder starts nothing until `spawn`"]
pub struct Builder {
    name: Option<Cow<'static, str>>,
    stack_size: Option<usize>,
    pinned: bool,
}

impl Builder {
    /// A goroutine without a name, with the default stack, not pinned.
    ///
    /// ```
    /// let _builder = gmp_core::Builder::new();
    /// ```
    #[inline]
    pub const fn new() -> Builder {
        Builder { name: None, stack_size: None, pinned: false }
    }

    /// Names it, for panics, dumps and `current().name()`. A `&'static str` is
    /// not copied.
    ///
    /// ```
    /// let _builder = gmp_core::Builder::new().name(format!("worker {}", 3));
    /// ```
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Builder {
        self.name = Some(name.into());
        self
    }

    /// Asks for a stack of at least `bytes`, 16 KiB to 1 GiB, rounded up to a
    /// power of two. Address space only: memory is used page by page.
    ///
    /// ```
    /// let _builder = gmp_core::Builder::new().stack_size(1 << 20);
    /// ```
    pub fn stack_size(mut self, bytes: usize) -> Builder {
        self.stack_size = Some(bytes);
        self
    }

    /// Keeps the goroutine on one thread from its first run on: what it holds
    /// may be bound to the thread. It costs that thread whenever it waits.
    ///
    /// ```
    /// let _builder = gmp_core::Builder::new().pinned(true);
    /// ```
    pub fn pinned(mut self, pinned: bool) -> Builder {
        self.pinned = pinned;
        self
    }

    /// Starts the goroutine.
    ///
    /// # Errors
    /// `InvalidInput` for a stack size out of range, `OutOfMemory` when there is
    /// no stack to be had; each says what to do.
    ///
    /// # Panics
    /// If no runtime has been started.
    ///
    /// ```
    /// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
    /// let error = gmp_core::Builder::new().stack_size(1000).spawn(|| ()).unwrap_err();
    /// assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    /// ```
    #[track_caller]
    pub fn spawn<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        // SAFETY: 'static.
        unsafe { start(self, null(), Location::caller(), f) }
    }
}

/// Starts a goroutine whose closure may borrow.
///
/// # Safety
/// What `f` and its result borrow outlives the goroutine and its handle.
#[inline(always)]
pub(crate) unsafe fn start<F, T>(
    builder: Builder,
    scope: *const Shared,
    site: &'static Location<'static>,
    f: F,
) -> io::Result<JoinHandle<T>>
where
    F: FnOnce() -> T,
{
    runtime::require_started();
    let class = class_for::<F, T>(builder.stack_size)?;
    let name = builder.name.map(Name::from);
    let mut critical = Critical::enter();
    let gp = match pool::get(class, critical.m()) {
        Ok(gp) => gp,
        Err(error) => {
            drop(critical);
            name.into_iter().for_each(Name::free);
            return Err(error.into());
        }
    };
    if coroutine::MAKE_ALLOCATES && !gp.ctx.is_made() {
        drop(critical);
        // SAFETY: a dead slot of ours.
        let made = unsafe { gp.ctx.make(gp, gp.small_packet() as usize) };
        critical = Critical::enter();
        if let Err(error) = made {
            pool::put(gp, critical.m());
            drop(critical);
            name.into_iter().for_each(Name::free);
            return Err(error);
        }
    }
    // SAFETY: the slot is ours, and of a class with room for the packet.
    unsafe { fill(gp, f, scope, site) };
    gp.set_flags_and_name(if builder.pinned { flag::PINNED } else { 0 }, name);
    gp.join.store(HANDLE, Relaxed);
    if let Some(mp) = critical.m() {
        count_on(gp, mp);
        let handle = JoinHandle::new(gp);
        ready::ready(mp, gp);
        Ok(handle)
    } else {
        gp.id.set(id::GoId::new(id::NEXT_ID.fetch_add(1, Relaxed)));
        SCHED.spawned_outside.fetch_add(1, Relaxed);
        let handle = JoinHandle::new(gp);
        ready::ready_outside(gp);
        Ok(handle)
    }
}

/// Makes `f` the body of `gp`, a slot not in use.
///
/// # Safety
/// The slot is the caller's, and its class is one for F and T (`class_for`).
#[inline(always)]
unsafe fn fill<F, T>(gp: &'static G, f: F, scope: *const Shared, site: &'static Location<'static>)
where
    F: FnOnce() -> T,
{
    let packet = packet_of::<F, T>(gp);
    // SAFETY: the packet lies inside the slot, aligned, where no frame is now
    // (`packet_of`); the slot is the caller's.
    unsafe { packet.write(Packet { body: ManuallyDrop::new(f) }) };
    gp.packet.set(packet.cast());
    gp.run.set(run_packet::<F, T>);
    gp.site.set(site);
    gp.scope.set(scope);
    debug_assert!(gp.bound.is_none());
}

/// Gives `gp`, which is new, a number, and counts it on the P of `mp`, the caller's M.
#[inline(always)]
fn count_on(gp: &'static G, mp: &'static M) {
    let p = mp.p();
    gp.id.set(id::GoId::new(p.ids.take(&id::NEXT_ID)));
    p.counts.spawned.add(1);
}

/// A slot for `start_on`. In the scheduler; None if there is none to be had now.
pub(crate) fn slot_for_start(mp: &'static M) -> Option<&'static G> {
    let gp = pool::get(pool::default_class(), Some(mp)).ok()?;
    if coroutine::MAKE_ALLOCATES && !gp.ctx.is_made() {
        pool::have_made(gp);
        return None;
    }
    Some(gp)
}

/// Makes `gp` a goroutine that a timer has asked for, which nobody joins. The caller, in
/// the scheduler on `mp`, makes it ready.
///
/// # Safety
/// `gp` is from `slot_for_start`. The call is sound to make once, by any goroutine.
pub(crate) unsafe fn start_on(gp: &'static G, mp: &'static M, start: Start) {
    // SAFETY: a small packet fits every slot; the caller's promises.
    unsafe { fill(gp, move || (start.run)(start.arg), null(), start.site) };
    gp.set_flags_and_name(0, None);
    gp.join.store(0, Relaxed);
    count_on(gp, mp);
}

/// Starts a goroutine that a timer has asked for, from a thread without a P. False if
/// there is no stack to be had. The timer vouches for the call.
pub(crate) fn start_outside(start: Start) -> bool {
    // SAFETY: see Start; the closure borrows nothing.
    unsafe {
        self::start(Builder::new(), null(), start.site, move || (start.run)(start.arg)).is_ok()
    }
}

/// The class for a requested size, and large enough for the packet: an
/// unoptimised build copies closure and result from frame to frame.
#[inline(always)]
fn class_for<F, T>(size: Option<usize>) -> io::Result<Class> {
    let packet = size_of::<Packet<F, T>>() + align_of::<Packet<F, T>>();
    if size.is_none() && packet <= SMALL_PACKET + SMALL_PACKET_ALIGN {
        return Ok(pool::default_class());
    }
    class_with_room(size, packet)
}

#[cold]
fn class_with_room(size: Option<usize>, packet: usize) -> io::Result<Class> {
    const COPIES: usize = 64;
    let size = size.unwrap_or(pool::default_class().slot_size());
    let asked = Class::for_size(size)?;
    if packet <= SMALL_PACKET + SMALL_PACKET_ALIGN {
        return Ok(asked);
    }
    let room = packet.saturating_mul(COPIES).min(stack::MAX_STACK_SIZE);
    if packet > room / 8 {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!(
                "a goroutine's closure or result of {packet} bytes is too large for any stack: \
                 put it in a Box"
            ),
        ));
    }
    Class::for_size(asked.slot_size().max(room))
}

/// Where the packet goes: below the record if it is small, else at the stack's
/// far end. It is empty while the body runs, so the body's frames may use that
/// end too; the closure leaves it before them, the result comes after them.
#[inline(always)]
fn packet_of<F, T>(gp: &'static G) -> *mut Packet<F, T> {
    let (size, align) = (size_of::<Packet<F, T>>(), align_of::<Packet<F, T>>());
    if size <= SMALL_PACKET && align <= SMALL_PACKET_ALIGN {
        return gp.small_packet().cast();
    }
    let low = gp.low + gp.slot.class.guard_size();
    low.next_multiple_of(align) as *mut Packet<F, T>
}

/// The goroutine's body: runs the closure and settles its result.
///
/// # Safety
/// `gp` is the caller, and its packet holds a closure of type F.
unsafe fn run_packet<F, T>(gp: &'static G)
where
    F: FnOnce() -> T,
{
    let packet = gp.packet.get().cast::<Packet<F, T>>();
    // SAFETY: written by `start`, taken out once, here.
    let body = unsafe { ManuallyDrop::take(&mut (*packet).body) };
    let result = catch_unwind(AssertUnwindSafe(body));
    exit::finish::<T>(gp, result);
}

/// The calling goroutine, or None on a plain thread.
///
/// ```
/// assert!(gmp_core::current().is_none());
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// assert!(rt.block_on_goroutine(|| gmp_core::current().is_some()));
/// ```
pub fn current() -> Option<Current> {
    m::current_g().map(|gp| Current { gp, not_send: std::marker::PhantomData })
}

/// The calling goroutine's identity. Not `Send`: it is only valid on the
/// goroutine itself.
///
/// ```
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// rt.block_on_goroutine(|| {
///     let me = gmp_core::current().unwrap();
///     println!("goroutine {} {:?}", me.id(), me.name());
/// });
/// ```
pub struct Current {
    gp: &'static G,
    not_send: std::marker::PhantomData<*const ()>,
}

impl Current {
    /// Its id.
    ///
    /// ```
    /// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
    /// rt.block_on_goroutine(|| assert!(gmp_core::current().unwrap().id().as_u64() > 0));
    /// ```
    pub fn id(&self) -> id::GoId {
        self.gp.id.get()
    }

    /// Its name, if it was given one.
    ///
    /// ```
    /// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
    /// rt.block_on_goroutine(|| assert_eq!(gmp_core::current().unwrap().name(), None));
    /// ```
    pub fn name(&self) -> Option<&str> {
        Some(self.gp.name()).filter(|name| !name.is_empty())
    }
}

impl std::fmt::Debug for Current {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Current").field("id", &self.id()).field("name", &self.name()).finish()
    }
}

/// Yields: the goroutine goes to the global queue's tail and others run. On a
/// plain thread this is `std::thread::yield_now`.
///
/// ```
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// rt.block_on_goroutine(|| {
///     let handle = gmp_core::spawn(|| ());
///     while !handle.is_finished() {
///         gmp_core::gosched();
///     }
/// });
/// ```
#[inline]
pub fn gosched() {
    Critical::enter().yield_now();
}

const _: () = assert!(Status::Dead as u8 == 0);
