//! What the kernel says about this process.

use std::fs;
use std::ops::Sub;
use std::time::Duration;

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

/// What all threads that there are have had of the processors.
pub(crate) fn processor_time() -> Duration {
    let nanoseconds = |file: &str| fs::read_to_string(file).ok()?.split(' ').next()?.parse().ok();
    Duration::from_nanos(sum_of_threads(|thread| nanoseconds(&format!("{thread}/schedstat"))))
}

/// How often the kernel put one of these threads to sleep, to run another.
pub(crate) fn kernel_switches() -> u64 {
    sum_of_threads(|thread| {
        let status = fs::read_to_string(format!("{thread}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        line?.trim().parse().ok()
    })
}

/// Leaves out a thread that ends meanwhile.
fn sum_of_threads(figure: impl Fn(&str) -> Option<u64>) -> u64 {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    threads.filter_map(|thread| figure(thread.ok()?.path().to_str()?)).sum()
}
