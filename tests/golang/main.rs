//! Go's rules for channels and `select`, each under GOMAXPROCS 1, 2 and 4.
//!
//! Each rule is a program of its own, because GOMAXPROCS belongs to the whole process. What
//! Go's own tests check is checked with their counts.

mod choice;
mod closing;
mod evaluation;
mod order;
mod plain;
mod readiness;
mod select;
#[path = "../support/mod.rs"]
mod support;
mod waiting;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use gmp::JoinHandle;
use support::child::{child, main, programs};
use support::watchdog_of;

/// Three children, each with a watchdog of its own.
const LIMIT: Duration = Duration::from_secs(150);

fn under_1_2_and_4(program: &str) {
    let _watchdog = watchdog_of(LIMIT);
    for procs in [1, 2, 4] {
        child(program).procs(procs).run().exits(0);
    }
}

/// Makes each function a program, and a test that runs it.
macro_rules! rules {
    ($($module:ident: $($rule:ident)+;)+) => {
        #[test]
        fn program() {
            programs(&[$($((stringify!($rule), || main($module::$rule)),)+)+]);
        }

        $($(#[test]
        fn $rule() {
            under_1_2_and_4(stringify!($rule));
        })+)+
    };
}

rules! {
    plain:
        chan
        nonblock_recv_race
        multi_consumer
        boxed_traits
        zero_sized
        size_out_of_range
        ranges
        channel_as_semaphore;
    select:
        select_stress
        pseudo_random_send
        untouched_destinations
        select_max_cases
        select_nop
        self_select
        duplicate_channel
        facing_selects;
    choice:
        uniform_choice
        uniform_among_kinds
        fairness
        dynamic_choice
        biased_choice
        two_senders_race_for_one_select;
    readiness:
        nonblock_select_race
        nonblock_select_race_with_close
        token_between_channels
        token_taken_and_put_back
        room_between_channels
        what_is_ready
        one_case_is_the_plain_operation;
    evaluation:
        operands_are_evaluated_once_in_order
        nil_operands_are_evaluated_too
        disabled_arms_evaluate_nothing
        losing_bodies_do_not_run;
    closing:
        nil_channels
        nil_channels_in_select
        empty_select
        closed_channels
        close_wakes_each_once
        closed_send_arms
        blocked_send_arm_is_closed;
    order:
        unbuffered_sends_meet
        buffered_sends_do_not_wait
        hand_off_is_direct
        refill_is_direct
        waiters_are_served_in_order
        selects_wait_in_line
        nothing_is_futile;
    waiting:
        no_pairing_with_oneself
        blocked_selects_pair_with_others
        quiet_channels_stay_quiet
        losers_are_skipped
        crowds_of_selects;
}

/// The text of the panic that `f` ends in.
#[track_caller]
fn panic_text<R>(f: impl FnOnce() -> R) -> String {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(_) => panic!("it did not panic"),
        Err(payload) => text_of(payload.as_ref()),
    }
}

fn text_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned()).expect("a text")
}

#[track_caller]
fn join<T>(handle: JoinHandle<T>) -> T {
    handle.join().expect("the goroutine did not panic")
}

/// Lets everybody else run for a while.
fn let_others_run() {
    (0..1_000).for_each(|_| gmp::gosched());
}
