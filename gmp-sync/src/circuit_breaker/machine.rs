//! The states of a circuit breaker; the time is passed in.

use std::time::{Duration, Instant};

use super::BreakerState;

/// See [`BreakerBuilder`](super::BreakerBuilder). None of the numbers is 0.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) failures: u32,
    pub(super) open_for: Duration,
    pub(super) probes: u32,
    pub(super) successes: u32,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { failures: 5, open_for: Duration::from_secs(60), probes: 1, successes: 1 }
    }
}

/// How often the state had changed when a call began.
pub(super) type Generation = u64;

#[derive(Debug, Default)]
pub(super) struct Machine {
    settings: Settings,
    phase: Phase,
    generation: Generation,
}

#[derive(Debug)]
enum Phase {
    Closed {
        /// In a row.
        failures: u32,
    },
    Open {
        /// `None`: beyond what the clock can show.
        until: Option<Instant>,
    },
    HalfOpen {
        running: u32,
        successes: u32,
    },
}

impl Default for Phase {
    fn default() -> Phase {
        Phase::Closed { failures: 0 }
    }
}

impl Machine {
    pub(super) fn new(settings: Settings) -> Machine {
        Machine { settings, ..Machine::default() }
    }

    /// A call wants to begin. If it may not: how long it should wait before it tries again.
    pub(super) fn begin(&mut self, now: impl FnOnce() -> Instant) -> Result<Generation, Duration> {
        if let Phase::Open { until } = self.phase {
            let left = until.map_or(Duration::MAX, |until| until.saturating_duration_since(now()));
            if !left.is_zero() {
                return Err(left);
            }
            self.change(Phase::HalfOpen { running: 0, successes: 0 });
        }
        if let Phase::HalfOpen { running, .. } = &mut self.phase {
            if *running == self.settings.probes {
                return Err(Duration::ZERO);
            }
            *running += 1;
        }
        Ok(self.generation)
    }

    /// A call that began in `began` has ended.
    pub(super) fn end(
        &mut self,
        began: Generation,
        succeeded: bool,
        now: impl FnOnce() -> Instant,
    ) {
        if began != self.generation {
            return;
        }
        match &mut self.phase {
            Phase::Closed { failures } if succeeded => *failures = 0,
            Phase::Closed { failures } => {
                *failures += 1;
                if *failures == self.settings.failures {
                    self.open(now());
                }
            }
            // No call begins in it.
            Phase::Open { .. } => {}
            Phase::HalfOpen { running, successes } if succeeded => {
                *running -= 1;
                *successes += 1;
                if *successes == self.settings.successes {
                    self.change(Phase::default());
                }
            }
            Phase::HalfOpen { .. } => self.open(now()),
        }
    }

    /// The state of a call that began now.
    pub(super) fn state(&self, now: impl FnOnce() -> Instant) -> BreakerState {
        match self.phase {
            Phase::Closed { .. } => BreakerState::Closed,
            Phase::Open { until: Some(until) } if until <= now() => BreakerState::HalfOpen,
            Phase::Open { .. } => BreakerState::Open,
            Phase::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    fn open(&mut self, now: Instant) {
        self.change(Phase::Open { until: now.checked_add(self.settings.open_for) });
    }

    fn change(&mut self, phase: Phase) {
        self.phase = phase;
        self.generation += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::BreakerState::{Closed, HalfOpen, Open};
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    /// A machine with a clock that is set by hand.
    struct Bench {
        machine: Machine,
        now: Instant,
    }

    impl Bench {
        fn new(failures: u32, probes: u32, successes: u32) -> Bench {
            let settings = Settings { failures, open_for: MINUTE, probes, successes };
            Bench { machine: Machine::new(settings), now: Instant::now() }
        }

        fn begin(&mut self) -> Result<Generation, Duration> {
            self.machine.begin(|| self.now)
        }

        fn end(&mut self, began: Generation, succeeded: bool) {
            self.machine.end(began, succeeded, || self.now);
        }

        fn calls(&mut self, outcomes: &[bool]) {
            for &succeeded in outcomes {
                let began = self.begin().unwrap();
                self.end(began, succeeded);
            }
        }

        fn state(&self) -> BreakerState {
            self.machine.state(|| self.now)
        }
    }

    #[test]
    fn opens_after_failures_in_a_row() {
        let mut bench = Bench::new(3, 1, 1);
        bench.calls(&[false, false, true, false, false, true, true, false, false]);
        assert_eq!(bench.state(), Closed);
        bench.calls(&[false]);
        assert_eq!(bench.state(), Open);
        assert_eq!(bench.begin(), Err(MINUTE));
        bench.now += MINUTE - Duration::from_nanos(1);
        assert_eq!((bench.state(), bench.begin()), (Open, Err(Duration::from_nanos(1))));
        bench.now += Duration::from_nanos(1);
        assert_eq!(bench.state(), HalfOpen);
        bench.calls(&[true]);
        assert_eq!(bench.state(), Closed);
        bench.calls(&[false, false]);
        assert_eq!(bench.state(), Closed, "old failures are forgotten");
    }

    #[test]
    fn half_open_keeps_to_its_budget() {
        let mut bench = Bench::new(1, 2, 3);
        bench.calls(&[false]);
        bench.now += MINUTE;
        let first = bench.begin().unwrap();
        let second = bench.begin().unwrap();
        assert_eq!(bench.begin(), Err(Duration::ZERO));
        bench.end(first, true);
        let third = bench.begin().unwrap();
        assert_eq!(bench.begin(), Err(Duration::ZERO));
        bench.end(second, true);
        assert_eq!(bench.state(), HalfOpen);
        bench.end(third, true);
        assert_eq!(bench.state(), Closed);
    }

    #[test]
    fn a_failed_probe_opens_again_for_the_whole_time() {
        let mut bench = Bench::new(1, 2, 2);
        bench.calls(&[false]);
        bench.now += MINUTE;
        bench.calls(&[true, false]);
        assert_eq!((bench.state(), bench.begin()), (Open, Err(MINUTE)));
        bench.now += MINUTE;
        bench.calls(&[true]);
        assert_eq!(bench.state(), HalfOpen, "the success before the failure does not count");
        bench.calls(&[true]);
        assert_eq!(bench.state(), Closed);
    }

    /// Results from before the last change of the state are of no interest.
    #[test]
    fn late_results_do_not_count() {
        let mut bench = Bench::new(2, 1, 2);
        let [late, later, latest] = [(); 3].map(|()| bench.begin().unwrap());
        bench.calls(&[false, false]);
        bench.end(late, true);
        assert_eq!(bench.state(), Open);
        bench.now += MINUTE;
        let probe = bench.begin().unwrap();
        bench.end(later, false);
        assert_eq!(bench.state(), HalfOpen);
        // It is no probe, so it leaves no room for another.
        bench.end(latest, true);
        assert_eq!(bench.begin(), Err(Duration::ZERO));

        // A probe that ends after the next opening.
        bench.end(probe, false);
        bench.now += MINUTE;
        let next = bench.begin().unwrap();
        bench.end(probe, true);
        assert_eq!(bench.begin(), Err(Duration::ZERO));
        bench.end(next, true);
        assert_eq!(bench.state(), HalfOpen);
    }

    #[test]
    fn open_for_ever() {
        let mut bench = Bench::new(1, 1, 1);
        bench.machine.settings.open_for = Duration::MAX;
        bench.calls(&[false]);
        assert_eq!((bench.state(), bench.begin()), (Open, Err(Duration::MAX)));
    }
}
