//! Starting the runtime, from code or from the attributes.

use crate::coroutine;
use crate::debug;
use crate::g::{panic, pool};
use crate::m::spawner;
use crate::netpoll;
use crate::p::AllPs;
use crate::preempt::{signal, sysmon};
use crate::prim::{AtomicBool, AtomicU8};
use crate::sched::{SCHED, maxprocs, threads};
use crate::stack::{self, Class, overflow};
use crate::sys::{cpus, membarrier, procfs};
use std::io;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

const NOT_STARTED: u8 = 0;
const STARTING: u8 = 1;
const STARTED: u8 = 2;

static STATE: AtomicU8 = AtomicU8::new(NOT_STARTED);

#[inline(always)]
pub(crate) fn require_started() {
    if !is_started() {
        not_started();
    }
}

#[inline(always)]
pub(crate) fn is_started() -> bool {
    STATE.load(Acquire) == STARTED
}

#[cold]
#[track_caller]
fn not_started() -> ! {
    panic!(
        "no gmp runtime has been started. Start it in one of three ways: put #[gmp::main] on \
         `fn main`, put #[gmp::test] on a test, or call \
         `unsafe {{ gmp::Runtime::builder().start() }}` once, early in the program"
    );
}

/// What a runtime is started with.
///
/// ```
/// let builder = gmp_core::Runtime::builder().gomaxprocs(2).stack_size(128 << 10);
/// // SAFETY: nothing thread-bound is held across a park in this program.
/// let rt = unsafe { builder.start() }.unwrap();
/// assert_eq!(gmp_core::gomaxprocs(0), 2);
/// # drop(rt);
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a RuntimeBuilder starts nothing until `start`"]
pub struct RuntimeBuilder {
    gomaxprocs: Option<usize>,
    max_threads: Option<usize>,
    max_threads_exit: bool,
    stack_size: Option<usize>,
    abort_on_panic: bool,
}

impl RuntimeBuilder {
    /// How many goroutines run at the same time; see
    /// [`gomaxprocs`](crate::gomaxprocs) for the default.
    ///
    /// ```
    /// let _builder = gmp_core::Runtime::builder().gomaxprocs(4);
    /// ```
    pub fn gomaxprocs(mut self, n: usize) -> RuntimeBuilder {
        self.gomaxprocs = Some(n);
        self
    }

    /// How many threads may run goroutines, blocked ones included: 10,000
    /// unless set.
    ///
    /// ```
    /// let _builder = gmp_core::Runtime::builder().max_threads(200);
    /// ```
    pub fn max_threads(mut self, n: usize) -> RuntimeBuilder {
        self.max_threads = Some(n);
        self
    }

    /// Go's rule for the limit of threads: when one more is wanted, the process ends
    /// with "thread exhaustion" and exit code 2. Otherwise goroutines wait.
    ///
    /// ```
    /// let _builder = gmp_core::Runtime::builder().max_threads(200).max_threads_exit(true);
    /// ```
    pub fn max_threads_exit(mut self, exit: bool) -> RuntimeBuilder {
        self.max_threads_exit = exit;
        self
    }

    /// The stack of goroutines that do not ask, in bytes: 16 KiB to 1 GiB,
    /// rounded up to a power of two, 256 KiB unless set. Address space only.
    ///
    /// ```
    /// let _builder = gmp_core::Runtime::builder().stack_size(64 << 10);
    /// ```
    pub fn stack_size(mut self, bytes: usize) -> RuntimeBuilder {
        self.stack_size = Some(bytes);
        self
    }

    /// Go's rule for panics: one in any goroutine ends the process with exit
    /// code 2, after that goroutine's destructors have run.
    ///
    /// ```
    /// let _builder = gmp_core::Runtime::builder().abort_on_panic(true);
    /// ```
    pub fn abort_on_panic(mut self, abort: bool) -> RuntimeBuilder {
        self.abort_on_panic = abort;
        self
    }

