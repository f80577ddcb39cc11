//! What the kernel does with a signal: asking for it, and changing it.

#![expect(unsafe_code, reason = "the system call")]

use std::io;
use std::mem::MaybeUninit;
use std::ptr;

use super::Signal;

/// What a signal does.
#[derive(Clone, Copy)]
pub(super) struct Action(libc::sigaction);

impl Action {
    /// What `signal` does now.
    pub(super) fn of(signal: Signal) -> io::Result<Action> {
        let mut now = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: asks only; `now` is a valid place for the answer, and all zeros is a
        // valid value, too.
        unsafe {
            answer(libc::sigaction(signal.as_raw(), ptr::null(), now.as_mut_ptr()))?;
            Ok(Action(now.assume_init()))
        }
    }

    /// Nothing.
    pub(super) fn ignore() -> Action {
        // SAFETY: all zeros is a valid value (the default action).
        let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
        action.sa_sigaction = libc::SIG_IGN;
        Action(action)
    }

    /// Makes `signal` do this.
    pub(super) fn apply(&self, signal: Signal) -> io::Result<()> {
        // SAFETY: it was asked of the kernel, for this signal, or is `ignore`; changed at most
        // as `beside_goroutines` does. So its handler, if it has one, is one for signals.
        answer(unsafe { libc::sigaction(signal.as_raw(), &raw const self.0, ptr::null_mut()) })
    }

    /// The same handler, made to get along with goroutines: it runs on the thread's signal
    /// stack, for there may be little left of a goroutine's own; and no other handler comes
    /// in between, above all not the one that takes the P away from a goroutine.
    pub(super) fn beside_goroutines(mut self) -> Action {
        self.0.sa_flags |= libc::SA_ONSTACK;
        // SAFETY: a mask of our own.
        unsafe {
            libc::sigfillset(&raw mut self.0.sa_mask);
            for fault in [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL] {
                libc::sigdelset(&raw mut self.0.sa_mask, fault);
            }
        }
        self
    }

    pub(super) fn is_default(&self) -> bool {
        self.0.sa_sigaction == libc::SIG_DFL
    }

    pub(super) fn is_ignore(&self) -> bool {
        self.0.sa_sigaction == libc::SIG_IGN
    }

    pub(super) fn has_handler_of(&self, other: &Action) -> bool {
        self.0.sa_sigaction == other.0.sa_sigaction
    }
}

fn answer(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::super::{notify, stop};
    use super::*;

    #[test]
    fn handlers_run_on_the_signal_stack_and_alone() {
        let before = Action::of(Signal::WINCH).unwrap();
        let signals = notify(&[Signal::WINCH]);
        let now = Action::of(Signal::WINCH).unwrap();
        assert!(!now.is_default() && !now.is_ignore());
        assert_ne!(now.0.sa_flags & libc::SA_ONSTACK, 0);
        assert_ne!(now.0.sa_flags & libc::SA_RESTART, 0);
        // SAFETY: reads a mask of our own.
        assert_eq!(unsafe { libc::sigismember(&raw const now.0.sa_mask, libc::SIGURG) }, 1);
        stop(&signals);
        let after = Action::of(Signal::WINCH).unwrap();
        assert!(after.has_handler_of(&before));
    }
}
