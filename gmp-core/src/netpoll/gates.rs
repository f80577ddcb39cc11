//! The rules of `gate.rs`: who has the turn in each direction, who queues for it, and who
//! waits for the last of them to go. Plain data under the descriptor's spin lock; those who
//! wait are `W`s, notes in the loom models.
#![expect(unsafe_code, reason = "those who queue are linked on their own stacks")]

use std::cell::Cell;
use std::ptr::null;

pub(super) struct Gates<W> {
    closed: bool,
    /// Operations that run or queue, and who keeps the descriptor for something else.
    users: u32,
    /// Who closed it and waits for the last of them.
    closer: *const W,
    dirs: [Gate<W>; 2],
}

struct Gate<W> {
    busy: bool,
    first: *const Queued<W>,
    last: *const Queued<W>,
}

/// One who waits for his turn, on his stack: from `enter` until he is woken.
pub(super) struct Queued<W> {
    pub(super) waiter: W,
    next: Cell<*const Queued<W>>,
    closed: Cell<bool>,
}

impl<W> Queued<W> {
    pub(super) fn new(waiter: W) -> Queued<W> {
        Queued { waiter, next: Cell::new(null()), closed: Cell::new(false) }
    }

    /// Once he is woken: whether he was turned away.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.get()
    }
}

pub(super) enum Entry {
    Closed,
    /// The turn is his.
    Free,
    /// He has to wait: then the turn is his, or he was turned away.
    Queued,
}

/// Those who queued when it was closed.
pub(super) struct TurnedAway<W>(*const Queued<W>);

impl<W> Iterator for TurnedAway<W> {
    type Item = *const W;

    /// One who has to be woken, by who asks; he is not touched again.
    fn next(&mut self) -> Option<*const W> {
        // SAFETY: he stays until he is woken.
        let queued = unsafe { self.0.as_ref() }?;
        self.0 = queued.next.get();
        Some(&raw const queued.waiter)
    }
}

impl<W> Gate<W> {
    const fn new() -> Gate<W> {
        Gate { busy: false, first: null(), last: null() }
    }

    fn push(&mut self, queued: *const Queued<W>) {
        // SAFETY: who queues stays where he is until he is taken out.
        match unsafe { self.last.as_ref() } {
            Some(last) => last.next.set(queued),
            None => self.first = queued,
        }
        self.last = queued;
    }

    fn pop(&mut self) -> Option<&Queued<W>> {
        // SAFETY: as in `push`.
        let queued = unsafe { self.first.as_ref() }?;
        self.first = queued.next.replace(null());
        if self.first.is_null() {
            self.last = null();
        }
        Some(queued)
    }
}

impl<W> Gates<W> {
    pub(super) const fn new() -> Gates<W> {
        Gates { closed: false, users: 0, closer: null(), dirs: [Gate::new(), Gate::new()] }
    }

    /// One more who wants the turn in direction `dir`.
    pub(super) fn enter(&mut self, dir: usize, queued: *const Queued<W>) -> Entry {
        if self.closed {
            return Entry::Closed;
        }
        self.users += 1;
        let gate = &mut self.dirs[dir];
        if gate.busy {
            gate.push(queued);
            return Entry::Queued;
        }
        gate.busy = true;
        Entry::Free
    }

    /// The turn in direction `dir` is over. Who has to be woken, or null: the next one, whose
    /// turn it is, or else the closer.
    pub(super) fn end(&mut self, dir: usize) -> *const W {
        let gate = &mut self.dirs[dir];
        match gate.pop() {
            Some(next) => {
                let next = &raw const next.waiter;
                // The next one counts for himself, so it does not become 0.
                self.users -= 1;
                next
            }
            None => {
                gate.busy = false;
                self.leave()
            }
        }
    }

    /// One more user, who has no turn; false if it is closed.
    pub(super) fn hold(&mut self) -> bool {
        self.users += u32::from(!self.closed);
        !self.closed
    }

    /// One user less; the closer, if he waited for this one, to be woken.
    pub(super) fn leave(&mut self) -> *const W {
        self.users -= 1;
        if self.users == 0 { std::mem::replace(&mut self.closer, null()) } else { null() }
    }

    /// Lets nobody in any more; None if it was closed before.
    pub(super) fn shut(&mut self) -> Option<TurnedAway<W>> {
        if std::mem::replace(&mut self.closed, true) {
            return None;
        }
        let mut all = null::<Queued<W>>();
        for gate in &mut self.dirs {
            while let Some(queued) = gate.pop() {
                queued.closed.set(true);
                queued.next.set(all);
                all = queued;
                self.users -= 1;
            }
        }
        Some(TurnedAway(all))
    }

    /// After `shut`: whether nobody is left. Otherwise the last one wakes `closer`.
    pub(super) fn is_unused(&mut self, closer: *const W) -> bool {
        if self.users > 0 {
            self.closer = closer;
        }
        self.users == 0
    }
}
