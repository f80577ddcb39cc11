//! What the kernel says about this process.

use std::fs;
use std::ops::Sub;
use std::path::PathBuf;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::support::figure;

/// Bytes, and a number of threads; floating-point, as it may shrink.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) threads: f64,
    pub(crate) resident: f64,
    pub(crate) reserved: f64,
}

impl Size {
    pub(crate) fn now() -> Size {
        let [threads, resident, reserved] =
            ["Threads", "VmRSS", "VmSize"].map(|name| figure("/proc/self/status", name) as f64);
        Size { threads, resident, reserved }
    }
}

impl Sub for Size {
    type Output = Size;

    fn sub(self, before: Size) -> Size {
        Size {
            threads: self.threads - before.threads,
            resident: self.resident - before.resident,
            reserved: self.reserved - before.reserved,
        }
    }
}

/// What all its threads have had of the processors.
pub(crate) fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// How often the kernel put one of these threads to sleep, to run another. Leaves out a thread
/// that ends meanwhile.
pub(crate) fn kernel_switches() -> u64 {
    let of_thread = |path: PathBuf| {
        let status = fs::read_to_string(path.join("status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        line?.trim().parse::<u64>().ok()
    };
    let threads = fs::read_dir("/proc/self/task").unwrap();
    threads.filter_map(|thread| of_thread(thread.ok()?.path())).sum()
}
