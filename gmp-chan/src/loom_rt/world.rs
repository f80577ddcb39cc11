//! One execution of a model: its parties, its clock, and what is counted in it.
//!
//! Loom runs one thread at a time and switches at its own operations only, so what is
//! neither atomic nor under a lock here is the model's own bookkeeping, and consistent.

use std::cell::{Cell, OnceCell, RefCell};
use std::mem::ManuallyDrop;
use std::rc::Rc;
use std::time::Instant;

use loom::sync::atomic::AtomicU32;
use loom::sync::atomic::Ordering::Relaxed;
use loom::thread::{Thread, ThreadId};

use super::timer::Heap;
use super::{Parker, SpinLock};

thread_local! {
    /// Loom's threads are coroutines of one thread. That of a model that failed is not
    /// dropped: its locks would go to loom, which has ended.
    static WORLD: RefCell<ManuallyDrop<Option<Rc<World>>>> =
        const { RefCell::new(ManuallyDrop::new(None)) };
}

/// Where a goroutine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Park {
    /// On its stack.
    No,
    /// Off it: its commit has begun.
    Parked(*const Parker),
    Readied,
}

/// A goroutine or a plain thread.
pub struct Party {
    pub(super) number: usize,
    pub goroutine: bool,
    thread: Thread,
    pub(super) park: Cell<Park>,
    /// Written when the owner parks and when it is readied, for loom to see that the order
    /// of the two matters; orders nothing itself.
    order: AtomicU32,
    blocked: Cell<bool>,
    /// In a section.
    pub inside: Cell<bool>,
    /// How many locks it holds; not those that it has left to its commit.
    locks: RefCell<Rc<Cell<u32>>>,
}

impl std::fmt::Debug for Party {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "party {}", self.number)
    }
}

impl Party {
    /// Blocks until `unblock`.
    pub fn block(&self) {
        self.blocked.set(true);
        while self.blocked.get() {
            loom::thread::park();
        }
    }

    /// Unparks who is blocked, and nobody else: loom would take it amiss.
    pub fn unblock(&self) {
        if self.blocked.replace(false) {
            self.thread.unpark();
        }
    }

    /// Whether user code may run now.
    pub fn is_outside(&self) -> bool {
        !self.inside.get() && self.locks() == 0
    }

    pub fn locks(&self) -> u32 {
        self.locks.borrow().get()
    }

    /// Counts a lock. What comes back is to be given to `unlocked`.
    pub(super) fn locked(&self) -> Rc<Cell<u32>> {
        let locks = Rc::clone(&self.locks.borrow());
        locks.set(locks.get() + 1);
        locks
    }

    pub(super) fn leave_stack(&self, parker: *const Parker) {
        self.order.swap(1, Relaxed);
        World::here().note("parks", self.number);
        self.locks.replace(Rc::default());
        assert_eq!(self.park.replace(Park::Parked(parker)), Park::No);
    }

    pub(super) fn make_ready(&self, parker: *const Parker) {
        self.order.swap(0, Relaxed);
        World::here().note("readies", self.number);
        let parked = self.park.get() == Park::Parked(parker);
        assert!(parked, "{self:?} is readied before it has parked (I1), or twice");
        self.park.set(Park::Readied);
        // Also if it does not block yet: what comes before is seen by who goes on.
        self.blocked.set(false);
        self.thread.unpark();
    }

    pub(super) fn wait_ready(&self) {
        while self.park.get() != Park::Readied {
            self.block();
        }
        self.park.set(Park::No);
        World::here().note("goes on", self.number);
    }
}

/// What a model asks of the world.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plan {
    /// Commits run on threads of their own, as long as loom has any left.
    pub split: bool,
    /// Bit N: what the draws of party N come to, the least number or the greatest.
    pub draws: u32,
}

pub struct World {
    plan: Plan,
    parties: RefCell<Vec<(ThreadId, Rc<Party>)>>,
    /// How many of loom's threads there are.
    threads: Cell<usize>,
    now: Cell<u64>,
    epoch: Instant,
    heap: OnceCell<Heap>,
    sleepers: RefCell<Vec<(u64, Rc<Party>)>>,
    clock: RefCell<Option<Rc<Party>>>,
    /// Parties that have not ended.
    running: Cell<usize>,
    live_locks: Cell<usize>,
    ranks: Cell<usize>,
    /// What has happened: who, what, to which one. Told when the model fails.
    story: RefCell<Vec<(usize, &'static str, usize)>>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("now", &self.now).finish_non_exhaustive()
    }
}

/// When the model begins.
const START: u64 = 1_000;
/// As many threads as loom can run.
const MOST_THREADS: usize = 5;

impl World {
    /// A new world, its only thread the caller.
    pub fn begin(plan: Plan) -> Rc<World> {
        let world = Rc::new(World {
            plan,
            parties: RefCell::new(Vec::new()),
            threads: Cell::new(1),
            now: Cell::new(START),
            epoch: Instant::now(),
            heap: OnceCell::new(),
            sleepers: RefCell::new(Vec::new()),
            clock: RefCell::new(None),
            running: Cell::new(0),
            live_locks: Cell::new(0),
            ranks: Cell::new(0),
            story: RefCell::new(Vec::new()),
        });
        WORLD.set(ManuallyDrop::new(Some(Rc::clone(&world))));
        let _ = world.heap.set(Heap::new(SpinLock::new()));
        world
    }

    /// All threads but the caller have ended. Returns how many channels were not freed.
    pub fn end(self: &Rc<World>) -> usize {
        assert!(self.heap().is_empty(), "a timer is left");
        assert!(self.sleepers.borrow().is_empty(), "a sleeper is left");
        ManuallyDrop::into_inner(WORLD.replace(ManuallyDrop::new(None)));
        self.live_locks.get() - 1
    }

