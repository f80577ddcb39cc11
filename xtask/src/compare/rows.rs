//! The rows of the comparison: what is measured, with how many CPUs, in which unit.

use std::slice;

use super::units;
use crate::Outcome;

/// A heading of the tables.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Group {
    Scheduler,
    Channels,
    Sync,
    Cpu,
    Memory,
    Network,
}

impl Group {
    pub(super) const ALL: [Self; 6] =
        [Self::Scheduler, Self::Channels, Self::Sync, Self::Cpu, Self::Memory, Self::Network];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Scheduler => "Scheduler",
            Self::Channels => "Channels",
            Self::Sync => "Sync",
            Self::Cpu => "CPU",
            Self::Memory => "Memory and latency",
            Self::Network => "Network",
        }
    }

    /// What its table does not say by itself.
    pub(super) fn about(self) -> Option<&'static str> {
        (self == Self::Network).then_some(
            "The clients, the same for all, run on the same CPUs as the server. Of requests per \
             second more is better;\nin parentheses is how many times as many gmp answers. \
             Latencies are those the clients see. The CPU\ntime is that of the server alone, the \
             kernel's work for it with it: the figure with the least noise.\nMemory is what the \
             server's process grows by.",
        )
    }
}

/// With how many CPUs a row is measured.
#[derive(Debug, Clone, Copy)]
pub(super) enum Procs {
    One,
    Two,
    OneAndTwo,
    All,
    OneAndAll,
    /// 1, 2, 4, 8, 16 and all.
    Doubling,
}

impl Procs {
    /// On a machine of `cpus`; none where it has too few.
    pub(super) fn on(self, cpus: usize) -> Vec<usize> {
        let wanted = match self {
            Self::One => vec![1],
            Self::Two => vec![2],
            Self::OneAndTwo => vec![1, 2],
            Self::All => vec![cpus],
            Self::OneAndAll => vec![1, cpus],
            Self::Doubling => vec![1, 2, 4, 8, 16, cpus],
        };
        let mut procs: Vec<usize> = wanted.into_iter().filter(|&procs| procs <= cpus).collect();
        procs.sort_unstable();
        procs.dedup();
        procs
    }
}

/// Which of a row's numbers of CPUs a figure is looked up for.
#[derive(Debug, Clone, Copy)]
pub(super) enum On {
    Cpus(usize),
    /// As many as the machine has.
    Whole,
}

impl On {
    pub(super) fn procs(self, cpus: usize) -> usize {
        match self {
            Self::Cpus(procs) => procs,
            Self::Whole => cpus,
        }
    }
}

/// One figure of a row; less is better.
#[derive(Debug)]
pub(super) struct Figure {
    /// Follows the row's name.
    pub(super) suffix: &'static str,
    pub(super) unit: &'static str,
    pub(super) about: &'static str,
}

#[derive(Debug)]
enum Figures {
    One(Figure),
    Many(&'static [Figure]),
}

/// One piece of work that every contender does.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) group: Group,
    pub(super) procs: Procs,
    figures: Figures,
}

impl Row {
    pub(super) fn figures(&self) -> &[Figure] {
        match &self.figures {
            Figures::One(figure) => slice::from_ref(figure),
            Figures::Many(figures) => figures,
        }
    }

    /// The names of its figures.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        self.figures().iter().map(|figure| format!("{}{}", self.name, figure.suffix))
    }

    /// Whether its programs are servers, which others measure.
    pub(super) fn is_served(&self) -> bool {
        self.group == Group::Network
    }

    /// Whether its programs are given the text.
    pub(super) fn reads_text(&self) -> bool {
        self.name == "word_count"
    }
}

/// The rows whose name contains `part`.
pub(super) fn chosen(part: Option<&str>) -> Outcome<Vec<&'static Row>> {
    let fits = |row: &&Row| part.is_none_or(|part| row.name.contains(part));
    let chosen: Vec<&Row> = ROWS.iter().filter(fits).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
        let part = part.unwrap_or_default();
        return Err(format!("no row's name contains `{part}`; there are: {}", names.join(", ")));
    }
    Ok(chosen)
}

