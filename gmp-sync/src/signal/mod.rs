//! Signals of the operating system, as values on channels.
//!
//! By default a signal does what the system says, `SIGINT` and `SIGTERM` end the program. As
//! long as somebody is notified of it ([`notify`], [`notify_to`], [`notify_context`]) it only
//! notifies; when the last one is stopped or gone, it does again what it did before.
//!
//! ```no_run
//! use gmp_sync::signal::{self, Signal};
//!
//! let signals = signal::notify(&[Signal::INT, Signal::TERM]);
//! let which = signals.recv().unwrap();
//! println!("{which}: closing down; once more ends the program at once");
//! signal::stop(&signals);
//! ```
//!
//! Handlers are installed with the crate signal-hook, run on the signal stack, and restart
//! interrupted system calls. A handler that was there before is called first. The signals are
//! delivered by a thread of their own, `gmp-signals`, which is started at the first use; a
//! runtime is not needed. A signal that arrives again before it was delivered counts once, as
//! signals do.
//!
//! SIGURG, and the signals that faults raise, cannot be handled here; asking for them panics,
//! and says why.

use std::error::Error;
use std::fmt;

use gmp_chan::{Receiver, Sender};

use crate::context::{CancelFunc, Context};

mod action;
mod hub;
mod number;

pub use number::Signal;

use action::Action;
use hub::Target;

/// How many signals wait in a channel of `notify` for somebody to receive them.
const BUFFER: usize = 16;

/// Has the given signals sent to a new channel, which buffers 16 of them.
///
/// Who does not keep up misses what does not fit in there: the program is never blocked.
/// [`stop`] ends it, or dropping the receiver.
///
/// # Panics
///
/// If one of the signals cannot be handled: SIGKILL, SIGSTOP, SIGSEGV, SIGILL, SIGFPE, SIGBUS
/// and SIGURG, or if the system refuses a handler or the thread.
///
/// ```
/// use gmp_sync::signal::{self, Signal};
///
/// let signals = signal::notify(&[Signal::USR1]);
/// signal_hook::low_level::raise(Signal::USR1.as_raw()).unwrap();
/// assert_eq!(signals.recv(), Ok(Signal::USR1));
/// ```
#[track_caller]
pub fn notify(signals: &[Signal]) -> Receiver<Signal> {
    let (tx, rx) = gmp_chan::bounded(BUFFER);
    hub::subscribe(Target::Channel(tx), signals);
    rx
}

/// Has the given signals sent to a channel, too, in addition to those it gets already.
///
/// Delivery never waits: what finds the channel full is dropped, so give it room for what
/// may come. Several channels may be notified of the same signal. [`stop`] ends it.
///
/// # Panics
///
/// As [`notify`].
///
/// ```
/// use gmp_sync::signal::{self, Signal};
///
/// let (tx, rx) = gmp_chan::bounded(1);
/// signal::notify_to(&tx, &[Signal::USR1]);
/// signal::notify_to(&tx, &[Signal::USR2]);
/// signal_hook::low_level::raise(Signal::USR2.as_raw()).unwrap();
/// assert_eq!(rx.recv(), Ok(Signal::USR2));
/// signal::stop(&tx);
/// ```
#[track_caller]
pub fn notify_to(tx: &Sender<Signal>, signals: &[Signal]) {
    hub::subscribe(Target::Channel(tx.clone()), signals);
}

/// Ends the notification of a channel. When this returns it gets nothing more, and signals that
/// nobody else is notified of do what they did before.
///
/// Of a channel that was made by [`notify`] this is the end: it is closed, and what is in its
/// buffer can still be received. Given the sender, as after [`notify_to`], the channel stays
/// open.
///
/// ```
/// use gmp_sync::signal::{self, Signal};
///
/// let signals = signal::notify(&[Signal::HUP]);
/// signal_hook::low_level::raise(Signal::HUP.as_raw()).unwrap();
/// let first = signals.recv();
/// signal::stop(&signals);
/// assert_eq!((first, signals.recv().is_err()), (Ok(Signal::HUP), true));
/// ```
pub fn stop(channel: &impl Channel) {
    channel.stop();
}

/// What [`stop`] takes: a `Receiver<Signal>` or a `Sender<Signal>`.
///
/// ```
/// fn stop_all(channels: &[impl gmp_sync::signal::Channel]) {
///     channels.iter().for_each(|channel| gmp_sync::signal::stop(channel));
/// }
/// stop_all(&[gmp_sync::signal::notify(&[])]);
/// ```
pub trait Channel: sealed::Channel {}

