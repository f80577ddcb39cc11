//! What the macros expand to.

use crate::g::spawn::spawn_failed;
use crate::g::{exit, panic};
use crate::runtime::{RuntimeBuilder, start_shared};
use crate::{Builder, Goexit, JoinHandle, Scope, ScopedJoinHandle};
use std::any::Any;
use std::process::{ExitCode, Termination};
use std::time::{Duration, Instant};

/// `go!(<options> ..)`.
#[doc(hidden)]
#[track_caller]
pub fn spawn_with<F, T>(builder: Builder, f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    match builder.spawn(f) {
        Ok(handle) => handle,
        Err(error) => spawn_failed(&error),
    }
}

/// `go!(s, ..)`.
#[doc(hidden)]
#[track_caller]
pub fn scope_spawn<'scope, F, T>(
    scope: &'scope Scope<'scope, '_>,
    f: F,
) -> ScopedJoinHandle<'scope, T>
where
    F: FnOnce() -> T + Send + 'scope,
    T: Send + 'scope,
{
    scope.spawn(f)
}

/// `go!(s, <options> ..)`.
#[doc(hidden)]
#[track_caller]
pub fn scope_spawn_with<'scope, F, T>(
    scope: &'scope Scope<'scope, '_>,
    builder: Builder,
    f: F,
) -> ScopedJoinHandle<'scope, T>
where
    F: FnOnce() -> T + Send + 'scope,
    T: Send + 'scope,
{
    match scope.spawn_with(builder, f) {
        Ok(handle) => handle,
        Err(error) => spawn_failed(&error),
    }
}

/// What `#[gmp::main]`'s arguments become.
#[doc(hidden)]
#[derive(Clone, Debug, Default)]
pub struct MainOptions {
    builder: RuntimeBuilder,
}

#[doc(hidden)]
impl MainOptions {
    pub fn new() -> MainOptions {
        MainOptions::default()
    }

    pub fn gomaxprocs(mut self, n: usize) -> MainOptions {
        self.builder = self.builder.gomaxprocs(n);
        self
    }

    pub fn max_threads(mut self, n: usize) -> MainOptions {
        self.builder = self.builder.max_threads(n);
        self
    }

    pub fn max_threads_exit(mut self, exit: bool) -> MainOptions {
        self.builder = self.builder.max_threads_exit(exit);
        self
    }

    pub fn stack_size(mut self, bytes: usize) -> MainOptions {
        self.builder = self.builder.stack_size(bytes);
        self
    }

    pub fn on_panic_abort(mut self, abort: bool) -> MainOptions {
        self.builder = self.builder.abort_on_panic(abort);
        self
    }
}

/// Bytes of the main goroutine's stack: as much as std's main thread has.
const MAIN_STACK: usize = 8 << 20;

/// `#[gmp::main]`: starts the runtime, runs `body` as goroutine 1, and returns
/// when it returns, whatever else still runs.
#[doc(hidden)]
#[track_caller]
pub fn run_main<R: Termination + 'static>(options: MainOptions, body: fn() -> R) -> ExitCode {
    let stack_size = options.builder.default_stack().unwrap_or(0).max(MAIN_STACK);
    // SAFETY: #[gmp::main] is the user's signature under the contract.
    #[expect(unsafe_code, reason = "signed by the attribute")]
    let started = unsafe { options.builder.start() };
    if let Err(error) = started {
        eprintln!("Error: gmp cannot start: {error}");
        return ExitCode::FAILURE;
    }
    let main = Builder::new().name("main").stack_size(stack_size);
    // Err of `main` is printed on the goroutine: it need not be Send.
    let ended = match main.spawn(move || body().report()) {
        Ok(handle) => handle.join(),
        Err(error) => {
            eprintln!("Error: gmp cannot start the main goroutine: {error}");
            return ExitCode::FAILURE;
        }
    };
    match ended {
        Ok(code) => {
            let_panics_win();
            code
        }
        Err(payload) if payload.is::<Goexit>() => {
            exit::set_main_gone();
            loop {
                // An M that finds nothing left to run ends the process.
                std::thread::park();
            }
        }
        // The hook has printed it; std's exit code for this is 101.
        Err(payload) => std::panic::resume_unwind(payload),
    }
}

/// Under `on_panic = "abort"`, a panic that is unwinding when main returns
/// still decides the exit code: main waits for it, for a second at most (it may
/// have been caught).
fn let_panics_win() {
    const PATIENCE: Duration = Duration::from_secs(1);
    let start = Instant::now();
    while panic::aborts() && panic::under_way() > 0 && start.elapsed() < PATIENCE {
        std::thread::yield_now();
    }
}

/// `#[gmp::test]`: runs `body` as a goroutine of the shared runtime.
#[doc(hidden)]
#[track_caller]
pub fn run_test<R: Termination + 'static>(body: fn() -> R) -> ExitCode {
    start_shared();
    let test = std::thread::current().name().unwrap_or("test").to_owned();
    let started = Builder::new().name(test).stack_size(MAIN_STACK).spawn(move || body().report());
    let ended = match started {
        Ok(handle) => handle.join(),
        Err(error) => spawn_failed(&error),
    };
    ended.unwrap_or_else(|payload| {
        // The hook has written to the output of whichever test started the
        // threads; this one's own output says it, too.
        eprintln!("the test's goroutine panicked: {}", message(&*payload));
        std::panic::resume_unwind(payload)
    })
}

/// A panic's message, if it is text.
fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("(no text)")
}
