//! `lock_os_thread`: a goroutine and its thread, for each other alone.

use super::flag;
use crate::m;
use std::sync::atomic::Ordering::Relaxed;

/// Ties the calling goroutine to its thread: until as many calls of
/// [`unlock_os_thread`] it runs on this thread, and nothing else does. Goroutines it
/// starts run on other threads. On a plain thread nothing happens.
///
/// For code that depends on what belongs to a thread: its name or namespace, a C
/// library with thread-local state, a signal mask. If the goroutine ends while it is
/// locked the thread ends, too, and what was done to it with it.
///
/// While it is locked, waiting costs two switches between threads, some microseconds,
/// in place of one between stacks.
///
/// # Panics
/// After 16 million calls without unlocking.
///
/// ```
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// rt.block_on_goroutine(|| {
///     gmp_core::lock_os_thread();
///     let here = std::thread::current().id();
///     gmp_core::time::sleep(std::time::Duration::from_millis(1));
///     assert_eq!(std::thread::current().id(), here);
///     gmp_core::unlock_os_thread();
/// });
/// ```
pub fn lock_os_thread() {
    let Some(gp) = m::current_g() else { return };
    let before = gp.flags.load(Relaxed);
    assert!(before.checked_add(flag::LOCK).is_some(), "lock_os_thread: nested too deeply");
    gp.flags.fetch_add(flag::LOCK, Relaxed);
}

/// Takes one [`lock_os_thread`] of the calling goroutine back; the last one unties it.
/// Without one it does nothing.
///
/// ```
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// rt.block_on_goroutine(|| {
///     gmp_core::lock_os_thread();
///     gmp_core::unlock_os_thread();
///     gmp_core::unlock_os_thread();
/// });
/// ```
pub fn unlock_os_thread() {
    if let Some(gp) = m::current_g()
        && gp.is_locked()
    {
        gp.flags.fetch_sub(flag::LOCK, Relaxed);
    }
}
