//! Who may use a descriptor: one operation in each direction at a time, the others in the
//! order in which they came; and whether it may be given up. All under one spin lock.
#![expect(unsafe_code, reason = "those who queue are linked on their own stacks")]

use super::desc::{Desc, Dir};
use crate::rt::{Critical, Parker, WaitReason};
use std::cell::Cell;
use std::ptr::{from_ref, null};

/// The rules of one descriptor.
pub(super) struct Gates {
    closed: bool,
    /// Operations that run or queue, and who keeps the descriptor for something else.
    users: u32,
    /// Who closed it and waits for the last of them.
    closer: *const Parker,
    dirs: [Gate; 2],
}

struct Gate {
    busy: bool,
    first: *const Queued,
    last: *const Queued,
}

/// One who waits for his turn, on his stack.
struct Queued {
    parker: Parker,
    next: Cell<*const Queued>,
    closed: Cell<bool>,
}

impl Gate {
    const fn new() -> Gate {
        Gate { busy: false, first: null(), last: null() }
    }

    fn push(&mut self, queued: *const Queued) {
        // SAFETY: who queues stays where he is until he is taken out.
        match unsafe { self.last.as_ref() } {
            Some(last) => last.next.set(queued),
            None => self.first = queued,
        }
        self.last = queued;
    }

    fn pop(&mut self) -> *const Queued {
        let queued = self.first;
        // SAFETY: as in `push`.
        if let Some(queued) = unsafe { queued.as_ref() } {
            self.first = queued.next.replace(null());
            if self.first.is_null() {
                self.last = null();
            }
        }
        queued
    }
}

impl Gates {
    pub(super) const fn new() -> Gates {
        Gates { closed: false, users: 0, closer: null(), dirs: [Gate::new(), Gate::new()] }
    }

    /// One user less; the closer, if he waited for this one.
    fn leave(&mut self) -> *const Parker {
        self.users -= 1;
        if self.users == 0 { std::mem::replace(&mut self.closer, null()) } else { null() }
    }
}

/// # Safety
/// `desc` is a `Desc` whose gates the caller's thread has locked.
unsafe fn unlock(desc: *mut ()) -> bool {
    // SAFETY: records live for ever.
    unsafe { &*desc.cast::<Desc>() }.gates.unlock();
    true
}

impl Desc {
    /// Waits for its turn in direction `dir`; false if the descriptor is closed, or was
    /// meanwhile. Otherwise `end` follows.
    pub(super) fn begin(&'static self, dir: Dir) -> bool {
        enum Entry {
            Closed,
            Free,
            Queued,
        }
        let critical = Critical::enter();
        let queued = Queued {
            parker: Parker::new(&critical),
            next: Cell::new(null()),
            closed: Cell::new(false),
        };
        let entry = self.gates.with_and_keep(|gates| {
            if gates.closed {
                return Entry::Closed;
            }
            gates.users += 1;
            let gate = &mut gates.dirs[dir as usize];
            if gate.busy {
                gate.push(&raw const queued);
                return Entry::Queued;
            }
            gate.busy = true;
            Entry::Free
        });
        if let Entry::Queued = entry {
            let desc = from_ref(self).cast_mut().cast();
            // SAFETY: the lock is held and `unlock` releases it; `queued` lives in this frame
            // until it is popped, under that lock, by who then wakes it.
            unsafe {
                critical.park_unless(&raw const queued.parker, WaitReason::IoWait, unlock, desc);
            };
            return !queued.closed.get();
        }
        self.gates.unlock();
        matches!(entry, Entry::Free)
    }

    /// Ends the caller's turn: the next one begins his.
    pub(super) fn end(&'static self, dir: Dir) {
        let critical = Critical::enter_inside();
        let woken = self.gates.with(|gates| {
            let next = gates.dirs[dir as usize].pop();
            if next.is_null() {
                gates.dirs[dir as usize].busy = false;
                gates.leave()
            } else {
                // The next one counts for himself, so it does not become 0.
                gates.users -= 1;
                // SAFETY: popped just now; he stays until he is woken.
                unsafe { &raw const (*next).parker }
            }
        });
        wake(&critical, woken);
    }

    /// Keeps the descriptor, until `release`; false if it is closed.
    pub(super) fn hold(&self) -> bool {
        let _critical = Critical::enter();
        self.gates.with(|gates| {
            gates.users += u32::from(!gates.closed);
            !gates.closed
        })
    }

    /// Ends what `hold` began.
    pub(super) fn release(&self) {
        let critical = Critical::enter_inside();
        let woken = self.gates.with(Gates::leave);
        wake(&critical, woken);
    }

    /// Lets nobody in any more, and turns away who queues; false if it was closed before.
    pub(super) fn shut(&self) -> bool {
        let critical = Critical::enter_inside();
        let turned_away = self.gates.with(|gates| {
            if std::mem::replace(&mut gates.closed, true) {
                return None;
            }
            let mut all = null::<Queued>();
            for gate in &mut gates.dirs {
                while let Some(queued) = {
                    // SAFETY: as in `push`.
                    unsafe { gate.pop().as_ref() }
                } {
                    queued.closed.set(true);
                    queued.next.set(all);
                    all = queued;
                    gates.users -= 1;
                }
            }
            // Seen by whoever looks at the words from now on.
            self.set_closed();
            Some(all)
        });
        let Some(mut queued) = turned_away else { return false };
        // SAFETY: those popped stay until they are woken, once, by us.
        while let Some(next) = unsafe { queued.as_ref() } {
            queued = next.next.get();
            wake(&critical, &raw const next.parker);
        }
        true
    }

    /// After `shut`: waits until nobody uses the descriptor.
    pub(super) fn wait_until_unused(&'static self) {
        let critical = Critical::enter_inside();
        let parker = Parker::new(&critical);
        let unused = self.gates.with_and_keep(|gates| {
            if gates.users > 0 {
                gates.closer = &raw const parker;
            }
            gates.users == 0
        });
        if unused {
            self.gates.unlock();
            return;
        }
        let desc = from_ref(self).cast_mut().cast();
        // SAFETY: the lock is held and `unlock` releases it; the last user takes the parker out
        // under it, and wakes it once.
        unsafe { critical.park_unless(&raw const parker, WaitReason::IoWait, unlock, desc) };
    }
}

/// Wakes one who was taken out of the gates, if there is one.
fn wake(critical: &Critical, parker: *const Parker) {
    if !parker.is_null() {
        // SAFETY: he waits, and only who took him out wakes him.
        unsafe { critical.ready(parker) };
    }
}
