//! Why there is no stack. Plain data: it is made inside the scheduler, where
//! nothing may allocate, and becomes an `io::Error` outside.

use super::Class;
use std::io;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StackError {
    /// The class's address space is used up.
    AllInUse { class: Class, slots: u32 },
    /// The system refused to map the class's span.
    NotMapped { class: Class, errno: i32 },
    /// The system refused a guard.
    NotGuarded { errno: i32 },
    /// Guards made with mprotect have used up the mappings there may be.
    NoMappings { used: usize },
}

impl From<StackError> for io::Error {
    fn from(error: StackError) -> io::Error {
        let text = match error {
            StackError::AllInUse { class, slots } => format!(
                "no more goroutine stacks: all {slots} stacks of {} bytes that fit the reserved \
                 address space are in use; wait for goroutines to end, use smaller stacks, or \
                 raise ulimit -v if that is why the reservation is small",
                class.slot_size(),
            ),
            StackError::NotMapped { class, errno } => format!(
                "out of memory for goroutine stacks: the system refused to map those of {} bytes \
                 ({}); check vm.overcommit_memory and ulimit -v",
                class.slot_size(),
                io::Error::from_raw_os_error(errno),
            ),
            StackError::NotGuarded { errno } => format!(
                "out of memory for goroutine stacks: the system refused a guard page ({})",
                io::Error::from_raw_os_error(errno),
            ),
            StackError::NoMappings { used } => format!(
                "no more goroutine stacks: {used} are guarded with mprotect, which takes two \
                 memory mappings each, and vm.max_map_count bounds those; raise vm.max_map_count \
                 (sysctl -w vm.max_map_count=1000000) or use Linux 6.13 or later, which needs none"
            ),
        };
        io::Error::new(io::ErrorKind::OutOfMemory, text)
    }
}
