//! Signal handlers: which one there is, and handing a signal on to one.
#![expect(unsafe_code, reason = "signal handling")]

use std::mem::MaybeUninit;
use std::ptr::null;

/// The handler for `signal` now.
pub(crate) fn action_of(signal: i32) -> libc::sigaction {
    let mut now = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: asks only; `now` is a valid place for the answer, and all zeros
    // (the default action) if there is none.
    unsafe {
        libc::sigaction(signal, null(), now.as_mut_ptr());
        now.assume_init()
    }
}

/// Calls the handler of `action` as the kernel would have; false if there is none, the
/// default action or none at all being wanted.
pub(crate) fn hand_on(
    action: &libc::sigaction,
    signal: i32,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) -> bool {
    type Handler = extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void);
    type OldHandler = extern "C" fn(i32);
    match action.sa_sigaction {
        libc::SIG_DFL | libc::SIG_IGN => return false,
        handler if action.sa_flags & libc::SA_SIGINFO != 0 => {
            // SAFETY: SA_SIGINFO says that the handler has this signature.
            let handler = unsafe { std::mem::transmute::<usize, Handler>(handler) };
            handler(signal, info, context);
        }
        handler => {
            // SAFETY: without SA_SIGINFO the handler has this signature.
            let handler = unsafe { std::mem::transmute::<usize, OldHandler>(handler) };
            handler(signal);
        }
    }
    true
}
