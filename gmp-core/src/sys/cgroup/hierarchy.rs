//! Finds the directories of this process's CPU cgroup and of its ancestors.
//!
//! `/proc/self/cgroup` names the cgroup inside its hierarchy, `/proc/self/mountinfo` says which
//! part of that hierarchy is mounted where. Both write paths relative to the process's cgroup
//! namespace, so a path may start with `..` for what lies above the namespace's root.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Which files hold the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    V1,
    V2,
}

/// The hierarchy that controls this process's CPU time, as far as it is mounted.
#[derive(Debug)]
pub(super) struct Hierarchy {
    pub(super) version: Version,
    /// Directories that exist by name, leaf first for each mount. They are not known to be there.
    pub(super) levels: Vec<PathBuf>,
}

impl Hierarchy {
    /// Reads `proc/self/cgroup` and `proc/self/mountinfo` below `root`, to which the mount points
    /// are taken to be relative, too. `None`: no CPU cgroup, or it cannot be told.
    pub(super) fn of_self(root: &Path) -> Option<Self> {
        let membership = fs::read(root.join("proc/self/cgroup")).ok()?;
        let (version, cgroup) = find_cgroup(&membership)?;
        let mountinfo = fs::read(root.join("proc/self/mountinfo")).ok()?;

        let mut levels = Vec::new();
        for mount in find_mounts(&mountinfo, version) {
            let below = mount.point.strip_prefix("/").unwrap_or(&mount.point);
            let Some(names) = names_below(&mount.root, &cgroup) else { continue };
            let leaf = names.iter().fold(root.join(below), |at, name| at.join(name));
            // Every mount may show ancestors that the others hide, so all of them are asked.
            for level in leaf.ancestors().take(names.len() + 1) {
                if !levels.iter().any(|known| known == level) {
                    levels.push(level.to_path_buf());
                }
            }
        }
        Some(Self { version, levels })
    }
}

/// A path within a hierarchy, seen from the root of the cgroup namespace.
#[derive(Debug, PartialEq, Eq)]
struct CgroupPath<'a> {
    /// Number of leading `..`.
    up: usize,
    names: Vec<&'a OsStr>,
}

impl<'a> CgroupPath<'a> {
    /// `None` for a relative path and for `..` after a name, which the kernel never writes.
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut path = Self { up: 0, names: Vec::new() };
        for part in bytes.strip_prefix(b"/")?.split(|&byte| byte == b'/') {
            match part {
                b"" => {}
                b".." if path.names.is_empty() => path.up += 1,
                b".." | b"." => return None,
                name => path.names.push(OsStr::from_bytes(name)),
            }
        }
        Some(path)
    }
}

/// The process's cgroup in the hierarchy that has the CPU controller.
///
/// Lines are `ID:CONTROLLERS:PATH`, ID 0 being v2. A v1 hierarchy with `cpu` wins: a controller
/// is in one hierarchy only, so v2 cannot have it then. Malformed lines are skipped.
fn find_cgroup(membership: &[u8]) -> Option<(Version, CgroupPath<'_>)> {
    let mut v2 = None;
    for line in membership.split(|&byte| byte == b'\n') {
        let mut fields = line.splitn(3, |&byte| byte == b':');
        let (Some(id), Some(controllers), Some(path)) =
            (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        if id == b"0" {
            v2 = v2.or_else(|| CgroupPath::parse(path));
        } else if has_cpu(controllers) {
            return CgroupPath::parse(path).map(|path| (Version::V1, path));
        }
    }
    v2.map(|path| (Version::V2, path))
}

/// Whether the comma-separated `list` has the item `cpu`.
fn has_cpu(list: &[u8]) -> bool {
    list.split(|&byte| byte == b',').any(|item| item == b"cpu")
}

/// A mount of (a part of) the CPU hierarchy.
struct Mount {
    /// The cgroup shown at the mount point, still to be parsed.
    root: Vec<u8>,
    point: PathBuf,
}

/// Mounts of the CPU hierarchy; of several at one point the last, which hides the others.
fn find_mounts(mountinfo: &[u8], version: Version) -> Vec<Mount> {
    let mut mounts: Vec<Mount> = Vec::new();
    for line in mountinfo.split(|&byte| byte == b'\n') {
        let Some(mount) = parse_mount(line, version) else { continue };
        mounts.retain(|other| other.point != mount.point);
        mounts.push(mount);
    }
    mounts
}

/// `ID PARENT MAJ:MIN ROOT POINT OPTIONS [TAG...] - TYPE SOURCE SUPER_OPTIONS`, if it mounts the
/// CPU hierarchy.
fn parse_mount(line: &[u8], version: Version) -> Option<Mount> {
    let mut fields = line.split(|&byte| byte == b' ');
    let root = fields.nth(3)?;
    let point = fields.next()?;
    fields.next()?;
    fields.find(|&field| field == b"-")?;
    let kind = fields.next()?;
    let is_cpu = match version {
        Version::V1 => kind == b"cgroup" && has_cpu(fields.nth(1)?),
        Version::V2 => kind == b"cgroup2",
    };
    is_cpu.then(|| Mount {
        root: unescape(root),
        point: PathBuf::from(OsStr::from_bytes(&unescape(point))),
    })
}

/// Undoes the kernel's `\ooo` (three octal digits) for blanks and backslashes.
fn unescape(mut field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    while let Some((&first, rest)) = field.split_first() {
        match (first, rest) {
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..]) => {
                out.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                field = after;
            }
            _ => {
                out.push(first);
                field = rest;
            }
        }
    }
    out
}

/// The names that lead from a mount whose root is the cgroup `root` down to `cgroup`; empty if
/// only the mount point is known to be an ancestor; `None` if the mount shows no ancestor.
fn names_below<'a>(root: &'a [u8], cgroup: &CgroupPath<'a>) -> Option<Vec<&'a OsStr>> {
    let root = CgroupPath::parse(root)?;
    if root.up == cgroup.up {
        cgroup.names.strip_prefix(root.names.as_slice()).map(<[_]>::to_vec)
    } else if root.up > cgroup.up && root.names.is_empty() {
        // The mount starts above the namespace, whose own names are hidden from the process.
        Some(Vec::new())
    } else {
        None
    }
}
