//! From limits to GOMAXPROCS: rounding, the environment variable, and following changes.

use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::AtomicUsize;

use super::*;

#[test]
fn default_rounds_up_keeps_two_and_stays_within_the_affinity() {
    for (affinity, limit, want) in [
        (8, None, 8),
        (8, Some(3.0), 3),
        (8, Some(2.5), 3),
        (8, Some(2.000_01), 3),
        (8, Some(2.0), 2),
        (8, Some(1.0), 2),
        (8, Some(0.5), 2),
        (8, Some(0.0), 2),
        (8, Some(8.0), 8),
        (8, Some(64.0), 8),
        (8, Some(f64::INFINITY), 8),
        (2, Some(3.0), 2),
        (1, Some(0.5), 1),
        (1, Some(4.0), 1),
        (1, None, 1),
        (0, None, 1),
    ] {
        assert_eq!(default_gomaxprocs(affinity, limit), want, "{affinity} CPUs, limit {limit:?}");
    }
}

#[test]
fn environment_takes_positive_integers_only() {
    let env = |text: &str| env_gomaxprocs(Some(OsStr::new(text)));
    assert_eq!(env("1"), Some(1));
    assert_eq!(env("1024"), Some(1024));
    assert_eq!(env("+4"), Some(4));
    assert_eq!(env("007"), Some(7));
    assert_eq!(env("2147483647"), Some(2_147_483_647));
    for text in [
        "",
        "0",
        "-1",
        "+0",
        "abc",
        " 4",
        "4 ",
        "4x",
        "4.0",
        "0x4",
        "1_0",
        "+",
        "-",
        "++4",
        "2147483648",
        "99999999999999999999",
    ] {
        assert_eq!(env(text), None, "{text:?}");
    }
    assert_eq!(env_gomaxprocs(None), None);
    assert_eq!(env_gomaxprocs(Some(OsStr::from_bytes(b"4\xff"))), None);
}

const ALL_ON: Switches = Switches { container_limit: true, updates: true };

fn eight() -> usize {
    8
}

fn at(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn refresher_reads_once_a_second_and_reports_changes_only() {
    let tree = Tree::new("0::/app\n", V2_MOUNT);
    let set = |text| _ = tree.write("sys/fs/cgroup/app/cpu.max", text);
    set("300000 100000\n");
    let mut refresher = Refresher::new(&tree.0, ALL_ON, eight, at(10_000));
    assert_eq!(refresher.current(), 3);

    set("500000 100000\n");
    assert_eq!(refresher.poll(at(10_000)), None);
    assert_eq!(refresher.poll(at(10_999)), None);
    assert_eq!(refresher.poll(at(9_000)), None);
    assert_eq!(refresher.current(), 3);
    assert_eq!(refresher.poll(at(11_000)), Some(5));
    assert_eq!(refresher.current(), 5);

    set("400000 100000\n");
    assert_eq!(refresher.poll(at(11_999)), None);
    set("450000 100000\n"); // Still 5, rounded up.
    assert_eq!(refresher.poll(at(12_000)), None);
    // The unchanged reading began a new second.
    set("max 100000\n");
    assert_eq!(refresher.poll(at(12_999)), None);
    assert_eq!(refresher.poll(at(13_000)), Some(8));

    // At once, and again a second begins.
    set("200000 100000\n");
    assert_eq!(refresher.refresh(at(13_500)), 2);
    set("600000 100000\n");
    assert_eq!(refresher.poll(at(14_499)), None);
    assert_eq!(refresher.poll(at(14_500)), Some(6));

    // A vanished cgroup limits nothing.
    fs::remove_dir_all(tree.0.join("sys/fs/cgroup/app")).expect("remove the cgroup");
    assert_eq!(refresher.poll(at(20_000)), Some(8));
}

#[test]
fn refresher_follows_the_affinity() {
    static ALLOWED: AtomicUsize = AtomicUsize::new(4);
    let tree = Tree::new("0::/\n", V2_MOUNT);
    tree.write("sys/fs/cgroup/cpu.max", "300000 100000\n");
    let affinity = || ALLOWED.load(Ordering::Relaxed);
    let mut refresher = Refresher::new(&tree.0, ALL_ON, affinity, at(0));
    assert_eq!(refresher.current(), 3);
    ALLOWED.store(2, Ordering::Relaxed);
    assert_eq!(refresher.poll(at(1_000)), Some(2));
    ALLOWED.store(1, Ordering::Relaxed);
    assert_eq!(refresher.poll(at(2_000)), Some(1));
    ALLOWED.store(16, Ordering::Relaxed);
    assert_eq!(refresher.poll(at(3_000)), Some(3));
}

#[test]
fn refresher_switches() {
    let tree = Tree::new("0::/\n", V2_MOUNT);
    tree.write("sys/fs/cgroup/cpu.max", "300000 100000\n");

    let ignore = Switches { container_limit: false, ..ALL_ON };
    let mut refresher = Refresher::new(&tree.0, ignore, eight, at(0));
    assert_eq!(refresher.current(), 8);
    assert_eq!(refresher.poll(at(1_000)), None);
    assert_eq!(refresher.refresh(at(2_000)), 8);

    let fixed = Switches { updates: false, ..ALL_ON };
    let mut refresher = Refresher::new(&tree.0, fixed, eight, at(0));
    tree.write("sys/fs/cgroup/cpu.max", "500000 100000\n");
    assert_eq!(refresher.poll(at(60_000)), None);
    assert_eq!(refresher.current(), 3);
    assert_eq!(refresher.refresh(at(60_001)), 5);
}
