//! Keeping threads to a number of CPUs.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Limits this thread, and all it will start, to the first `count` of the CPUs it may use.
pub fn limit(count: usize) {
    let allowed = sched_getaffinity(None).expect("Linux tells a thread's CPUs");
    let mut limited = CpuSet::new();
    let cpus = (0..CpuSet::MAX_CPU).filter(|&cpu| allowed.is_set(cpu));
    cpus.take(count).for_each(|cpu| limited.set(cpu));
    sched_setaffinity(None, &limited).expect("fewer CPUs are always allowed");
}
