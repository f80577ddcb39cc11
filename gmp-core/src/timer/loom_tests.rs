//! The heaps, their timers and the sleep of `gmp-timers` under loom. A missed wake-up shows
//! as a deadlock, a timer that is touched too late as two accesses that are not ordered.
//!
//! Time stands still: a deadline up to `NOW` has come, a later one never comes by itself.
#![expect(unsafe_code, reason = "the models own the timers")]

use super::doze::{Cut, Doze};
use super::node::{Fired, Start, Timer};
use super::{Batch, Item, Timers};
use crate::m::note::Note;
use crate::prim::AtomicU32;
use crate::prim::checked::{Checked, check};
use std::mem::offset_of;
use std::panic::Location;
use std::ptr::from_ref;
use std::sync::atomic::Ordering::Relaxed;

const NOW: u64 = 10;
const LATER: u64 = 20;

/// A timer and what its `fire` uses.
struct Alarm {
    timer: Timer,
    /// How often it has fired. Its owner's once the timer is disarmed.
    fired: Checked<u32>,
    rung: Note,
}

impl Alarm {
    fn new() -> Alarm {
        Alarm { timer: Timer::starter(fire), fired: Checked::new(0), rung: Note::new() }
    }
}

/// # Safety
/// `timer` is an alarm's.
unsafe fn fire(timer: *const Timer, _now: u64) -> Fired {
    // SAFETY: the models' alarms live until the model ends.
    let alarm = unsafe { &*timer.byte_sub(offset_of!(Alarm, timer)).cast::<Alarm>() };
    alarm.fired.with(|fired| *fired += 1);
    let arg = from_ref(alarm).cast_mut().cast();
    Fired { start: Some(Start { run: ring, arg, site: Location::caller() }), ..Fired::DONE }
}

/// # Safety
/// `alarm` is an alarm.
unsafe fn ring(alarm: *mut ()) {
    // SAFETY: as in `fire`.
    unsafe { &*alarm.cast::<Alarm>() }.rung.wake();
}

/// A model that does not move: what it has armed knows its place.
struct Still(Box<Model>);

impl std::ops::Deref for Still {
    type Target = Model;

    fn deref(&self) -> &Model {
        &self.0
    }
}

/// Heaps, and two alarms.
struct Model {
    heaps: [Timers; 2],
    doze: Doze,
    alarms: [Alarm; 2],
    /// Deadlines that were taken back.
    prevented: AtomicU32,
}

impl Still {
    fn new() -> Still {
        Still::cut(Cut::Nothing)
    }

    fn cut(cut: Cut) -> Still {
        let mut doze = Doze::new();
        doze.cut = cut;
        Still(Box::new(Model {
            heaps: [Timers::outside(), Timers::outside()],
            doze,
            alarms: [Alarm::new(), Alarm::new()],
            prevented: AtomicU32::new(0),
        }))
    }

    fn check_empty(&self) {
        self.0.check_empty();
    }
}

impl Model {
    fn heap(&self, index: usize) -> &'static Timers {
        // SAFETY: lives until the model ends, and so does all that uses it.
        unsafe { &*from_ref(&self.heaps[index]) }
    }

    /// As a plain thread does, in the first heap.
    fn arm(&self, alarm: usize, when: u64) {
        let heap = self.heap(0);
        let first = heap.insert_locked(when, Item::from_timer(&self.alarms[alarm].timer));
        heap.heap.unlock();
        if first {
            self.doze.ring_for(when);
        }
    }

    fn rearm(&self, alarm: usize, heap: usize) {
        let heap = self.heap(heap);
        let (was, _) = heap.reinsert_locked(&self.alarms[alarm].timer, NOW);
        heap.heap.unlock();
        self.prevented.fetch_add(u32::from(was), Relaxed);
    }

    fn disarm(&self, alarm: usize) -> bool {
        let was = self.alarms[alarm].timer.disarm_anywhere();
        self.prevented.fetch_add(u32::from(was), Relaxed);
        was
    }

    /// How many alarms were rung.
    fn run_due(&self, heap: usize) -> u32 {
        let mut batch = Batch::new();
        self.heap(heap).pop_due(NOW, usize::MAX, &mut batch);
        let mut rung = 0;
        for start in batch.iter().filter_map(|due| due.start) {
            // SAFETY: what the alarm asked for.
            unsafe { (start.run)(start.arg) };
            rung += 1;
        }
        rung
    }

    /// The life of `gmp-timers`, until it has rung so many alarms.
    fn mind(&self, alarms: u32) {
        let mut rung = self.run_due(0);
        while rung < alarms {
            self.doze.sleep(|| self.heap(0).next_due(), |when| when <= NOW);
            rung += self.run_due(0);
        }
    }

    fn fired(&self) -> u32 {
        self.alarms.iter().map(|alarm| alarm.fired.get()).sum()
    }

    fn check_empty(&self) {
        for heap in &self.heaps {
            assert_eq!(heap.next_due(), u64::MAX, "a deadline was left");
            heap.heap.with(|heap| assert!(heap.first().is_none(), "a timer was left"));
        }
    }
}

