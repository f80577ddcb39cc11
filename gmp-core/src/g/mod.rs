//! G: a goroutine's record. It lies at the top of its own stack
//! (`stack/README.md`); the stack's slot is never unmapped, so an `&'static G`
//! is valid for as long as somebody keeps the slot from being freed: the
//! goroutine itself while it lives, its `JoinHandle` until that is dropped.

pub(crate) mod ahead;
pub(crate) mod exit;
pub(crate) mod id;
pub(crate) mod join;
pub(crate) mod local;
mod local_cells;
pub(crate) mod lock;
pub(crate) mod panic;
pub(crate) mod pool;
pub(crate) mod scope;
pub(crate) mod spawn;
mod trim;

use crate::coroutine::{self, Context};
use crate::m::M;
use crate::prim::{AtomicRef, AtomicU8, AtomicU32};
use crate::rt::{Critical, WaitReason};
use crate::sched::switch;
use crate::stack::Slot;
use id::GoId;
use join::Joiner;
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::panic::Location;
use std::ptr::{null, null_mut};
use std::sync::atomic::Ordering::Relaxed;

/// Bits of `G::flags`: what makes a goroutine's parking unusual.
pub(crate) mod flag {
    /// Stays on one thread from its first run on.
    pub(crate) const PINNED: u32 = 1;
    /// `goexit` is unwinding it.
    pub(crate) const EXITING: u32 = 2;
    /// It has a name.
    pub(crate) const NAMED: u32 = 4;
    /// Its name is on the heap.
    pub(crate) const NAME_OWNED: u32 = 8;
    /// No goroutine: the slot's coroutine shall end (`Context::release`).
    pub(crate) const QUIT: u32 = 16;
    /// From here up: how often it is locked to its thread (`lock.rs`).
    pub(crate) const LOCK: u32 = 1 << 8;
    /// Stays on its thread when it parks.
    pub(crate) const STAYS: u32 = PINNED | !(LOCK - 1);
}

/// What a goroutine is doing. Says who owns its stack: in RUNNING the M that
/// runs it, in RUNNABLE and WAITING nobody until it is dequeued.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Status {
    Dead,
    Runnable,
    Running,
    Waiting,
}

/// Ordered by use: a start, a run and an end of a goroutine without a name touch
/// the first two cache lines only.
#[repr(C, align(64))]
pub(crate) struct G {
    pub(crate) ctx: Context,
    pub(crate) flags: AtomicU32,
    /// See `join`.
    pub(crate) join: AtomicU32,
    /// The M whose thread its context is parked on, null if it can run anywhere.
    pub(crate) bound: AtomicRef<M>,

    pub(crate) status: AtomicU8,
    pub(crate) wait_reason: Cell<WaitReason>,
    /// It has waited for long, and gives up the unused part of its stack when it waits again.
    /// Set by who is about to make it ready.
    pub(crate) trims: Cell<bool>,
    /// Panics begun and not yet known to be over (`panic.rs`).
    pub(crate) panics: Cell<u32>,
    /// Runs the closure in `packet`; monomorphic, called on its own stack.
    pub(crate) run: Cell<unsafe fn(&'static G)>,
    pub(crate) packet: Cell<*mut u8>,
    pub(crate) id: Cell<GoId>,
    /// Head of its goroutine-local values (`local.rs`).
    pub(crate) locals: Cell<*mut local::Node>,
    /// The scope that waits for it, null if none does.
    pub(crate) scope: Cell<*const scope::Shared>,
    pub(crate) site: Cell<&'static Location<'static>>,
    pub(crate) slot: Slot,

    /// `slot.low()`, which large packets need.
    pub(crate) low: usize,
    /// Its name, if `flags` say that it has one.
    name: Cell<Name>,
    /// See `join`.
    pub(crate) joiner: Cell<Joiner>,
    /// Next on a depot's free list.
    pub(crate) free_link: Cell<Option<&'static G>>,
}

/// Bytes below the record for closures and results that fit.
pub(crate) const SMALL_PACKET: usize = 128;
/// Their alignment: the record's own.
pub(crate) const SMALL_PACKET_ALIGN: usize = align_of::<G>();

const _: () = assert!(size_of::<G>() <= crate::stack::G_SPACE);

// SAFETY: the cells are touched by the goroutine itself, by its spawner before
// it is made ready, or by whoever owns its dead slot; `joiner` as `join` says.
#[expect(unsafe_code, reason = "cells with one owner at a time")]
unsafe impl Sync for G {}

/// A goroutine's name: borrowed for ever, or a box as a raw pointer, to be given
/// to `free` once.
#[derive(Clone, Copy)]
pub(crate) struct Name {
    ptr: *const str,
    owned: bool,
}

impl Name {
    pub(crate) fn from(name: Cow<'static, str>) -> Name {
        match name {
            Cow::Borrowed(name) => Name { ptr: name, owned: false },
            Cow::Owned(name) => Name { ptr: Box::into_raw(name.into_boxed_str()), owned: true },
        }
    }