/// The row and the figure that `name` names.
pub(super) fn find(name: &str) -> Option<(&'static Row, &'static Figure)> {
    ROWS.iter().find_map(|row| {
        let suffix = name.strip_prefix(row.name)?;
        row.figures().iter().find(|figure| figure.suffix == suffix).map(|figure| (row, figure))
    })
}

use Group::{Channels, Cpu, Memory, Network, Scheduler, Sync};
use Procs::{All, Doubling, One, OneAndAll, OneAndTwo, Two};

/// Nanoseconds an operation.
const fn each(name: &'static str, group: Group, procs: Procs, about: &'static str) -> Row {
    let figures = Figures::One(Figure { suffix: "", unit: "ns", about });
    Row { name, group, procs, figures }
}

/// Milliseconds for the whole job.
const fn whole(name: &'static str, group: Group, procs: Procs, about: &'static str) -> Row {
    let figures = Figures::One(Figure { suffix: "", unit: "ms", about });
    Row { name, group, procs, figures }
}

const fn own(name: &'static str, procs: Procs, figures: &'static [Figure]) -> Row {
    Row { name, group: Memory, procs, figures: Figures::Many(figures) }
}

const fn figure(suffix: &'static str, unit: &'static str, about: &'static str) -> Figure {
    Figure { suffix, unit, about }
}

/// A server's figures, in the order in which they are printed; `more` comes after them.
macro_rules! served {
    ($name:literal, $about:literal $(, $more:expr)*) => {
        Row {
            name: $name,
            group: Network,
            procs: All,
            figures: Figures::Many(&[
                figure("_rps", units::RATE, concat!($about, ": requests per second")),
                figure("_p50", "us", concat!($about, ": median latency")),
                figure("_p99", "us", concat!($about, ": 99th percentile")),
                figure("_p999", "us", concat!($about, ": 99.9th percentile")),
                figure("_cpu", "us", concat!($about, ": CPU time a request")),
                $($more,)*
            ]),
        }
    };
}

