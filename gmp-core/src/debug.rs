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
}

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
    };
    for part in text.split(',') {
        let Some((key, value)) = part.split_once('=') else { continue };
        match (key.trim(), value.trim()) {
            ("shuffle", value) => settings.shuffle = value.parse().ok(),
            ("containermaxprocs", value) => settings.container_limit = value != "0",
            ("updatemaxprocs", value) => settings.updates = value != "0",
            ("membarrier", value) => settings.membarrier = value != "0",
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
        assert!(!s.membarrier);
    }
}
