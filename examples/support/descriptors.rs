//! Room for many connections: the limit of open files of the process.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::support::grouped;

/// What a process has open besides.
const OTHERS: usize = 100;

/// For how many connections of `wanted` there is room, if each takes `each` descriptors: raises
/// the limit as far as the system lets, and says so where that is not enough.
pub(crate) fn room_for(wanted: usize, each: usize) -> usize {
    let needed = (wanted * each + OTHERS) as u64;
    let limit = || getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    if limit() < needed {
        let maximum = getrlimit(Resource::Nofile).maximum;
        let most = Rlimit { current: maximum, maximum };
        // The maximum itself is for the privileged to raise.
        let more = Rlimit { current: Some(needed), maximum: Some(needed) };
        if maximum.is_some_and(|maximum| maximum < needed)
            && setrlimit(Resource::Nofile, more).is_ok()
        {
            return wanted;
        }
        setrlimit(Resource::Nofile, most).unwrap();
    }
    let limit = limit();
    if limit >= needed {
        return wanted;
    }
    let room = (limit as usize).saturating_sub(OTHERS) / each;
    println!(
        "{} connections in place of {}: both ends are in this process, which may have {} files open",
        grouped(room),
        grouped(wanted),
        grouped(limit)
    );
    room
}
