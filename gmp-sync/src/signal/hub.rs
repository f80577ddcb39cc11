//! Who wants which signals, what the signals do meanwhile, and the thread that delivers them.
//!
//! The handler is signal-hook's: it notes the signal and wakes the thread `gmp-signals`. It
//! is in place while somebody wants the signal; then the action of before comes back. A
//! receiver that was dropped is noticed when its next signal arrives: nobody wants it then,
//! so the action comes back and the signal is raised again. So a signal is either delivered
//! to somebody, or does what it would have done.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::panic::catch_unwind;
use std::sync::{Arc, OnceLock, PoisonError};
use std::thread::{self, ThreadId};

use gmp_chan::{Sender, TrySendError};
use signal_hook::iterator::{Handle, Signals};
use signal_hook::low_level::raise;

use super::action::Action;
use super::{Received, Signal};
use crate::context::WeakCancel;
use crate::{Mutex, MutexGuard};

static HUB: Mutex<Hub> =
    Mutex::new(Hub { watch: None, subscribers: Vec::new(), actions: BTreeMap::new(), next_id: 0 });

/// Held while a signal is delivered. User code may run meanwhile (wakers), so `HUB` is not.
static DELIVERY: Mutex<()> = Mutex::new(());
static THREAD: OnceLock<ThreadId> = OnceLock::new();

pub(super) struct Hub {
    /// There when the thread is.
    watch: Option<Handle>,
    subscribers: Vec<Subscriber>,
    /// Of the signals that were ever touched.
    actions: BTreeMap<Signal, Actions>,
    next_id: u64,
}

struct Actions {
    /// What the signal did before.
    before: Action,
    /// With the handler, once it was installed.
    caught: Option<Action>,
}

struct Subscriber {
    id: u64,
    target: Target,
    wants: Set,
}

#[derive(Clone)]
pub(super) enum Target {
    Channel(Sender<Signal>),
    Context(WeakCancel),
}

/// A set of signals.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Set(u64);

impl Set {
    /// # Panics
    /// If one of them cannot be handled.
    #[track_caller]
    fn of(signals: &[Signal]) -> Set {
        Set(signals.iter().fold(0, |set, signal| {
            if let Some(objection) = signal.objection() {
                panic!("{signal:?} cannot be handled: {objection}");
            }
            set | Set::bit(*signal)
        }))
    }

    fn bit(signal: Signal) -> u64 {
        1 << (signal.as_raw() - 1)
    }

    fn has(self, signal: Signal) -> bool {
        self.0 & Set::bit(signal) != 0
    }
}

impl Target {
    /// False if there is nobody any more.
    fn deliver(&self, signal: Signal) -> bool {
        match self {
            // One who does not keep up misses some, as in Go.
            Target::Channel(tx) => {
                !matches!(tx.try_send(signal), Err(TrySendError::Disconnected(_)))
            }
            Target::Context(cancel) => cancel.cancel(Arc::new(Received::new(signal))),
        }
    }

    fn is_gone(&self) -> bool {
        match self {
            Target::Channel(tx) => tx.is_closed(),
            Target::Context(cancel) => cancel.is_gone(),
        }
    }

    fn is_channel(&self, tx: &Sender<Signal>) -> bool {
        matches!(self, Target::Channel(own) if own.same_channel(tx))
    }
}

pub(super) fn lock() -> MutexGuard<'static, Hub> {
    HUB.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds to what `target` gets; returns by what it can be removed.
#[track_caller]
pub(super) fn subscribe(target: Target, signals: &[Signal]) -> u64 {
    let wants = Set::of(signals);
    let mut hub = lock();
    let gone = hub.remove(|subscriber| subscriber.target.is_gone());
    for signal in signals {
        if let Err(error) = hub.catch(*signal) {
            drop(hub);
            drop(gone);
            panic!("{signal:?} cannot be handled: {error}");
        }
    }
    if let Target::Channel(tx) = &target
        && let Some(known) = hub.subscribers.iter_mut().find(|known| known.target.is_channel(tx))
    {
        known.wants.0 |= wants.0;
        return known.id;
    }
    hub.next_id += 1;
    let id = hub.next_id;
    hub.subscribers.push(Subscriber { id, target, wants });
    id
}

/// Ends subscriptions. When this returns nothing is being delivered to them.
pub(super) fn unsubscribe(who: impl Fn(u64, &Target) -> bool) {
    let removed = lock().remove(|subscriber| who(subscriber.id, &subscriber.target));
    drop(removed);
    // The thread itself gets here only from user code inside of a delivery.
    let delivers = gmp_core::current().is_none() && THREAD.get() == Some(&thread::current().id());
    if !delivers {
        drop(DELIVERY.lock());
    }
}