pub(super) const ROWS: &[Row] = &[
    each("spawn_exit", Scheduler, OneAndAll, "start a goroutine that ends, 100 at a time"),
    each("spawn_join", Scheduler, OneAndAll, "start a goroutine, join it for its result"),
    each("yield", Scheduler, One, "yield to another goroutine"),
    each("ping_pong", Scheduler, OneAndTwo, "a round trip over two unbuffered channels"),
    each("ring", Scheduler, OneAndAll, "a hop of a token in a ring of 1000 goroutines"),
    whole("skynet", Scheduler, OneAndAll, "a tree with a million leaves sums their numbers"),
    whole("fib", Scheduler, OneAndAll, "fib(25), a goroutine and a channel for every call"),
    whole("sieve", Scheduler, OneAndAll, "the 1000th prime, a goroutine for every prime"),
    each("spsc_0", Channels, OneAndTwo, "a message, 1 to 1, unbuffered"),
    each("spsc_1", Channels, OneAndTwo, "a message, 1 to 1, buffer of 1"),
    each("spsc_128", Channels, OneAndTwo, "a message, 1 to 1, buffer of 128"),
    each("spsc_unbounded", Channels, OneAndTwo, "a message, 1 to 1, unbounded"),
    each("mpsc_0", Channels, OneAndAll, "a message, 8 to 1, unbuffered"),
    each("mpsc_128", Channels, OneAndAll, "a message, 8 to 1, buffer of 128"),
    each("mpmc_0", Channels, OneAndAll, "a message, 8 to 8, unbuffered"),
    each("mpmc_128", Channels, OneAndAll, "a message, 8 to 8, buffer of 128"),
    each("select_2", Channels, OneAndAll, "a message by a select over 2 senders"),
    each("select_4", Channels, OneAndAll, "a message by a select over 4 senders"),
    each("select_16", Channels, OneAndAll, "a message by a select over 16 senders"),
    each("select_4_ready", Channels, One, "a select over 4 channels that all have a message"),
    each("select_default", Channels, One, "a select that takes its default"),
    each("messages_64", Channels, OneAndAll, "a message of 64 bytes, by value"),
    each("messages_4k", Channels, OneAndAll, "a message of 4 KiB, by value"),
    each("mutex_1", Sync, One, "lock and unlock, alone"),
    each("mutex_8", Sync, OneAndAll, "lock and unlock, 8 goroutines at once"),
    each("wait_group", Sync, One, "add to a WaitGroup, and done"),
    whole("quicksort", Cpu, Doubling, "8 million numbers, a goroutine for each left part"),
    whole("matmul", Cpu, Doubling, "matrices of 512 x 512, a goroutine for each row"),
    whole("mandelbrot", Cpu, Doubling, "1024 x 1024 points, a goroutine for each row"),
    whole("word_count", Cpu, Doubling, "a text of 256 MiB read, its words counted"),
    whole("sleepers", Memory, All, "100,000 goroutines that sleep 100 ms"),
    whole("timers", Memory, All, "a million timers armed and stopped"),
    own(
        "parked",
        All,
        &[
            figure("_time", "ms", "a million goroutines started, until all wait"),
            figure("_rss", "MiB", "a million goroutines that wait: memory"),
            figure("_tables", "MiB", "a million goroutines that wait: page tables"),
        ],
    ),
    own(
        "wake",
        Two,
        &[
            figure("_p50", "us", "a goroutine is woken on another CPU: median"),
            figure("_p99", "us", "a goroutine is woken on another CPU: 99th percentile"),
        ],
    ),
    own(
        "preempt",
        OneAndAll,
        &[
            figure("_p50", "us", "a sleeper's lateness where no one yields: median"),
            figure("_p99", "us", "a sleeper's lateness where no one yields: 99th percentile"),
        ],
    ),
    served!("http_1", "hello world over HTTP, 1 connection"),
    served!("http_64", "hello world over HTTP, 64 connections"),
    served!("http_1000", "hello world over HTTP, 1000 connections"),
    served!(
        "http_idle",
        "hello world over HTTP, 64 connections beside 10,000 idle ones",
        figure("_memory", "KiB", "an idle connection over HTTP: memory")
    ),
    served!("json_64", "JSON parsed and written again, over HTTP, 64 connections"),
    served!("tcp_64", "64 bytes sent back over TCP, 64 connections"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn procs_fit_the_machine() {
        assert_eq!(Doubling.on(2), [1, 2]);
        assert_eq!(Doubling.on(12), [1, 2, 4, 8, 12]);
        assert_eq!(Doubling.on(64), [1, 2, 4, 8, 16, 64]);
        assert_eq!(OneAndAll.on(1), [1]);
        assert_eq!(OneAndAll.on(16), [1, 16]);
        assert_eq!(Two.on(1), [0; 0]);
        assert_eq!(OneAndTwo.on(16), [1, 2]);
    }

    #[test]
    fn figures_are_found_by_name() {
        let name = |name| find(name).map(|(row, figure)| (row.name, figure.suffix));
        assert_eq!(name("select_4"), Some(("select_4", "")));
        assert_eq!(name("select_4_ready"), Some(("select_4_ready", "")));
        assert_eq!(name("parked_rss"), Some(("parked", "_rss")));
        assert_eq!(name("parked"), None);
        assert_eq!(name("http_1_p99"), Some(("http_1", "_p99")));
        assert_eq!(name("http_1000_p999"), Some(("http_1000", "_p999")));
        assert_eq!(name("http_idle_memory"), Some(("http_idle", "_memory")));
        assert_eq!(name("http_64_memory"), None);
        let mut names: Vec<String> = ROWS.iter().flat_map(Row::names).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count, "a name twice");
    }

    #[test]
    fn a_part_of_the_name_chooses() {
        let names = |part| chosen(Some(part)).map(|rows| rows.iter().map(|row| row.name).collect());
        assert_eq!(names("mutex"), Ok(vec!["mutex_1", "mutex_8"]));
        assert!(names("gone").unwrap_err().contains("there are: spawn_exit, spawn_join"));
    }
}