/// Arms a timer that is due, and waits for it.
fn armer_against_sleeper(cut: Cut) {
    let arm = |model: &Still| {
        model.arm(0, NOW);
        model.alarms[0].rung.sleep();
    };
    check(3, move || Still::cut(cut), [|model: &Still| model.mind(1), arm], Still::check_empty);
}

#[test]
fn loom_timers_armer_against_sleeper() {
    armer_against_sleeper(Cut::Nothing);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_timers_fence_of_the_armer_is_needed() {
    armer_against_sleeper(Cut::U2);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_timers_fence_of_the_sleeper_is_needed() {
    armer_against_sleeper(Cut::V2);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_timers_second_look_is_needed() {
    armer_against_sleeper(Cut::V3);
}

/// The sleeper may sleep for a later timer, which is taken back, or for one of before.
#[test]
fn loom_timers_earlier_than_the_one_slept_for() {
    let arm = |model: &Still| {
        model.arm(1, LATER);
        model.arm(0, NOW);
        assert!(model.disarm(1), "it has not come");
        model.alarms[0].rung.sleep();
    };
    check(2, Still::new, [|model: &Still| model.mind(1), arm], Still::check_empty);
}

#[test]
fn loom_timers_two_armers() {
    let first = |model: &Still| model.arm(0, NOW);
    let second = |model: &Still| model.arm(1, NOW);
    check(2, Still::new, [|model: &Still| model.mind(2), first, second], Still::check_empty);
}

/// When `disarm` returns, nobody touches the timer any more.
#[test]
fn loom_timers_disarm_against_fire() {
    let start = || {
        let model = Still::new();
        model.arm(0, NOW);
        model
    };
    let disarm = |model: &Still| {
        let prevented = model.disarm(0);
        let fired = model.alarms[0].fired.with(std::mem::take);
        assert_eq!(fired, u32::from(!prevented));
    };
    check(3, start, [|model: &Still| drop(model.run_due(0)), disarm], Still::check_empty);
}

/// Set by two, in heaps of their own, and stopped, while it may fire in either.
#[test]
fn loom_timers_rearm_in_two_heaps() {
    let start = || {
        let model = Still::new();
        model.arm(0, NOW);
        model
    };
    let first = |model: &Still| {
        model.rearm(0, 1);
        model.run_due(0);
    };
    let second = |model: &Still| {
        model.rearm(0, 0);
        model.run_due(1);
    };
    let end = |model: &Still| {
        model.disarm(0);
        model.check_empty();
        let prevented = model.prevented.load(Relaxed);
        assert_eq!(model.fired() + prevented, 3, "a deadline was lost, or fired twice");
    };
    check(3, start, [first, second], end);
}

#[test]
fn loom_timers_rearm_against_disarm_and_fire() {
    let start = || {
        let model = Still::new();
        model.arm(0, NOW);
        model
    };
    let end = |model: &Still| {
        model.disarm(0);
        model.check_empty();
        assert_eq!(model.fired() + model.prevented.load(Relaxed), 2);
    };
    let disarm = |model: &Still| drop(model.disarm(0));
    let fire = |model: &Still| {
        model.run_due(0);
        model.run_due(1);
    };
    check(2, start, [|model: &Still| model.rearm(0, 1), disarm, fire], end);
}

/// A P goes away while a plain thread sets or takes back what was armed there.
#[test]
fn loom_timers_move_against_disarm() {
    let start = || {
        let model = Still::new();
        model.arm(0, NOW);
        model.arm(1, LATER);
        model
    };
    let disarm = |model: &Still| {
        assert!(model.disarm(0), "it was armed all the time");
        model.alarms[0].fired.set(7);
    };
    let end = |model: &Still| {
        assert_eq!(model.heap(1).next_due(), LATER);
        assert!(model.disarm(1));
        model.check_empty();
    };
    check(3, start, [|model: &Still| model.heap(0).move_to(model.heap(1)), disarm], end);
}

#[test]
fn loom_timers_move_against_rearm() {
    let start = || {
        let model = Still::new();
        model.arm(0, LATER);
        model
    };
    let end = |model: &Still| {
        assert_eq!(model.prevented.load(Relaxed), 1, "it was armed all the time");
        assert_eq!(model.run_due(0) + model.run_due(1), 1);
        model.check_empty();
    };
    check(
        3,
        start,
        [|model: &Still| model.heap(1).move_to(model.heap(0)), |model| model.rearm(0, 1)],
        end,
    );
}

/// Who drops the handle of an armed timer leaves it to the timer, and otherwise knows that
/// it has fired.
#[test]
fn loom_timers_if_armed_against_fire() {
    let start = || {
        let model = Still::new();
        model.arm(0, NOW);
        model
    };
    let ask = |model: &Still| {
        let alarm = &model.alarms[0];
        // In there `fire` is kept out.
        let armed = alarm.timer.if_armed_anywhere(|| assert_eq!(alarm.fired.get(), 0));
        if !armed {
            assert_eq!(alarm.fired.with(std::mem::take), 1);
        }
    };
    check(3, start, [|model: &Still| drop(model.run_due(0)), ask], Still::check_empty);
}