pub(super) fn is_channel(target: &Target, tx: &Sender<Signal>) -> bool {
    target.is_channel(tx)
}

pub(super) fn is_gone(target: &Target) -> bool {
    target.is_gone()
}

/// Nobody gets `signals` any more; they are ignored, or do what they did before.
#[track_caller]
pub(super) fn withdraw(signals: &[Signal], ignore: bool) {
    let set = Set::of(signals);
    let mut hub = lock();
    for subscriber in &mut hub.subscribers {
        subscriber.wants.0 &= !set.0;
    }
    let removed = hub.remove(|subscriber| subscriber.wants == Set(0));
    for signal in signals {
        let changed = if ignore { hub.ignore(*signal) } else { hub.put_back(*signal, true) };
        if let Err(error) = changed {
            drop(hub);
            drop(removed);
            panic!("{signal:?} cannot be handled: {error}");
        }
    }
}

impl Hub {
    /// Removes those, to be dropped without the lock. What nobody wants any more does what it
    /// did before.
    #[must_use]
    fn remove(&mut self, gone: impl Fn(&Subscriber) -> bool) -> Vec<Subscriber> {
        let removed: Vec<_> = self.subscribers.extract_if(.., |who| gone(who)).collect();
        if !removed.is_empty() {
            let signals: Vec<_> = self.actions.keys().copied().collect();
            for signal in signals {
                if !self.is_wanted(signal) {
                    // What could be set once can be set again.
                    let _ = self.put_back(signal, false);
                }
            }
        }
        removed
    }

    fn is_wanted(&self, signal: Signal) -> bool {
        self.subscribers.iter().any(|subscriber| subscriber.wants.has(signal))
    }

    /// Has our handler called for `signal`.
    fn catch(&mut self, signal: Signal) -> io::Result<()> {
        let actions = self.touch(signal)?;
        if let Some(caught) = actions.caught {
            return caught.apply(signal);
        }
        let watch = match &self.watch {
            Some(watch) => watch,
            None => self.watch.insert(start()?),
        };
        watch.add_signal(signal.as_raw())?;
        let caught = Action::of(signal)?.beside_goroutines();
        self.touch(signal)?.caught = Some(caught);
        caught.apply(signal)
    }

    fn ignore(&mut self, signal: Signal) -> io::Result<()> {
        self.touch(signal)?;
        Action::ignore().apply(signal)
    }

    /// The action of before comes back, unless somebody else has put another one in its
    /// place. `ignored`: also if we ignore the signal.
    fn put_back(&self, signal: Signal, ignored: bool) -> io::Result<()> {
        let Some(actions) = self.actions.get(&signal) else { return Ok(()) };
        let now = Action::of(signal)?;
        let caught = actions.caught.is_some_and(|caught| caught.has_handler_of(&now));
        if caught || (ignored && now.is_ignore()) {
            return actions.before.apply(signal);
        }
        Ok(())
    }

    fn touch(&mut self, signal: Signal) -> io::Result<&mut Actions> {
        Ok(match self.actions.entry(signal) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(Actions { before: Action::of(signal)?, caught: None }),
        })
    }

    /// Whether `signal` has its default action when nobody wants it.
    fn is_default(&self, signal: Signal) -> bool {
        self.actions.get(&signal).is_some_and(|actions| actions.before.is_default())
    }
}

/// Starts the thread that delivers.
fn start() -> io::Result<Handle> {
    let mut signals = Signals::new(std::iter::empty::<i32>())?;
    let handle = signals.handle();
    thread::Builder::new().name("gmp-signals".into()).spawn(move || {
        let _ = THREAD.set(thread::current().id());
        for signal in signals.forever() {
            // A panic of user code was reported by the hook; the thread goes on.
            let _ = catch_unwind(|| deliver(Signal::new(signal)));
        }
    })?;
    Ok(handle)
}

fn deliver(signal: Signal) {
    let delivery = DELIVERY.lock().unwrap_or_else(PoisonError::into_inner);
    let targets: Vec<_> = {
        let hub = lock();
        let wanting = hub.subscribers.iter().filter(|subscriber| subscriber.wants.has(signal));
        wanting.map(|subscriber| subscriber.target.clone()).collect()
    };
    let delivered = targets.iter().filter(|target| target.deliver(signal)).count();
    drop(targets);
    let mut hub = lock();
    let removed = hub.remove(|subscriber| subscriber.target.is_gone());
    let unwanted = delivered == 0 && !hub.is_wanted(signal) && hub.is_default(signal);
    drop(hub);
    drop(removed);
    drop(delivery);
    if unwanted {
        let _ = raise(signal.as_raw());
    }
}
