//! Plain threads in a process without a runtime.

use std::future::poll_fn;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::Poll;
use std::thread;

use gmp::block_on;
use gmp::chan::bounded;

use crate::by_hand::Event;

pub(crate) fn no_runtime() -> ExitCode {
    assert_eq!(block_on(async { 42 }), 42);
    for _ in 0..1_000 {
        let event = Event::new();
        let happens = Arc::clone(&event);
        let other = thread::spawn(move || happens.happen());
        block_on(event.wait());
        other.join().unwrap();
    }
    // A hand-off from thread to thread, both in futures.
    let ((tx, rx), (back_tx, back)) = (bounded(0), bounded(0));
    let other = thread::spawn(move || {
        block_on(async {
            while let Ok(n) = rx.recv_async().await {
                back_tx.send_async(n + 1).await.unwrap();
            }
        });
    });
    block_on(async {
        for n in 0..1_000 {
            tx.send_async(n).await.unwrap();
            assert_eq!(back.recv_async().await, Ok(n + 1));
        }
        drop(tx);
    });
    other.join().unwrap();
    let mut polls = 0;
    block_on(poll_fn(|context| {
        polls += 1;
        context.waker().wake_by_ref();
        if polls == 1_000 { Poll::Ready(()) } else { Poll::Pending }
    }));
    println!("no runtime was needed");
    crate::FINE
}
