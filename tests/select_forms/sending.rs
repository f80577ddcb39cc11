//! Arms that send.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::given::*;

#[gmp::test]
fn plain() {
    on_both(|| {
        let (tx, rx) = bounded(4);
        select! { tx <- 1 => {} }
        select! { tx <- 1 + 1 => {}, default => unreachable!() }
        select! { tx <- if rx.len() == 2 { 3 } else { 0 } => {}, after(LONG) => unreachable!() }
        assert_eq!(select! { tx <- 4 => "sent", _ = <-never::<u8>() => "received" }, "sent");
        assert_eq!(select! { tx <- 5 => "sent", default => "full" }, "full");
        assert_eq!(rx.try_iter().collect::<Vec<_>>(), [1, 2, 3, 4]);
    });
}

#[gmp::test]
fn with_a_name_for_the_result() {
    on_both(|| {
        let (tx, rx) = bounded(1);
        let r: Result<(), SendError<u8>> = select! { r = tx <- 1 => r };
        assert_eq!(r, Ok(()));
        drop(rx);
        assert_eq!(select! { r = tx <- 2 => r }, Err(SendError(2)));
        assert_eq!(select! { r = tx <- 3 => r, default => Ok(()) }, Err(SendError(3)));
        assert_eq!(
            select! { mut r = tx <- 4 => {
                r = r.map_err(|SendError(n)| SendError(n + 1));
                r
            }, after(LONG) => Ok(()) },
            Err(SendError(5))
        );
        select! { _ = tx <- 6 => {} }
        select! { _ = tx <- 7 => {}, after(LONG) => unreachable!() }
    });
}

#[gmp::test]
fn negative_numbers_and_comparisons() {
    on_both(|| {
        let (tx, rx) = bounded(4);
        select! { tx <- -1 => {} }
        #[rustfmt::skip]
        select! { tx <--2 => {}, default => unreachable!() }
        let (flags, set) = bounded(2);
        let x = -5;
        select! { flags <- x < -1 => {} }
        select! { flags <- x < -9, if x < -1 => {}, default => unreachable!() }
        assert_eq!((rx.recv(), rx.recv()), (Ok(-1), Ok(-2)));
        assert_eq!((set.recv(), set.recv()), (Ok(true), Ok(false)));
    });
}

#[gmp::test]
fn values_coerce_to_the_channels_type() {
    on_both(|| {
        let text = String::from("text");
        let (words, word) = bounded::<&str>(2);
        select! { words <- &text => {} }
        select! { words <- &text => {}, after(LONG) => unreachable!() }
        assert_eq!((word.recv(), word.recv()), (Ok("text"), Ok("text")));

        type Step = Box<dyn Fn(u8) -> u8 + Send>;
        let (steps, step) = bounded::<Step>(4);
        let enabled = step.is_empty();
        select! { steps <- Box::new(|n| n + 1) => {} }
        select! { steps <- Box::new(|n| n + 2), if enabled => {} }
        select! { steps <- Box::new(|n| n + 3) => {}, after(LONG) => unreachable!() }
        select! { steps <- Box::new(|n| n + 4), if enabled => {}, after(LONG) => unreachable!() }
        let total = step.try_iter().fold(0, |n, step| step(n));
        assert_eq!(total, 10);

        let (parsed, number) = bounded::<u16>(1);
        select! { parsed <- "12".parse().unwrap() => {}, after(LONG) => unreachable!() }
        assert_eq!(number.recv(), Ok(12));
    });
}

/// Where a panic of `select` was reported, and its message.
fn panic_of(select: impl FnOnce()) -> (u32, String) {
    use std::sync::Mutex;
    static LINE: Mutex<Vec<(Option<gmp::GoId>, std::thread::ThreadId, u32)>> =
        Mutex::new(Vec::new());
    static HOOK: std::sync::Once = std::sync::Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let message = info.payload_as_str().unwrap_or_default();
            if message != "send on closed channel" {
                return before(info);
            }
            let goroutine = gmp::current().map(|current| current.id());
            let thread = std::thread::current().id();
            let line = info.location().map_or(0, std::panic::Location::line);
            LINE.lock().unwrap().push((goroutine, thread, line));
        }));
    });
    let payload = catch_unwind(AssertUnwindSafe(select)).unwrap_err();
    let message = payload.downcast_ref::<&str>().copied().unwrap_or_default().to_owned();
    let goroutine = gmp::current().map(|current| current.id());
    let thread = std::thread::current().id();
    let lines = LINE.lock().unwrap();
    let mine = lines.iter().rev().find(|(by, on, _)| match goroutine {
        Some(_) => *by == goroutine,
        None => *on == thread,
    });
    (mine.expect("the hook has seen it").2, message)
}

#[gmp::test]
fn sending_on_a_closed_channel_panics_at_the_users_line() {
    on_both(|| {
        let (tx, _rx) = closed::<u8>();
        let expected = |line: u32| (line, "send on closed channel".to_owned());
        let line = line!() + 1;
        assert_eq!(panic_of(|| select! { tx <- 1 => {} }), expected(line));
        let panicked = panic_of(|| {
            select! {
                _ = <-never::<u8>() => {}
                tx <- 1 => unreachable!(),
            }
        });
        assert_eq!(panicked, expected(line!() - 3));
        let panicked = panic_of(|| {
            select! {
                tx
                    <- 1 => unreachable!(),
                default => unreachable!(),
            }
        });
        assert_eq!(panicked, expected(line!() - 4));
    });
}

#[gmp::test]
fn a_closed_channel_that_is_not_chosen_is_no_panic() {
    on_both(|| {
        let (tx, _rx) = closed::<u8>();
        let (_other, ready) = holding([1]);
        select! {
            biased;
            <-ready => {}
            tx <- 1 => unreachable!(),
        }
        let disabled = ready.is_empty();
        select! { tx <- 1, if !disabled => unreachable!(), default => {} }
    });
}

#[gmp::test]
fn hands_over_to_who_waits() {
    on_both(|| {
        let (tx, rx) = bounded::<u8>(0);
        let receiver = gmp::spawn(move || rx.recv());
        select! { tx <- 9 => {}, after(LONG) => unreachable!() }
        assert_eq!(receiver.join().unwrap(), Ok(9));
    });
}
