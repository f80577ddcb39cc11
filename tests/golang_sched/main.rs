//! What Go's own tests of its scheduler check, under GOMAXPROCS 1, 2 and 4.
//!
//! Each rule is a program of its own, because GOMAXPROCS belongs to the whole process. Each is
//! named after the test of Go's whose counts and bounds it has. Those of locked threads that
//! end, and of thread limits, are in `lock_os_thread.rs` and `thread_limit.rs`.

mod defaults;
mod numbers;
#[path = "../preempt/os.rs"]
mod os;
mod progress;
mod spinning;
#[path = "../support/mod.rs"]
mod support;

use std::time::Duration;

use support::child::{child, main, programs};
use support::watchdog_of;

/// Several children, each with a watchdog of its own.
const LIMIT: Duration = Duration::from_secs(180);

fn under_1_2_and_4(program: &str) {
    let _watchdog = watchdog_of(LIMIT);
    for procs in [1, 2, 4] {
        child(program).procs(procs).run().exits(0);
    }
}

/// Makes each function a program, and a test that runs it.
macro_rules! rules {
    (
        under_1_2_and_4 { $($module:ident: $($rule:ident)+;)+ }
        once { $($place:ident: $($single:ident)+;)+ }
    ) => {
        #[test]
        fn program() {
            programs(&[
                $($((stringify!($rule), || main($module::$rule)),)+)+
                $($((stringify!($single), $place::$single),)+)+
            ]);
        }

        $($(#[test]
        fn $rule() {
            under_1_2_and_4(stringify!($rule));
        })+)+
    };
}

rules! {
    under_1_2_and_4 {
        progress:
            yield_progress
            yield_locked_progress
            yield_locked
            block_locked
            timer_fairness
            ping_pong_hog;
        spinning:
            goroutine_parallelism
            preemption
            preemption_gc
            gc_fairness_2;
        numbers:
            read_metrics_sched
            wakeup_parallel;
    }
    once {
        defaults:
            affinity
            set_default
            follows
            does_not_follow;
    }
}

/// TestCgroupGOMAXPROCSSchedAffinity.
#[test]
fn the_affinity_limits_the_default() {
    let _watchdog = watchdog_of(LIMIT);
    child("affinity").run().exits(0);
    child("affinity").debug("containermaxprocs=0").run().exits(0);
}

/// TestCgroupGOMAXPROCSSetDefault, with the affinity in place of a quota.
#[test]
fn set_default_picks_up_a_change_at_once() {
    let _watchdog = watchdog_of(LIMIT);
    child("set_default").run().exits(0);
    // Also where it would not be followed by itself.
    child("set_default").debug("updatemaxprocs=0").run().exits(0);
    child("set_default").procs(3).run().exits(0);
}

/// TestCgroupGOMAXPROCSUpdate.
#[test]
fn the_default_follows_a_change() {
    let _watchdog = watchdog_of(LIMIT);
    child("follows").run().exits(0);
}

/// TestCgroupGOMAXPROCSDontUpdate.
#[test]
fn nothing_else_follows_a_change() {
    let _watchdog = watchdog_of(LIMIT);
    child("does_not_follow").procs(3).run().exits(0);
    child("does_not_follow").debug("updatemaxprocs=0").run().exits(0);
}