    pub(crate) fn free(self) {
        if self.owned {
            // SAFETY: `owned` names come from `Box::into_raw`, and the caller has
            // taken this one out of its goroutine, or never put it there.
            #[expect(unsafe_code, reason = "gives the box back")]
            drop(unsafe { Box::from_raw(self.ptr.cast_mut()) });
        }
    }
}

impl G {
    /// The record of a slot nobody has used, or whose memory was given back.
    pub(crate) fn new(slot: Slot) -> G {
        G {
            ctx: Context::new(),
            flags: AtomicU32::new(0),
            join: AtomicU32::new(0),
            status: AtomicU8::new(Status::Dead as u8),
            wait_reason: Cell::new(WaitReason::None),
            trims: Cell::new(false),
            bound: AtomicRef::none(),
            run: Cell::new(|_| crate::fatal("a goroutine without a body was run")),
            packet: Cell::new(null_mut()),
            id: Cell::new(GoId::NONE),
            name: Cell::new(Name { ptr: "", owned: false }),
            site: Cell::new(Location::caller()),
            joiner: Cell::new(Joiner::NOBODY),
            locals: Cell::new(null_mut()),
            scope: Cell::new(null()),
            panics: Cell::new(0),
            free_link: Cell::new(None),
            slot,
            low: slot.low(),
        }
    }

    /// Room for a small closure or result, right below the record.
    #[inline(always)]
    pub(crate) fn small_packet(&self) -> *mut u8 {
        (std::ptr::from_ref(self) as usize - SMALL_PACKET) as *mut u8
    }

    #[inline(always)]
    pub(crate) fn set_status(&self, status: Status) {
        self.status.store(status as u8, Relaxed);
    }

    /// Whether it is locked to its thread.
    #[inline(always)]
    pub(crate) fn is_locked(&self) -> bool {
        self.flags.load(Relaxed) >= flag::LOCK
    }

    /// Gives it its flags and its name. By the spawner.
    #[inline(always)]
    pub(crate) fn set_flags_and_name(&self, flags: u32, name: Option<Name>) {
        let named = match name {
            None => 0,
            Some(name) => {
                self.name.set(name);
                flag::NAMED | if name.owned { flag::NAME_OWNED } else { 0 }
            }
        };
        self.flags.store(flags | named, Relaxed);
    }

    /// Frees the name, if it is on the heap. By the last one who can ask for it,
    /// outside the scheduler.
    #[inline(always)]
    pub(crate) fn free_name(&self) {
        if self.flags.load(Relaxed) & flag::NAME_OWNED != 0 {
            self.flags.fetch_and(!(flag::NAMED | flag::NAME_OWNED), Relaxed);
            self.name.get().free();
        }
    }

    /// Its name, empty if it has none. Valid until the slot is released.
    pub(crate) fn name(&self) -> &str {
        if self.flags.load(Relaxed) & flag::NAMED == 0 {
            return "";
        }
        // SAFETY: a name is freed only when nobody can ask any more (`exit`).
        #[expect(unsafe_code, reason = "the name outlives every asker")]
        unsafe {
            &*self.name.get().ptr
        }
    }

    /// ` "name"`, or nothing, for messages.
    pub(crate) fn quoted_name(&self) -> impl fmt::Display + '_ {
        struct Quoted<'a>(&'a str);
        impl fmt::Display for Quoted<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                if self.0.is_empty() { Ok(()) } else { write!(f, " {:?}", self.0) }
            }
        }
        Quoted(self.name())
    }
}

/// The function on every slot's stack: runs one goroutine after the other, each
/// start being a resume of the suspension in which the one before ended.
pub(crate) fn entry(gp: &'static G) {
    loop {
        // SAFETY: `run` was set by the spawner together with the packet it expects.
        #[expect(unsafe_code, reason = "calls the spawner's monomorphic body")]
        unsafe {
            gp.run.get()(gp);
        }
        if !gp.scope.get().is_null() {
            scope::leave(gp);
        }
        switch::end(gp, Critical::enter_inside());
        if coroutine::MAKE_ALLOCATES && gp.flags.load(Relaxed) & flag::QUIT != 0 {
            return;
        }
    }
}
