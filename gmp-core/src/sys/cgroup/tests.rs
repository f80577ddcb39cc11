//! Every test builds a tree of fake `/proc` and cgroup files, read in place of the machine's.

mod defaults;

use std::path::Component;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

const V2_MOUNT: &str = "30 24 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate";
const V1_MOUNT: &str =
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 master:1 - cgroup cgroup rw,cpu,cpuacct";
const SOME_OTHER_MOUNTS: &str = "\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
33 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset
34 31 0:31 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd
35 27 0:50 / /disk rw - other cgroup2 rw,cpu
";

/// A directory that stands for `/`, removed at the end of the test.
struct Tree(PathBuf);

impl Tree {
    /// With the given `proc/self/cgroup` and, besides mounts of no interest, `mounts`.
    fn new(membership: &str, mounts: &str) -> Self {
        let tree = Self::bare();
        tree.write("proc/self/cgroup", membership);
        tree.write("proc/self/mountinfo", &format!("{SOME_OTHER_MOUNTS}{mounts}\n"));
        tree
    }

    fn bare() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("gmp-cgroup-{}-{number}", std::process::id());
        let root = std::env::temp_dir().join(name);
        fs::create_dir(&root).expect("the test directory must be new");
        Self(root)
    }

    fn write(&self, path: &str, text: &str) -> &Self {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().expect("paths have a parent")).expect("create directory");
        fs::write(path, text).expect("write file");
        self
    }

    /// Writes the two files of a v1 level.
    fn write_v1(&self, level: &str, quota: &str, period: &str) -> &Self {
        self.write(&format!("{level}/cpu.cfs_quota_us"), quota);
        self.write(&format!("{level}/cpu.cfs_period_us"), period)
    }

    fn limit(&self) -> Option<f64> {
        CgroupLimit::discover(&self.0).read()
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        // A leftover in the temporary directory is no reason to fail.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn v2_leaf() {
    let tree = Tree::new("0::/app\n", V2_MOUNT);
    tree.write("sys/fs/cgroup/app/cpu.max", "300000 100000\n");
    tree.write("disk/app/cpu.max", "100000 100000\n");
    assert_eq!(tree.limit(), Some(3.0));
}

