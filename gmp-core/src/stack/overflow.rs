//! The SIGSEGV handler: a fault in a guard is a goroutine's stack overflow.
#![expect(unsafe_code, reason = "signal handling")]

use crate::coroutine;
use crate::g::G;
use crate::m;
use crate::sys;
use crate::sys::action::{action_of, hand_on};
use std::ptr::null_mut;
use std::sync::OnceLock;

/// Bytes of each M's signal stack. The kernel's frame alone takes up to 12 KiB.
const SIGNAL_STACK: usize = 64 << 10;

struct Previous {
    segv: libc::sigaction,
    bus: libc::sigaction,
}

static PREVIOUS: OnceLock<Previous> = OnceLock::new();

/// Installs the handler. Once, before the first M starts.
pub(crate) fn install() {
    PREVIOUS.get_or_init(|| {
        let previous = Previous { segv: action_of(libc::SIGSEGV), bus: action_of(libc::SIGBUS) };
        // A backend's own handlers, if it has any, do not come in between.
        coroutine::process_start();
        previous
    });
    set_action(libc::SIGSEGV);
    set_action(libc::SIGBUS);
}

fn set_action(signal: i32) {
    // SAFETY: an all-zero sigaction is valid; the handler has the SA_SIGINFO
    // signature.
    unsafe {
        let mut new: libc::sigaction = std::mem::zeroed();
        new.sa_sigaction = on_fault as *const () as usize;
        new.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigemptyset(&mut new.sa_mask);
        libc::sigaction(signal, &new, null_mut());
    }
}

/// Gives the calling thread, an M, its own signal stack. Overflows are reported on
/// it, and a preempted goroutine waits on it (`preempt/handler.rs`).
pub(crate) fn install_signal_stack() -> SignalStack {
    let Some(stack) = sys::map(SIGNAL_STACK) else {
        crate::fatal("out of memory for a thread's signal stack");
    };
    let ss = libc::stack_t { ss_sp: stack.cast(), ss_flags: 0, ss_size: SIGNAL_STACK };
    // SAFETY: the memory is mapped and stays so until it is disabled (`drop`).
    let failed = unsafe { libc::sigaltstack(&ss, null_mut()) } != 0;
    if failed {
        crate::fatal("the system refused a thread's signal stack");
    }
    SignalStack(stack)
}

/// The calling thread's signal stack; gone when dropped.
pub(crate) struct SignalStack(*mut u8);

impl Drop for SignalStack {
    fn drop(&mut self) {
        let none =
            libc::stack_t { ss_sp: null_mut(), ss_flags: libc::SS_DISABLE, ss_size: SIGNAL_STACK };
        // SAFETY: no signal is handled on it now: this is the thread itself, outside
        // of any handler. Then nothing refers to the memory any more.
        unsafe {
            libc::sigaltstack(&none, null_mut());
            sys::unmap(self.0, SIGNAL_STACK);
        }
    }
}

extern "C" fn on_fault(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel passes a valid siginfo for a fault.
    let address = unsafe { (*info).si_addr() } as usize;
    if let Some(gp) = m::current_g()
        && gp.ctx.overflowed(gp, address)
    {
        report(gp);
        // SAFETY: no arguments. abort is async-signal-safe.
        unsafe { libc::abort() };
    }
    chain(signal, info, context);
}

/// Hands a fault that is not ours to whoever was there before.
fn chain(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let Some(previous) = PREVIOUS.get() else { return };
    let action = if signal == libc::SIGSEGV { &previous.segv } else { &previous.bus };
    if !hand_on(action, signal, info, context) {
        // The instruction faults again and the default action follows.
        // SAFETY: an all-zero sigaction with SIG_DFL is valid.
        unsafe {
            let mut default: libc::sigaction = std::mem::zeroed();
            default.sa_sigaction = libc::SIG_DFL;
            libc::sigaction(signal, &default, null_mut());
        }
    }
}

fn report(gp: &G) {
    let mut line = sys::Line::new();
    let size = gp.slot.class.slot_size();
    line.push(format_args!(
        "gmp: goroutine {}{} stack overflow: its stack of {size} bytes is used up (spawned at {}); \
         for a larger one: go!(<stack = {}> ..), Builder::stack_size or \
         #[gmp::main(stack_size = ..)]\n",
        gp.id.get(),
        gp.quoted_name(),
        gp.site.get(),
        size * 2,
    ));
    line.write();
}
