//! The default of GOMAXPROCS, and the CPUs that the process may run on.
//!
//! Go's tests change a quota of a cgroup, which takes rights that a test seldom has; the
//! quotas themselves are tested in the runtime, on directories made for that.

use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use gmp::{go, gomaxprocs, num_cpu, set_default_gomaxprocs};

use crate::os;
use crate::support::child::main;
use crate::support::within;

/// The first of the CPUs there are, for the calling thread and those it makes.
fn narrow(n: usize) {
    let cpus = os::cpus();
    os::allow_cpus(0, &cpus[..n.min(cpus.len())]);
}

/// Gives all threads of the process the CPUs that there are.
fn allow_all(cpus: &[usize]) {
    for task in fs::read_dir("/proc/self/task").expect("/proc is mounted") {
        let name = task.expect("a thread").file_name();
        os::allow_cpus(name.to_str().and_then(|id| id.parse().ok()).expect("an id"), cpus);
    }
}

fn works() {
    let handles: Vec<_> = (0..100).map(|n| go!(move || n)).collect();
    assert_eq!(handles.into_iter().map(|handle| handle.join().unwrap()).sum::<u32>(), 4_950);
}

/// TestCgroupGOMAXPROCSSchedAffinity.
pub(crate) fn affinity() -> ExitCode {
    narrow(1);
    main(|| {
        assert_eq!((gomaxprocs(0), num_cpu()), (1, 1));
        works();
    })
}

/// From one CPU to all, with one call.
pub(crate) fn set_default() -> ExitCode {
    let all = os::cpus();
    CPUS.set(all).expect("once");
    narrow(1);
    main(|| {
        let all = CPUS.get().unwrap();
        set_default_gomaxprocs();
        assert_eq!(gomaxprocs(0), 1);
        allow_all(all);
        set_default_gomaxprocs();
        // Those that the machine has got; a quota may allow fewer, but not fewer than two.
        let now = gomaxprocs(0);
        assert!((all.len().min(2)..=all.len()).contains(&now), "{now} of {} CPUs", all.len());
        // The number of CPUs at start is what it was.
        assert_eq!(num_cpu(), 1);
        works();
        gomaxprocs(7);
        allow_all(&all[..1]);
        set_default_gomaxprocs();
        assert_eq!(gomaxprocs(0), 1);
        works();
    })
}

static CPUS: std::sync::OnceLock<Vec<usize>> = std::sync::OnceLock::new();

/// Without a call, once goroutines run: down and up again, and not any more behind a number
/// that was set.
pub(crate) fn follows() -> ExitCode {
    CPUS.set(os::cpus()).expect("once");
    if CPUS.get().is_some_and(|cpus| cpus.len() < 2) {
        println!("skipped: one CPU cannot be narrowed");
        return ExitCode::SUCCESS;
    }
    main(|| {
        let (all, first) = (CPUS.get().unwrap(), gomaxprocs(0));
        let becomes = |n| within(Duration::from_secs(15), || gomaxprocs(0) == n);
        allow_all(&all[..1]);
        assert!(becomes(1), "still {}", gomaxprocs(0));
        works();
        allow_all(all);
        assert!(becomes(first), "still {}", gomaxprocs(0));
        works();
        gomaxprocs(first);
        unchanged();
    })
}

/// TestCgroupGOMAXPROCSDontUpdate: a number from outside, or a switch.
pub(crate) fn does_not_follow() -> ExitCode {
    CPUS.set(os::cpus()).expect("once");
    main(unchanged)
}

/// For longer than two looks at the system.
fn unchanged() {
    let before = gomaxprocs(0);
    allow_all(&CPUS.get().unwrap()[..1]);
    let changed = within(Duration::from_millis(2_500), || gomaxprocs(0) != before);
    assert!(!changed, "from {before} to {}", gomaxprocs(0));
    works();
}