mod sealed {
    /// Nobody else can be stopped.
    pub trait Channel {
        /// See [`stop`](super::stop).
        fn stop(&self);
    }
}

impl Channel for Receiver<Signal> {}

impl sealed::Channel for Receiver<Signal> {
    fn stop(&self) {
        // Two who stop the same channel.
        static CLOSING: crate::Mutex<()> = crate::Mutex::new(());
        let closing = CLOSING.lock();
        if !self.is_closed() {
            self.close();
        }
        drop(closing);
        hub::unsubscribe(|_, target| hub::is_gone(target));
    }
}

impl Channel for Sender<Signal> {}

impl sealed::Channel for Sender<Signal> {
    fn stop(&self) {
        hub::unsubscribe(|_, target| hub::is_channel(target, self));
    }
}

/// Makes a context that is cancelled when one of the signals arrives, and by the function, and
/// with its parent.
///
/// Its cause is then a [`Received`], which names the signal. Further signals of the kind do
/// nothing until the function is called, or the context and the function are dropped: call it
/// when the context is done, and the next control-C ends a program whose shutdown hangs.
///
/// # Panics
///
/// As [`notify`].
///
/// ```
/// use gmp_sync::context;
/// use gmp_sync::signal::{self, Received, Signal};
///
/// let (ctx, stop) = signal::notify_context(&context::background(), &[Signal::INT]);
/// signal_hook::low_level::raise(Signal::INT.as_raw()).unwrap();
/// assert!(ctx.done().recv().is_err());
/// let cause = ctx.cause().unwrap();
/// assert_eq!(cause.to_string(), "interrupt signal received");
/// assert_eq!(cause.downcast_ref::<Received>().unwrap().signal(), Signal::INT);
/// stop();
/// ```
#[track_caller]
pub fn notify_context(ctx: &Context, signals: &[Signal]) -> (Context, CancelFunc) {
    let (ctx, cancel) = ctx.with_cancel();
    let id = hub::subscribe(Target::Context(ctx.weak_cancel()), signals);
    let stop = CancelFunc::new(move || {
        hub::unsubscribe(|other, _| other == id);
        cancel.cancel();
    });
    (ctx, stop)
}

/// The cause of a context that was cancelled by a signal; see [`notify_context`].
///
/// ```
/// use gmp_sync::signal::{Received, Signal};
///
/// fn exit_code(received: Received) -> i32 {
///     128 + received.signal().as_raw()
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Received {
    signal: Signal,
}

impl Received {
    fn new(signal: Signal) -> Received {
        Received { signal }
    }

    /// The signal.
    ///
    /// ```
    /// use gmp_sync::context::Context;
    /// use gmp_sync::signal::{Received, Signal};
    ///
    /// fn ended_by(ctx: &Context) -> Option<Signal> {
    ///     Some(ctx.cause()?.downcast_ref::<Received>()?.signal())
    /// }
    /// ```
    pub fn signal(&self) -> Signal {
        self.signal
    }
}

impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} signal received", self.signal)
    }
}

impl Error for Received {}

/// Makes the given signals do nothing. Nobody is notified of them any more. Programs started
/// from this one ignore them, too.
///
/// # Panics
///
/// As [`notify`].
///
/// ```
/// use gmp_sync::signal::{self, Signal};
///
/// signal::ignore(&[Signal::HUP]);
/// signal_hook::low_level::raise(Signal::HUP.as_raw()).unwrap(); // would end the program
/// assert!(signal::is_ignored(Signal::HUP));
/// ```
#[track_caller]
pub fn ignore(signals: &[Signal]) {
    hub::withdraw(signals, true);
}

/// Makes the given signals do what they did when the program began to use this module for them.
/// Nobody is notified of them any more.
///
/// # Panics
///
/// As [`notify`].
///
/// ```
/// use gmp_sync::signal::{self, Signal};
///
/// signal::ignore(&[Signal::USR1]);
/// signal::reset(&[Signal::USR1]);
/// assert!(!signal::is_ignored(Signal::USR1));
/// ```
#[track_caller]
pub fn reset(signals: &[Signal]) {
    hub::withdraw(signals, false);
}

/// Whether a signal does nothing: [`ignore`] was called for it, or the program was started that
/// way, by `nohup` for instance.
///
/// ```
/// use gmp_sync::signal::{self, Signal};
///
/// assert!(signal::is_ignored(Signal::PIPE)); // Rust programs do
/// ```
pub fn is_ignored(signal: Signal) -> bool {
    Action::of(signal).is_ok_and(|action| action.is_ignore())
}
