//! `GMP_DEBUG`: comma-separated `key=value` switches, read once at start.
//! Unknown keys are ignored, as Go ignores those of GODEBUG.

use crate::stack::GuardMode;
use std::sync::OnceLock;

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// `shuffle=SEED`: random order wherever no order is promised.
    pub(crate) shuffle: Option<u64>,
    /// `containermaxprocs=0`: ignore cgroup quotas.
    pub(crate) container_limit: bool,
    /// `updatemaxprocs=0`: do not follow changes of the default GOMAXPROCS.
    pub(crate) updates: bool,
    /// `guard=madvise|mprotect`: force one way of guarding stacks.
    pub(crate) guard: GuardMode,
    /// `membarrier=0`: act as on a kernel without membarrier.
    pub(crate) membarrier: bool,
    /// `asyncpreemptoff=1`: no signals.
    pub(crate) signals: bool,
    /// `procfs=0`: act as on a system without /proc.
    pub(crate) procfs: bool,
    /// `slice=MS`: the time slice.
    pub(crate) slice_ns: u64,
    /// `retire=MS`: how long a thread is idle before it may end.
    pub(crate) retire_ns: u64,
    /// `refusethreads=N`: act as a system that has no more than N threads for us.
    pub(crate) thread_supply: u64,
    /// `randomclaims=SEED`: take Ps away at random.
    pub(crate) random_claims: Option<u64>,
}

const NS_PER_MS: u64 = 1_000_000;

pub(crate) fn get() -> &'static Settings {
    static SETTINGS: OnceLock<Settings> = OnceLock::new();
    SETTINGS.get_or_init(|| parse(&std::env::var("GMP_DEBUG").unwrap_or_default()))
}

fn parse(text: &str) -> Settings {
    let mut settings = Settings {
        shuffle: None,
        container_limit: true,
        updates: true,
        guard: GuardMode::Auto,
        membarrier: true,
        signals: true,
        procfs: true,
        slice_ns: 10 * NS_PER_MS,
        retire_ns: 5_000 * NS_PER_MS,
        thread_supply: u64::MAX,
        random_claims: None,
    };
    let ms = |value: &str| value.parse::<u64>().ok().filter(|&ms| ms > 0);
    for part in text.split(',') {
        let Some((key, value)) = part.split_once('=') else { continue };
        match (key.trim(), value.trim()) {
            ("shuffle", value) => settings.shuffle = value.parse().ok(),
            ("containermaxprocs", value) => settings.container_limit = value != "0",
            ("updatemaxprocs", value) => settings.updates = value != "0",
            ("membarrier", value) => settings.membarrier = value != "0",
            ("asyncpreemptoff", value) => settings.signals = value == "0",
            ("procfs", value) => settings.procfs = value != "0",
            ("slice", value) => {
                settings.slice_ns = ms(value).map_or(settings.slice_ns, |ms| ms * NS_PER_MS);
            }
            ("retire", value) => {
                settings.retire_ns = ms(value).map_or(settings.retire_ns, |ms| ms * NS_PER_MS);
            }
            ("refusethreads", value) => {
                settings.thread_supply = value.parse().unwrap_or(u64::MAX);
            }
            ("randomclaims", value) => settings.random_claims = value.parse().ok(),
            ("guard", "madvise") => settings.guard = GuardMode::Markers,
            ("guard", "mprotect") => settings.guard = GuardMode::Protect,
            _ => {}
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_knows_and_ignores_the_rest() {
        let s = parse("shuffle=7, containermaxprocs=0,updatemaxprocs=1,guard=mprotect,x=1,y");
        assert_eq!(s.shuffle, Some(7));
        assert!(!s.container_limit && s.updates && s.membarrier);
        assert_eq!(s.guard, GuardMode::Protect);
        let s = parse("shuffle=abc,guard=none,membarrier=0");
        assert_eq!(s.shuffle, None);
        assert_eq!(s.guard, GuardMode::Auto);
        assert!(!s.membarrier && s.signals && s.procfs);
        let s = parse("asyncpreemptoff=1,procfs=0,slice=1,retire=0,refusethreads=4");
        assert!(!s.signals && !s.procfs);
        assert_eq!((s.slice_ns, s.retire_ns), (NS_PER_MS, 5_000 * NS_PER_MS));
        assert_eq!((s.thread_supply, s.random_claims), (4, None));
    }
}
