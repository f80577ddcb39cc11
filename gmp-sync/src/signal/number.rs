//! `Signal`: a signal's number and its names.

use std::ffi::c_int;
use std::fmt;

use signal_hook::consts::signal as number;

/// A signal, by its number.
///
/// `Display` gives the text that Go gives, `Debug` the name.
///
/// ```
/// use gmp_sync::signal::Signal;
///
/// assert_eq!(Signal::INT.to_string(), "interrupt");
/// assert_eq!(format!("{:?}", Signal::INT), "SIGINT");
/// assert_eq!((Signal::TERM.as_raw(), Signal::new(15)), (15, Signal::TERM));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signal(c_int);

/// Declares the constants, and the table of names.
macro_rules! signals {
    ($($name:ident $number:ident $what:literal;)+) => {
        impl Signal {
            $(#[doc = $what] pub const $name: Signal = Signal(number::$number);)+

            fn name(self) -> Option<&'static str> {
                match self {
                    $(Signal::$name => Some(stringify!($number)),)+
                    _ => None,
                }
            }
        }
    };
}

signals! {
    HUP SIGHUP "The terminal was closed; many daemons read their configuration anew.";
    INT SIGINT "Interrupt from the keyboard: control-C.";
    QUIT SIGQUIT "Quit from the keyboard: control-\\\\.";
    ILL SIGILL "Illegal instruction. Cannot be asked for.";
    TRAP SIGTRAP "A breakpoint.";
    ABRT SIGABRT "`abort` was called.";
    BUS SIGBUS "Access to memory that is not there. Cannot be asked for.";
    FPE SIGFPE "An arithmetic exception. Cannot be asked for.";
    KILL SIGKILL "Ends the process at once. Cannot be asked for.";
    USR1 SIGUSR1 "For the program to give a meaning to.";
    SEGV SIGSEGV "Access to forbidden memory. Cannot be asked for.";
    USR2 SIGUSR2 "For the program to give a meaning to.";
    PIPE SIGPIPE "A write to a pipe that nobody reads. Rust programs ignore it.";
    ALRM SIGALRM "The timer of `alarm`.";
    TERM SIGTERM "A request to end.";
    CHLD SIGCHLD "A child process has stopped or ended.";
    CONT SIGCONT "The process goes on after a stop.";
    STOP SIGSTOP "Stops the process. Cannot be asked for.";
    TSTP SIGTSTP "Stop from the keyboard: control-Z.";
    TTIN SIGTTIN "A read from the terminal in the background.";
    TTOU SIGTTOU "A write to the terminal in the background.";
    URG SIGURG "Urgent data. Cannot be asked for: the runtime interrupts goroutines with it.";
    XCPU SIGXCPU "The limit of CPU time was reached.";
    XFSZ SIGXFSZ "The limit of a file's size was reached.";
    VTALRM SIGVTALRM "A timer of CPU time.";
    PROF SIGPROF "A profiler's timer.";
    WINCH SIGWINCH "The terminal's window has changed.";
    IO SIGIO "A descriptor is ready.";
    SYS SIGSYS "An unknown system call.";
}

impl Signal {
    /// The greatest number there is.
    const MAX: c_int = 64;

    /// The signal with this number, if there is one or not.
    ///
    /// ```
    /// use gmp_sync::signal::Signal;
    ///
    /// assert_eq!(Signal::new(2), Signal::INT);
    /// ```
    pub const fn new(number: c_int) -> Signal {
        Signal(number)
    }

    /// Its number.
    ///
    /// ```
    /// assert_eq!(gmp_sync::signal::Signal::HUP.as_raw(), 1);
    /// ```
    pub const fn as_raw(self) -> c_int {
        self.0
    }

    /// Why the signal cannot be handled, and what to do instead.
    pub(super) fn objection(self) -> Option<&'static str> {
        match self {
            Signal::KILL | Signal::STOP => Some("no program can: the kernel acts on it"),
            Signal::SEGV | Signal::ILL | Signal::FPE | Signal::BUS => Some(
                "it is the fault of an instruction, which would be run again: \
                 look for the fault instead",
            ),
            Signal::URG => Some(
                "the runtime interrupts goroutines with it: use another one, SIGUSR1 for instance",
            ),
            Signal(1..=Signal::MAX) => None,
            _ => Some("there is no such signal: the numbers are 1 to 64"),
        }
    }
}

impl From<Signal> for c_int {
    fn from(signal: Signal) -> c_int {
        signal.0
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Signal::HUP => "hangup",
            Signal::INT => "interrupt",
            Signal::QUIT => "quit",
            Signal::ILL => "illegal instruction",
            Signal::TRAP => "trace/breakpoint trap",
            Signal::ABRT => "aborted",
            Signal::BUS => "bus error",
            Signal::FPE => "floating point exception",
            Signal::KILL => "killed",
            Signal::USR1 => "user defined signal 1",
            Signal::SEGV => "segmentation fault",
            Signal::USR2 => "user defined signal 2",
            Signal::PIPE => "broken pipe",
            Signal::ALRM => "alarm clock",
            Signal::TERM => "terminated",
            Signal(number) => return write!(f, "signal {number}"),
        })
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "Signal({})", self.0),
        }
    }
}
