//! The default GOMAXPROCS: environment, CPU affinity and the CPU quotas of cgroups v1 and v2.
//!
//! The rules are those of Go 1.25 and later. The environment variable wins if it is a positive
//! integer. Otherwise the default is the number of CPUs in the affinity mask, lowered to the
//! cgroup's limit: quota divided by period, rounded up, but never below 2 (a quota caps the
//! average, not how many threads run at one moment, and a single P would forbid all overlap).
//!
//! One rule differs on purpose: Go reads the leaf cgroup alone, but the kernel throttles by every
//! ancestor too, so here the lowest limit from the leaf up to the visible root counts.
//!
//! Formats are those of the kernel's `cgroup-v2.rst`, `sched-bwc.rst`, cgroups(7) and
//! proc_pid_mountinfo(5). Quota and period are microseconds; a limit is a number of CPUs, 2.5
//! being two and a half CPUs' time in each period. What cannot be read or parsed sets no limit:
//! this is a default, and a program must start without it.

mod hierarchy;
#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hierarchy::{Hierarchy, Version};

/// How often a changed quota or affinity is looked for.
const REFRESH_INTERVAL: Duration = Duration::from_secs(1);

/// The fewest Ps that a cgroup limit leaves.
const LEAST_LIMITED: usize = 2;

/// Where the CPU limits of this process are written down.
///
/// The places are found once. A process that is moved to another cgroup later on keeps reading
/// those of its first one, as in Go.
#[derive(Debug)]
pub(crate) struct CgroupLimit {
    version: Version,
    /// Directories of the process's cgroup and of its visible ancestors.
    levels: Vec<PathBuf>,
}

impl CgroupLimit {
    /// Finds the cgroup of this process. `root` is `/`, or in tests a tree with `proc/self` and
    /// the cgroup mounts below it.
    pub(crate) fn discover(root: &Path) -> Self {
        match Hierarchy::of_self(root) {
            Some(found) => Self { version: found.version, levels: found.levels },
            None => Self::none(),
        }
    }

    /// Never limits anything.
    pub(crate) fn none() -> Self {
        Self { version: Version::V2, levels: Vec::new() }
    }

    /// CPUs allowed now: the lowest limit of all levels, `None` if no level has one.
    ///
    /// Opens and reads one file per level, with v1 two. Files are opened anew each time since
    /// `cpu.max` appears only when the parent cgroup turns its CPU controller on.
    pub(crate) fn read(&self) -> Option<f64> {
        let read_level = match self.version {
            Version::V1 => read_v1,
            Version::V2 => read_v2,
        };
        self.levels.iter().filter_map(|level| read_level(level)).reduce(f64::min)
    }
}

/// `cpu.cfs_quota_us` over `cpu.cfs_period_us`; a quota of -1 is no limit.
fn read_v1(level: &Path) -> Option<f64> {
    let quota = fs::read_to_string(level.join("cpu.cfs_quota_us")).ok()?;
    let period = fs::read_to_string(level.join("cpu.cfs_period_us")).ok()?;
    quotient(quota.trim_ascii(), period.trim_ascii())
}

/// `cpu.max`: "QUOTA PERIOD", where the quota may be `max`.
fn read_v2(level: &Path) -> Option<f64> {
    let text = fs::read_to_string(level.join("cpu.max")).ok()?;
    let mut fields = text.split_ascii_whitespace();
    let (quota, period) = (fields.next()?, fields.next()?);
    if fields.next().is_some() {
        return None;
    }
    quotient(quota, period)
}

/// CPUs for a quota and a period. "No limit" is written `max` or -1, neither of which is a `u64`.
fn quotient(quota: &str, period: &str) -> Option<f64> {
    let quota: u64 = quota.parse().ok()?;
    let period: u64 = period.parse().ok()?;
    (period > 0).then(|| quota as f64 / period as f64)
}

/// The default number of Ps for `affinity` CPUs and a cgroup `limit` in CPUs; at least 1.
pub(crate) fn default_gomaxprocs(affinity: usize, limit: Option<f64>) -> usize {
    let affinity = affinity.max(1);
    match limit {
        // The cast saturates, which suits a limit beyond any CPU count.
        Some(cpus) => affinity.min((cpus.ceil() as usize).max(LEAST_LIMITED)),
        None => affinity,
    }
}

/// The environment variable's wish; anything but an integer from 1 to `i32::MAX` (Go's range) is
/// ignored.
pub(crate) fn env_gomaxprocs(value: Option<&OsStr>) -> Option<usize> {
    let procs: i32 = value?.to_str()?.parse().ok()?;
    usize::try_from(procs).ok().filter(|&procs| procs > 0)
}

/// What `GMP_DEBUG` can switch off.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Switches {
    /// False for `containermaxprocs=0`: cgroups are not looked at.
    pub(crate) container_limit: bool,
    /// False for `updatemaxprocs=0`: [`Refresher::poll`] finds no change.
    pub(crate) updates: bool,
}

/// Follows the default GOMAXPROCS as quota and affinity change.
///
/// Whether the program chose a number of its own, and so wants no default, is the caller's
/// knowledge: it then stops calling [`poll`](Self::poll).
#[derive(Debug)]
pub(crate) struct Refresher {
    limit: CgroupLimit,
    affinity: fn() -> usize,
    updates: bool,
    read_at: Duration,
    current: usize,
}

impl Refresher {
    /// Finds the cgroup below `root` (see [`CgroupLimit::discover`]) and computes the first
    /// default. `affinity` counts the CPUs allowed at the time of each call; `now` is monotonic,
    /// from any starting point.
    pub(crate) fn new(
        root: &Path,
        switches: Switches,
        affinity: fn() -> usize,
        now: Duration,
    ) -> Self {
        let limit = if switches.container_limit {
            CgroupLimit::discover(root)
        } else {
            CgroupLimit::none()
        };
        let current = default_gomaxprocs(affinity(), limit.read());
        Self { limit, affinity, updates: switches.updates, read_at: now, current }
    }

    /// The default as last computed.
    pub(crate) fn current(&self) -> usize {
        self.current
    }

    /// The new default if it changed; looks at most once a second, and not at all when updates
    /// are switched off.
    pub(crate) fn poll(&mut self, now: Duration) -> Option<usize> {
        if !self.updates || now.saturating_sub(self.read_at) < REFRESH_INTERVAL {
            return None;
        }
        let before = self.current;
        Some(self.refresh(now)).filter(|&fresh| fresh != before)
    }

    /// Computes the default at once, for `set_default_gomaxprocs`; not held back by the once a
    /// second rule nor by the updates switch.
    pub(crate) fn refresh(&mut self, now: Duration) -> usize {
        self.read_at = now;
        self.current = default_gomaxprocs((self.affinity)(), self.limit.read());
        self.current
    }
}