    /// Starts the runtime. It runs until the process ends.
    ///
    /// # Safety
    /// A goroutine may resume on another thread after any call that can park it.
    /// The program promises not to hold what belongs to a thread across such a
    /// call: a borrow of a `thread_local!`, an `Rc` cloned out of one, a std
    /// lock guard that must be released by the thread that took it. Goroutines
    /// started as `pinned` are exempt. This is the one contract of the library;
    /// everything else is safe given it.
    ///
    /// # Errors
    /// `AlreadyExists` if the process has a runtime, `InvalidInput` for a value
    /// out of range, `OutOfMemory` or the system's error if it refuses address
    /// space or threads.
    ///
    /// ```
    /// // SAFETY: nothing thread-bound is held across a park in this program.
    /// let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
    /// let second = unsafe { gmp_core::Runtime::builder().start() };
    /// assert_eq!(second.unwrap_err().kind(), std::io::ErrorKind::AlreadyExists);
    /// # drop(rt);
    /// ```
    #[expect(unsafe_code, reason = "the library's one contract is signed here")]
    pub unsafe fn start(self) -> io::Result<Runtime> {
        self.check()?;
        let begun = STATE.compare_exchange(NOT_STARTED, STARTING, Acquire, Acquire);
        if begun.is_err() {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "a gmp runtime has been started in this process already, and there can be only \
                 one; use it: gmp::spawn and go! work from everywhere",
            ));
        }
        match self.start_parts() {
            Ok(()) => {
                STATE.store(STARTED, Release);
                netpoll::runtime_started();
                Ok(Runtime(()))
            }
            Err(error) => {
                STATE.store(NOT_STARTED, Release);
                Err(error)
            }
        }
    }

    pub(crate) fn default_stack(&self) -> Option<usize> {
        self.stack_size
    }

    fn check(&self) -> io::Result<()> {
        let invalid = |text: String| Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        if self.gomaxprocs == Some(0) || self.gomaxprocs.is_some_and(|n| n > AllPs::MAX) {
            return invalid(format!("gomaxprocs must be 1 to {}", AllPs::MAX));
        }
        if self.max_threads == Some(0) {
            return invalid("max_threads must be at least 1".to_owned());
        }
        if let Some(bytes) = self.stack_size {
            Class::for_size(bytes)?;
        }
        Ok(())
    }

    fn start_parts(&self) -> io::Result<()> {
        let settings = debug::get();
        cpus::num_cpu();
        init_stacks_once()?;
        stack::set_guard_mode(settings.guard);
        if let Some(bytes) = self.stack_size {
            pool::set_default_class(Class::for_size(bytes)?);
        }
        threads::set_rules(self.max_threads, self.max_threads_exit);
        membarrier::register(settings.membarrier);
        procfs::probe(settings.procfs);
        SCHED.shuffle.store(settings.shuffle.is_some(), Relaxed);
        SCHED.seed.store(settings.shuffle.unwrap_or(0x9e37_79b9), Relaxed);
        panic::set_abort(self.abort_on_panic);
        panic::install_hook();
        coroutine::thread_start();
        overflow::install();
        if settings.signals {
            signal::install();
        }
        spawner::start()?;
        maxprocs::start(maxprocs::initial(self.gomaxprocs));
        sysmon::start()?;
        spawner::ring();
        Ok(())
    }
}

fn init_stacks_once() -> io::Result<()> {
    static DONE: AtomicBool = AtomicBool::new(false);
    if !DONE.load(Relaxed) {
        stack::init()?;
        DONE.store(true, Relaxed);
    }
    Ok(())
}

/// The process's runtime. Dropping it stops nothing: goroutines run until the
/// process ends.
///
/// ```
/// // SAFETY: nothing thread-bound is held across a park in this program.
/// let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// assert_eq!(rt.block_on_goroutine(|| 42), 42);
/// ```
#[derive(Debug)]
pub struct Runtime(());

impl Runtime {
    /// What to start the runtime with.
    ///
    /// ```
    /// let _builder = gmp_core::Runtime::builder();
    /// ```
    pub fn builder() -> RuntimeBuilder {
        RuntimeBuilder::default()
    }

    /// Runs `f` as a goroutine and waits for it, from this thread. `f` may
    /// borrow: the call does not return before it has ended.
    ///
    /// # Panics
    /// With `f`'s panic, and if there is no stack for it.
    ///
    /// ```
    /// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
    /// let name = String::from("gopher");
    /// assert_eq!(rt.block_on_goroutine(|| name.len()), 6);
    /// ```
    #[track_caller]
    pub fn block_on_goroutine<F, T>(&self, f: F) -> T
    where
        F: FnOnce() -> T + Send,
        T: Send,
    {
        let result = crate::scope(|s| s.spawn(f).join());
        result.unwrap_or_else(|payload| std::panic::resume_unwind(payload))
    }
}

/// Starts the runtime unless there is one; waits if another thread is at it.
pub(crate) fn start_shared() {
    // SAFETY: #[gmp::test] is the user's signature under the contract.
    #[expect(unsafe_code, reason = "signed by the attribute")]
    let started = unsafe { Runtime::builder().start() };
    match started {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            while STATE.load(Acquire) == STARTING {
                std::thread::yield_now();
            }
        }
        Err(error) => panic!("gmp cannot start: {error}"),
    }
}
