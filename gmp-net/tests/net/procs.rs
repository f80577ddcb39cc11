//! The poller with one P and with four.

use std::sync::{Mutex, PoisonError};

use crate::common::watchdog;
use crate::timeouts::various_deadlines;

/// Runs `test` as a goroutine, on `n` Ps.
fn on_procs(n: usize, test: fn()) {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let _watchdog = watchdog();
    crate::common::start();
    let before = gmp_core::gomaxprocs(n);
    gmp_core::run_test(test);
    gmp_core::gomaxprocs(before);
}

/// Go: TestVariousDeadlines1Proc
#[test]
fn deadlines_of_all_distances_with_one_p() {
    on_procs(1, various_deadlines);
}

/// Go: TestVariousDeadlines4Proc
#[test]
fn deadlines_of_all_distances_with_four_ps() {
    on_procs(4, various_deadlines);
}