    pub fn here() -> Rc<World> {
        WORLD.with_borrow(|world| Rc::clone(world.as_ref().expect("a model runs")))
    }

    /// Tells the story of the model that has failed.
    pub fn tell() {
        WORLD.with_borrow(|world| {
            for (who, what, whom) in world.iter().flat_map(|world| world.story.take()) {
                println!("party {who} {what} {whom}");
            }
        });
    }

    /// Notes what the caller does, to be told if the model fails.
    pub fn note(&self, what: &'static str, whom: usize) {
        let id = loom::thread::current().id();
        let parties = self.parties.borrow();
        let who = parties.iter().find(|(thread, _)| *thread == id);
        let who = who.map_or(usize::MAX, |(_, party)| party.number);
        self.story.borrow_mut().push((who, what, whom));
    }

    /// Counts a lock that is made; its number.
    pub(super) fn lock_number() -> usize {
        let world = World::here();
        world.live_locks.set(world.live_locks.get() + 1);
        world.live_locks.get()
    }

    /// Counts a lock that is freed.
    pub(super) fn lock_freed() {
        WORLD.with_borrow(|world| {
            if let Some(world) = &**world {
                world.live_locks.set(world.live_locks.get() - 1);
            }
        });
    }

    /// Counts a thread that is about to be spawned.
    pub fn add_thread(&self) {
        self.threads.set(self.threads.get() + 1);
    }

    /// The calling thread is a party from now on, in place of what it was before.
    pub fn join(&self, number: usize, goroutine: bool) -> Rc<Party> {
        let thread = loom::thread::current();
        let id = thread.id();
        let party = Rc::new(Party {
            number,
            goroutine,
            thread,
            park: Cell::new(Park::No),
            order: AtomicU32::new(0),
            blocked: Cell::new(false),
            inside: Cell::new(false),
            locks: RefCell::default(),
        });
        self.parties.borrow_mut().retain(|(thread, _)| *thread != id);
        self.parties.borrow_mut().push((id, Rc::clone(&party)));
        party
    }

    /// The calling party.
    pub fn party(&self) -> Rc<Party> {
        let id = loom::thread::current().id();
        let parties = self.parties.borrow();
        let found = parties.iter().find(|(thread, _)| *thread == id);
        Rc::clone(&found.expect("the calling thread is no party").1)
    }

    /// How many parties are to end before the clock stops.
    pub fn expect(&self, parties: usize) {
        self.running.set(parties);
    }

    pub fn party_ended(&self) {
        assert!(self.party().is_outside());
        self.running.set(self.running.get() - 1);
        self.tell_clock();
    }

    pub(super) fn on_another_stack(&self, commit: impl FnOnce() + 'static) {
        if self.plan.split && self.threads.get() < MOST_THREADS {
            self.add_thread();
            drop(loom::thread::spawn(commit));
        } else {
            commit();
        }
    }

    pub(super) fn draw(&self, party: &Party) -> u32 {
        if self.plan.draws >> party.number & 1 == 0 { 0 } else { u32::MAX }
    }

    /// In which order channels were made.
    pub fn next_rank(&self) -> usize {
        self.ranks.set(self.ranks.get() + 1);
        self.ranks.get()
    }

    pub(super) fn heap(&self) -> &Heap {
        self.heap.get().expect("made at the start")
    }

    pub fn now(&self) -> u64 {
        self.now.get()
    }

    /// It is `when` now, or later.
    pub fn pass(&self, when: u64) {
        self.now.set(self.now.get().max(when));
    }

    pub fn epoch(&self) -> Instant {
        self.epoch
    }

    pub(super) fn add_sleeper(&self, party: &Rc<Party>, deadline: u64) {
        self.sleepers.borrow_mut().push((deadline, Rc::clone(party)));
        self.tell_clock();
    }

    /// False if its deadline has not come.
    pub(super) fn remove_sleeper(&self, party: &Rc<Party>) -> bool {
        let mut sleepers = self.sleepers.borrow_mut();
        let place = sleepers.iter().position(|(_, sleeper)| Rc::ptr_eq(sleeper, party));
        place.map(|place| sleepers.remove(place)).is_none()
    }

    pub(super) fn tell_clock(&self) {
        if let Some(clock) = &*self.clock.borrow() {
            clock.unblock();
        }
    }

    /// The clock: a thread that lets deadlines come, at any moment after they were set.
    pub fn run_clock(&self, clock: usize) {
        let party = self.join(clock, false);
        self.clock.replace(Some(Rc::clone(&party)));
        while self.running.get() > 0 {
            if !self.heap().is_empty() {
                self.note("fires", 0);
                let (again, ready) = self.heap().fire_first(self);
                if !ready.is_null() {
                    // SAFETY: chosen by its timer, as the runtime trusts it, too.
                    #[expect(unsafe_code, reason = "the runtime's own call")]
                    unsafe {
                        Parker::wake(ready);
                    }
                } else if again {
                    // It found a lock taken: the holder is to get on.
                    loom::thread::yield_now();
                }
                continue;
            }
            let late = self.sleepers.borrow_mut().pop();
            match late {
                Some((deadline, sleeper)) => {
                    self.note("ends the sleep of", sleeper.number);
                    self.pass(deadline);
                    sleeper.unblock();
                }
                None => party.block(),
            }
        }
    }
}

/// As the runtime's, on the model's clock.
pub fn now_ns() -> u64 {
    World::here().now()
}

/// As the runtime's, on the model's clock.
pub fn instant_ns(instant: Instant) -> u64 {
    let since = instant.saturating_duration_since(World::here().epoch());
    START + u64::try_from(since.as_nanos()).unwrap_or(u64::MAX - START)
}
