//! `gmp_core::rt` as the loom models see it: the same waist, over loom's threads.
//!
//! Stands in for the runtime under `--cfg gmp_loom` only, and is stricter: it ends the model
//! when a caller breaks a promise that the runtime has to trust, such as making somebody
//! ready who has not parked, or running user code with a lock held.
//!
//! The models of gmp-sync run on it, too: what they need is public, and hidden.

#![expect(unsafe_code, reason = "the same unsafe functions as the runtime's")]
#![allow(dead_code, reason = "outside of tests nothing runs on this")]

pub mod barrier;
mod lock;
mod parker;
pub mod play;
mod timer;
pub mod world;

pub use lock::SpinLock;
pub use parker::Parker;
pub use timer::{Fire, Fired, HeapLock, Start, Timer};
pub use world::{instant_ns, now_ns};

use std::rc::Rc;

use world::{Party, World};

/// As the runtime's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitReason {
    None,
    ChanReceive,
    ChanSend,
    ChanReceiveNil,
    ChanSendNil,
    Select,
    SelectNoCases,
    Sleep,
    IoWait,
    Semacquire,
    CondWait,
    MutexLock,
    RwMutexRLock,
    RwMutexLock,
    WaitGroupWait,
    Join,
    ScopeWait,
    StoppingTheWorld,
}

/// A section. Plain threads are held to the same rules here as goroutines.
#[derive(Debug)]
pub struct Critical(Option<Rc<Party>>);

impl Critical {
    pub fn enter() -> Critical {
        Critical::enter_inside()
    }

    pub fn enter_inside() -> Critical {
        let party = World::here().party();
        assert!(!party.inside.replace(true), "a section within a section");
        assert_eq!(party.locks(), 0, "entered with a lock held");
        Critical(Some(party))
    }

    fn party(&self) -> &Rc<Party> {
        self.0.as_ref().expect("taken by a park")
    }

    pub fn is_goroutine(&self) -> bool {
        self.party().goroutine
    }

    /// # Safety
    /// As the runtime's.
    pub unsafe fn park(self, parker: *const Parker, _reason: WaitReason, lock: *const SpinLock) {
        let party = self.take();
        if !party.goroutine {
            // SAFETY: the caller's promises.
            return unsafe {
                (*lock).unlock();
                (*parker).sleep();
            };
        }
        party.leave_stack(parker);
        // SAFETY: as above.
        unsafe { (*lock).unlock() };
        party.wait_ready();
    }

    /// # Safety
    /// As the runtime's.
    pub unsafe fn park_with(
        self,
        parker: *const Parker,
        _reason: WaitReason,
        commit: unsafe fn(*mut ()) -> bool,
        arg: *mut (),
    ) {
        let party = self.take();
        if !party.goroutine {
            // SAFETY: the caller's promises.
            return unsafe {
                commit(arg);
                (*parker).sleep();
            };
        }
        party.leave_stack(parker);
        // The owner may go on while the rest of the commit still runs elsewhere.
        World::here().on_another_stack(move || {
            // SAFETY: as above.
            unsafe { commit(arg) };
        });
        party.wait_ready();
    }

    /// Has others go on first.
    pub fn yield_now(self) {
        assert_eq!(self.take().locks(), 0, "yields with a lock held");
        loom::thread::yield_now();
    }

    pub fn park_for_ever(self, reason: WaitReason) -> ! {
        panic!("no model waits for ever: {reason:?}")
    }

    /// # Safety
    /// As the runtime's, whose doubts end the model.
    pub unsafe fn ready(&self, parker: *const Parker) {
        // SAFETY: the caller's promises.
        unsafe { Parker::wake(parker) };
    }

    /// The same number every time: the one that the model was started with.
    pub fn random(&self) -> u32 {
        World::here().draw(self.party())
    }

    /// Ends the section with the locks still held: what follows parks.
    fn take(mut self) -> Rc<Party> {
        let party = self.0.take().expect("taken once");
        party.inside.set(false);
        party
    }
}

impl Drop for Critical {
    fn drop(&mut self) {
        if let Some(party) = self.0.take() {
            party.inside.set(false);
            if !std::thread::panicking() {
                assert_eq!(party.locks(), 0, "left with a lock held");
            }
        }
    }
}