#[test]
fn v2_the_lowest_of_all_levels_counts() {
    let tree = Tree::new("0::/a/b/c\n", V2_MOUNT);
    let limit = CgroupLimit::discover(&tree.0);
    // No level has the CPU controller, until it is turned on level by level.
    assert_eq!(limit.read(), None);
    tree.write("sys/fs/cgroup/a/b/c/cpu.max", "800000 100000\n");
    assert_eq!(limit.read(), Some(8.0));
    tree.write("sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    assert_eq!(limit.read(), Some(8.0));
    tree.write("sys/fs/cgroup/a/cpu.max", "250000 100000\n");
    assert_eq!(limit.read(), Some(2.5));
    // A container's own cgroup is mounted as the root.
    tree.write("sys/fs/cgroup/cpu.max", "20000 10000\n");
    assert_eq!(limit.read(), Some(2.0));
    tree.write("sys/fs/cgroup/a/b/c/cpu.max", "50000 100000\n");
    assert_eq!(limit.read(), Some(0.5));
    // Above the mount and beside the path nothing counts.
    tree.write("sys/fs/cpu.max", "1000 100000\n");
    tree.write("sys/fs/cgroup/a/b/x/cpu.max", "1000 100000\n");
    tree.write("sys/fs/cgroup/a/b/c/d/cpu.max", "1000 100000\n");
    assert_eq!(CgroupLimit::discover(&tree.0).read(), Some(0.5));
}

#[test]
fn v2_max_is_no_limit() {
    let tree = Tree::new("0::/\n", V2_MOUNT);
    tree.write("sys/fs/cgroup/cpu.max", "max 100000\n");
    assert_eq!(tree.limit(), None);
}

#[test]
fn v1_leaf_and_ancestors() {
    let tree = Tree::new("7:memory:/elsewhere\n3:cpu,cpuacct:/docker/abc\n", V1_MOUNT);
    let mount = "sys/fs/cgroup/cpu,cpuacct";
    tree.write_v1(mount, "-1\n", "100000\n");
    tree.write_v1(&format!("{mount}/docker/abc"), "-1\n", "100000\n");
    assert_eq!(tree.limit(), None);
    tree.write_v1(&format!("{mount}/docker/abc"), "400000\n", "100000\n");
    assert_eq!(tree.limit(), Some(4.0));
    tree.write_v1(&format!("{mount}/docker"), "75000\n", "50000\n");
    assert_eq!(tree.limit(), Some(1.5));
}

#[test]
fn hybrid_v1_cpu_wins_wherever_it_stands() {
    for membership in ["0::/u\n4:cpu:/one\n", "4:cpu:/one\n0::/u\n"] {
        let mounts = format!("{V2_MOUNT}\n{V1_MOUNT}");
        let tree = Tree::new(membership, &mounts);
        tree.write("sys/fs/cgroup/u/cpu.max", "100000 100000\n");
        tree.write_v1("sys/fs/cgroup/cpu,cpuacct/one", "500000\n", "100000\n");
        tree.write_v1("disk/one", "100000\n", "100000\n");
        assert_eq!(tree.limit(), Some(5.0), "{membership:?}");
    }
}

#[test]
fn hybrid_without_v1_cpu_is_v2() {
    let membership = "5:cpuset:/x\n4:cpuacct:/x\n1:name=systemd:/x\n0::/u\n";
    let tree = Tree::new(membership, &V2_MOUNT.replace("/sys/fs/cgroup", "/sys/fs/cgroup/unified"));
    tree.write("sys/fs/cgroup/unified/u/cpu.max", "600000 100000\n");
    tree.write_v1("sys/fs/cgroup/cpuset/x", "100000\n", "100000\n");
    assert_eq!(tree.limit(), Some(6.0));
}

#[test]
fn octal_escapes_and_odd_names() {
    let mount = r"30 24 0:26 /top\040dir /my\040mnt\134040 rw - cgroup2 cgroup2 rw";
    let tree = Tree::new("0::/top dir/a:b\\x2d c\n", mount);
    tree.write("my mnt\\040/a:b\\x2d c/cpu.max", "200000 100000\n");
    assert_eq!(tree.limit(), Some(2.0));

    // Three octal digits are an escape; anything less is taken as it stands.
    let tree = Tree::new("0::/\n", r"30 24 0:26 / /m\04\x rw - cgroup2 cgroup2 rw");
    tree.write(r"m\04\x/cpu.max", "200000 100000\n");
    assert_eq!(tree.limit(), Some(2.0));
}

/// A process in `cgroup` that has `root` of the hierarchy mounted; the limits met, leaf first,
/// are 5 CPUs in `a/b`, 6 in `b` and 7 at the mount point.
fn limit_seen(root: &str, cgroup: &str) -> Option<f64> {
    let mount = V2_MOUNT.replace(" / /sys", &format!(" {root} /sys"));
    let tree = Tree::new(&format!("0::{cgroup}\n"), &mount);
    tree.write("sys/fs/cgroup/a/b/cpu.max", "500000 100000\n");
    tree.write("sys/fs/cgroup/b/cpu.max", "600000 100000\n");
    tree.write("sys/fs/cgroup/cpu.max", "700000 100000\n");
    // Met only by a path that leaves the mount.
    tree.write("sys/fs/b/cpu.max", "100000 100000\n");
    tree.write("sys/fs/cpu.max", "100000 100000\n");
    tree.limit()
}

#[test]
fn parts_of_a_hierarchy_and_namespaces() {
    // The mounted part is cut off the path.
    assert_eq!(limit_seen("/", "/a/b"), Some(5.0));
    assert_eq!(limit_seen("/a", "/a/b"), Some(6.0));
    assert_eq!(limit_seen("/a/b", "/a/b"), Some(7.0));
    assert_eq!(limit_seen("/..", "/../b"), Some(6.0));
    assert_eq!(limit_seen("/../x", "/../x/a/b"), Some(5.0));
    // Mounted from above the namespace: its root's name is hidden, the mount point counts.
    assert_eq!(limit_seen("/../..", "/b"), Some(7.0));
    assert_eq!(limit_seen("/../..", "/../b"), Some(7.0));
    // The process is outside what is mounted.
    assert_eq!(limit_seen("/", "/../b"), None);
    assert_eq!(limit_seen("/a/b", "/a"), None);
    assert_eq!(limit_seen("/a", "/b"), None);
    assert_eq!(limit_seen("/ab", "/abc"), None);
    assert_eq!(limit_seen("/../x", "/b"), None);
    assert_eq!(limit_seen("/../x", "/../y/b"), None);
    // Not what a kernel writes.
    assert_eq!(limit_seen("/", "/a/../b"), None);
    assert_eq!(limit_seen("/", "a/b"), None);
    assert_eq!(limit_seen("/", ""), None);
}

#[test]
fn several_mounts_add_up_and_the_later_hides_the_earlier() {
    // The whole hierarchy is mounted a second time, as monitoring containers do.
    let own = V2_MOUNT.replace(" / /sys", " /pod/app /sys");
    let host = "40 24 0:26 / /host/cgroup ro - cgroup2 cgroup2 rw";
    let tree = Tree::new("0::/pod/app\n", &format!("{host}\n{own}"));
    tree.write("sys/fs/cgroup/cpu.max", "400000 100000\n");
    assert_eq!(tree.limit(), Some(4.0));
    tree.write("host/cgroup/pod/cpu.max", "300000 100000\n");
    assert_eq!(tree.limit(), Some(3.0));

    let hidden = V2_MOUNT.replace(" / /sys", " /pod/app /sys");
    let tree = Tree::new("0::/pod/app\n", &format!("{hidden}\n{V2_MOUNT}"));
    tree.write("sys/fs/cgroup/pod/app/cpu.max", "400000 100000\n");
    assert_eq!(tree.limit(), Some(4.0));
    let tree = Tree::new("0::/pod/app\n", &format!("{V2_MOUNT}\n{hidden}"));
    tree.write("sys/fs/cgroup/pod/app/cpu.max", "400000 100000\n");
    assert_eq!(tree.limit(), None);
}

#[test]
fn a_malformed_level_is_no_limit_but_the_others_count() {
    for text in [
        "",
        "\n",
        "max",
        "200000\n",
        "200000 \n",
        "x 100000\n",
        "200000 x\n",
        "200000 0\n",
        "-1 100000\n",
        "200000 -5\n",
        "1 2 3\n",
        "99999999999999999999 100000\n",
        "2.5 1\n",
    ] {
        let tree = Tree::new("0::/a/b\n", V2_MOUNT);
        tree.write("sys/fs/cgroup/a/b/cpu.max", text);
        assert_eq!(tree.limit(), None, "{text:?}");
        tree.write("sys/fs/cgroup/a/cpu.max", "900000 100000\n");
        assert_eq!(tree.limit(), Some(9.0), "{text:?}");
    }
    for (quota, period) in [("", "1"), ("x", "1"), ("1", ""), ("1", "0"), ("1", "-1"), ("1 1", "1")]
    {
        let tree = Tree::new("4:cpu:/a\n", V1_MOUNT);
        tree.write_v1("sys/fs/cgroup/cpu,cpuacct/a", quota, period);
        assert_eq!(tree.limit(), None, "{quota:?} {period:?}");
        tree.write_v1("sys/fs/cgroup/cpu,cpuacct", "900000", "100000");
        assert_eq!(tree.limit(), Some(9.0), "{quota:?} {period:?}");
    }
    // Half of a v1 level, and a file that is no text.
    let tree = Tree::new("4:cpu:/\n", V1_MOUNT);
    tree.write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "100000\n");
    assert_eq!(tree.limit(), None);
    let tree = Tree::new("0::/\n", V2_MOUNT);
    tree.write("sys/fs/cgroup/cpu.max", "");
    fs::write(tree.0.join("sys/fs/cgroup/cpu.max"), b"\xff\xfe 100000\n").expect("write file");
    assert_eq!(tree.limit(), None);
}

