//! How a model is played: its parties, by goroutines and by threads, in every order; and
//! values whose way is followed.

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use loom::cell::UnsafeCell;

use super::world::{Plan, World};

/// What runs a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Goroutine,
    Thread,
}
pub use By::{Goroutine, Thread};

/// How a model is to be played.
#[derive(Debug)]
pub struct Model<const N: usize> {
    name: &'static str,
    preemptions: usize,
    clock: bool,
    split: bool,
    draws: &'static [u32],
    by: Vec<[By; N]>,
}

/// A model of `N` parties: by goroutines, with three preemptions if there are two of them
/// and two if there are more, unless it says otherwise.
pub fn model<const N: usize>(name: &'static str) -> Model<N> {
    let by = vec![[Goroutine; N]];
    Model {
        name,
        preemptions: if N == 2 { 3 } else { 2 },
        clock: false,
        split: false,
        draws: &[0],
        by,
    }
}

impl<const N: usize> Model<N> {
    pub fn preemptions(self, preemptions: usize) -> Self {
        Model { preemptions, ..self }
    }

    /// With deadlines that come.
    pub fn clock(self) -> Self {
        Model { clock: true, ..self }
    }

    /// With commits that go on while their owners do.
    pub fn split(self) -> Self {
        Model { split: true, ..self }
    }

    /// As [`Plan::draws`], one after the other.
    pub fn draws(self, draws: &'static [u32]) -> Self {
        Model { draws, ..self }
    }

    /// By whom the parties are run, one after the other.
    pub fn by(self, by: &[[By; N]]) -> Self {
        Model { by: by.to_vec(), ..self }
    }

    /// Once by goroutines, once by threads, once by some of each.
    pub fn by_all(self) -> Self {
        let mut mixed = [Goroutine; N];
        mixed[0] = Thread;
        self.by(&[[Goroutine; N], [Thread; N], mixed])
    }

    /// Plays it in every way: `start`, then the parties at once, then `end`.
    pub fn check<S: 'static>(
        self,
        start: impl Fn() -> S + Copy + Send + Sync + 'static,
        parties: [fn(&S); N],
        end: fn(&S),
    ) {
        let before = std::time::Instant::now();
        let played = Arc::new(AtomicUsize::new(0));
        for &by in &self.by {
            for &draws in self.draws {
                // From the order in which threads first run, loom does not reach every
                // other one within the bound: each has its turn to be the first.
                for first in 0..N {
                    let plan = Plan { split: self.split, draws };
                    let order: [usize; N] = std::array::from_fn(|place| (first + place) % N);
                    let clock = self.clock;
                    let played = Arc::clone(&played);
                    let mut model = loom::model::Builder::new();
                    // Who asks for more than the suite's three gets so many more.
                    let asked = model.preemption_bound.unwrap_or(3);
                    model.preemption_bound = Some((self.preemptions + asked).saturating_sub(3));
                    model.max_branches = 10_000;
                    let result = panic::catch_unwind(AssertUnwindSafe(|| {
                        model.check(move || {
                            played.fetch_add(1, Ordering::Relaxed);
                            play(plan, clock, by, order, start, parties, end);
                        });
                    }));
                    if let Err(payload) = result {
                        println!("{}: {by:?}, draws {draws}, order {order:?}", self.name);
                        World::tell();
                        panic::resume_unwind(payload);
                    }
                }
            }
        }
        println!(
            "{}: {} executions, {:?}",
            self.name,
            played.load(Ordering::Relaxed),
            before.elapsed()
        );
    }
}

fn play<S: 'static, const N: usize>(
    plan: Plan,
    clock: bool,
    by: [By; N],
    order: [usize; N],
    start: impl Fn() -> S,
    parties: [fn(&S); N],
    end: fn(&S),
) {
    let world = World::begin(plan);
    TOKENS.with_borrow_mut(|tokens| tokens.clear());
    world.join(N, false);
    world.expect(N);
    // Dropped only if all goes well: the drop of a channel goes to loom.
    let shared = ManuallyDrop::new(Rc::new(start()));
    let mut others = Vec::new();
    for &number in &order[1..] {
        let (world, shared) = (Rc::clone(&world), ManuallyDrop::clone(&shared));
        world.add_thread();
        others.push(loom::thread::spawn(move || {
            world.join(number, by[number] == Goroutine);
            parties[number](&shared);
            drop(ManuallyDrop::into_inner(shared));
            world.party_ended();
        }));
    }
    if clock {
        let world = Rc::clone(&world);
        world.add_thread();
        others.push(loom::thread::spawn(move || world.run_clock(N + 1)));
    }
    world.join(order[0], by[order[0]] == Goroutine);
    parties[order[0]](&shared);
    world.party_ended();
    for other in others {
        other.join().expect("a panic ends the model");
    }
    world.join(N, false);
    end(&shared);
    let shared = ManuallyDrop::into_inner(shared);
    drop(Rc::into_inner(shared).expect("the parties have ended"));
    assert_eq!(world.end(), 0, "locks were not freed");
    TOKENS.with_borrow(|tokens| {
        for (id, token) in tokens.iter().enumerate() {
            assert_eq!(token.drops.get(), 1, "drops of token {id}");
        }
    });
}

struct Known {
    /// Touched by whoever has the token: loom sees if that is not one after the other.
    cell: UnsafeCell<()>,
    drops: Cell<u32>,
}

thread_local! {
    /// The tokens made in this execution.
    static TOKENS: RefCell<Vec<Rc<Known>>> = const { RefCell::new(Vec::new()) };
}

/// A value that knows whether it is copied, lost, dropped twice, dropped in a section, or
/// used by two parties at once.
#[derive(Debug)]
pub struct Token {
    id: usize,
    /// What is no token has something else here.
    mark: usize,
    /// What the model calls it.
    pub n: u32,
}

const MARK: usize = 0x746f_6b65_6e00;

impl Token {
    pub fn new(n: u32) -> Token {
        let known = Rc::new(Known { cell: UnsafeCell::new(()), drops: Cell::new(0) });
        let id = TOKENS.with_borrow_mut(|tokens| {
            tokens.push(known);
            tokens.len() - 1
        });
        Token { id, mark: MARK ^ id, n }
    }

    fn known(&self) -> Rc<Known> {
        assert_eq!(self.mark, MARK ^ self.id, "no token");
        TOKENS.with_borrow(|tokens| Rc::clone(&tokens[self.id]))
    }

    /// What it is called, looked at by who has it now.
    pub fn number(&self) -> u32 {
        let known = self.known();
        assert_eq!(known.drops.get(), 0, "used after its drop");
        known.cell.with_mut(|_| ());
        self.n
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        assert!(World::here().party().is_outside(), "a value dropped in a section");
        self.number();
        let known = self.known();
        known.drops.set(known.drops.get() + 1);
        self.mark = 0;
    }
}

/// Something that one party takes and keeps, and that the end looks at.
#[derive(Debug)]
pub struct Kept<T>(RefCell<Option<T>>);

impl<T> Kept<T> {
    pub fn none() -> Kept<T> {
        Kept(RefCell::new(None))
    }

    pub fn some(value: T) -> Kept<T> {
        Kept(RefCell::new(Some(value)))
    }

    pub fn put(&self, value: T) {
        assert!(self.0.replace(Some(value)).is_none());
    }

    pub fn take(&self) -> Option<T> {
        self.0.take()
    }
}

impl<T: Copy> Kept<T> {
    pub fn get(&self) -> Option<T> {
        *self.0.borrow()
    }
}
