//! What the kernel says about this process, read from /proc.

use std::fs;
use std::path::PathBuf;

/// Kilobytes of memory in use (a page is 4 KiB wherever gmp runs).
pub(crate) fn rss_kib() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").expect("/proc is mounted");
    let pages: u64 = statm.split(' ').nth(1).and_then(|n| n.parse().ok()).expect("a number");
    pages * 4
}

/// Nanoseconds of CPU time that the threads now alive have used.
pub(crate) fn cpu_ns() -> u64 {
    let tasks = fs::read_dir("/proc/self/task").expect("/proc is mounted");
    let stats = tasks.filter_map(|task| {
        let path: PathBuf = task.ok()?.path().join("schedstat");
        fs::read_to_string(path).ok()?.split(' ').next()?.parse::<u64>().ok()
    });
    stats.sum()
}

/// The kernel's id of the calling thread, asked afresh.
#[inline(never)]
pub(crate) fn thread() -> u32 {
    let link = fs::read_link("/proc/thread-self").expect("/proc is mounted");
    let id = link.file_name().and_then(|id| id.to_str()?.parse().ok());
    id.expect("a thread id")
}

/// All threads of the process, those of the runtime and of the test harness too.
pub(crate) fn threads() -> usize {
    fs::read_dir("/proc/self/task").expect("/proc is mounted").count()
}

/// Whether more than some 30,000 goroutines can live at once: not where each takes two of the
/// memory mappings that `vm.max_map_count` bounds.
pub(crate) fn holds_a_crowd() -> bool {
    if cfg!(feature = "generator") {
        println!("a small crowd: the stacks are of the `generator` backend");
        return false;
    }
    let forced = std::env::var("GMP_DEBUG").is_ok_and(|text| text.contains("guard=mprotect"));
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut numbers = release.split(['.', '-']).map(|part| part.parse().unwrap_or(0_u32));
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let markers = !forced && version >= (6, 13);
    if !markers {
        println!("a small crowd: without guard markers (Linux 6.13) the stacks need mprotect");
    }
    markers
}