#[test]
fn missing_or_malformed_proc_files_are_no_limit() {
    let quota = |tree: &Tree| {
        tree.write("sys/fs/cgroup/cpu.max", "300000 100000\n");
        tree.limit()
    };
    assert_eq!(quota(&Tree::bare()), None);
    let tree = Tree::bare();
    tree.write("proc/self/cgroup", "0::/\n");
    assert_eq!(quota(&tree), None);
    let tree = Tree::bare();
    tree.write("proc/self/mountinfo", V2_MOUNT);
    assert_eq!(quota(&tree), None);
    for membership in ["", "\n", "0", "0:", "0:/", "5:cpuset:/\n", "5:cpu:relative\n0::/\n"] {
        assert_eq!(quota(&Tree::new(membership, V2_MOUNT)), None, "{membership:?}");
    }
    for end in 0..V2_MOUNT.find(" cgroup2 rw").expect("the mount has a source") {
        let cut = &V2_MOUNT[..end];
        // Cut inside the file system type, "cgroup" is v1 and "cgrou" nothing.
        assert_eq!(quota(&Tree::new("0::/\n", cut)), None, "{cut:?}");
    }
    // Bad lines do not spoil the good ones, and a missing end of line does no harm.
    let tree = Tree::new("nonsense\n9:\n0::/", &format!("1 2 3\n-\n\n - \n{V2_MOUNT}"));
    assert_eq!(quota(&tree), Some(3.0));
}

#[test]
fn damaged_proc_files_never_lead_outside_the_mount() {
    const SEED: u64 = 0x5eed_c9a0;
    println!("seed {SEED:#x}");
    let mut state = SEED;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let tree = Tree::new("", "");
    let mut found = 0;
    for round in 0..200 {
        let mut texts = [
            "4:cpu:/../x/y\n0::/a/../b/c\n".to_owned().into_bytes(),
            format!("{V1_MOUNT}\n{V2_MOUNT}\n").replace(" / ", " /.. ").into_bytes(),
        ];
        for text in &mut texts {
            for _ in 0..random(5) {
                let at = random(text.len());
                text[at] = b"/.:\\ 01-,\n\xffx"[random(12)];
            }
        }
        fs::write(tree.0.join("proc/self/cgroup"), &texts[0]).expect("write file");
        fs::write(tree.0.join("proc/self/mountinfo"), &texts[1]).expect("write file");
        let levels = CgroupLimit::discover(&tree.0).levels;
        found += usize::from(!levels.is_empty());
        for level in levels {
            let below = level.strip_prefix(&tree.0).expect("levels lie below the root");
            let names = below.components().skip_while(|name| name.as_os_str() != "cgroup");
            let escapes = names.filter(|name| *name == Component::ParentDir).count();
            assert_eq!(escapes, 0, "round {round}: {level:?} from {texts:?}");
        }
    }
    assert!(found > 100, "only {found} rounds found a cgroup");
}
