//! `Select`: sets of operations that are built at run time.

use std::fmt::Debug;
use std::thread;
use std::time::Instant;

use gmp::chan::{
    ReadyTimeoutError, Select, SelectTimeoutError, SelectedOperation, TryReadyError, TryRecvError,
    TrySelectError, TrySendError, bounded, unbounded,
};
use gmp::go;

use crate::support::{join_thread, until};
use crate::{SOON, on_both, panic_text};

/// Operations are numbered as they are added; numbers of removed ones do not come back.
#[gmp::test]
fn operations_are_numbered() {
    on_both(|| {
        let ((tx, rx), (_idle_tx, idle)) = (unbounded(), bounded::<u32>(0));
        let mut cases = Select::new();
        assert_eq!((cases.recv(&idle), cases.recv(&rx), cases.send(&tx)), (0, 1, 2));
        cases.remove(2);
        assert_eq!(cases.try_ready(), Err(TryReadyError));
        tx.send(7).unwrap();
        assert_eq!(cases.try_ready(), Ok(1));
        cases.remove(0);
        assert_eq!((cases.ready(), cases.recv(&rx)), (1, 3));
        cases.remove(1);
        let picked = cases.select();
        assert_eq!((picked.index(), picked.recv(&rx)), (3, Ok(7)));
        for (index, text) in
            [(1, "no operation with this index"), (4, "index out of bounds; 4 >= 4")]
        {
            assert_eq!(panic_text(|| cases.remove(index)), text);
        }
        cases.remove(3);
        assert_eq!(cases.try_select().map(|_| ()), Err(TrySelectError));
        assert_eq!(cases.send(&tx), 4);
        assert_eq!(cases.select().send(&tx, 8), Ok(()));
        assert_eq!(rx.recv(), Ok(8));
    });
}

/// Without operations there is nothing to wait for: that is a mistake, unless time passes.
#[gmp::test]
fn sets_without_operations() {
    on_both(|| {
        let mut cases = Select::new();
        let text = "no operations have been added to `Select`";
        assert_eq!(panic_text(|| _ = cases.select().index()), text);
        assert_eq!(panic_text(|| cases.ready()), text);
        assert_eq!(cases.try_select().map(|_| ()), Err(TrySelectError));
        assert_eq!(cases.try_ready(), Err(TryReadyError));
        let start = Instant::now();
        assert_eq!(cases.select_timeout(SOON).map(|_| ()), Err(SelectTimeoutError));
        assert!(start.elapsed() >= SOON);
        assert_eq!(cases.ready_timeout(SOON), Err(ReadyTimeoutError));
        assert!(start.elapsed() >= 2 * SOON);
        assert_eq!(cases.select_deadline(start).map(|_| ()), Err(SelectTimeoutError));
        assert_eq!(Select::default().try_ready(), Err(TryReadyError));
    });
}

/// An operation is completed on the end it was added with, and in its own direction.
#[gmp::test]
fn operations_know_their_ends() {
    on_both(|| {
        let ((tx, rx), (other_tx, other)) = (unbounded(), unbounded());
        tx.send(1).unwrap();
        other_tx.send(2).unwrap();
        let picked = |of: &dyn Fn(SelectedOperation<'_>)| {
            let mut cases = Select::new();
            cases.recv(&rx);
            of(cases.select());
        };
        let text = "passed a receiver that wasn't selected";
        assert_eq!(panic_text(|| picked(&|operation| _ = operation.recv(&other))), text);
        let clone = rx.clone();
        tx.send(1).unwrap();
        assert_eq!(panic_text(|| picked(&|operation| _ = operation.recv(&clone))), text);
        let mut cases = Select::new();
        cases.send(&tx);
        let wrong = || _ = cases.select().send(&other_tx, 3);
        assert_eq!(panic_text(wrong), "passed a sender that wasn't selected");
        assert_eq!(other.try_iter().collect::<Vec<_>>(), [2], "nothing was sent");
    });
}

/// A set can be used any number of times, be cloned, and be sent to another thread.
#[gmp::test]
fn sets_are_used_again() {
    fn sendable<T: Send + Sync + Clone + Debug>(_: &T) {}
    on_both(|| {
        let ((a_tx, a), (b_tx, b)) = (unbounded(), bounded(0));
        let mut cases = Select::new();
        let indexes = [cases.recv(&a), cases.recv(&b)];
        sendable(&cases);
        thread::scope(|scope| {
            scope.spawn(|| (0..300).for_each(|n| a_tx.send(n).unwrap()));
            scope.spawn(|| (300..600).for_each(|n| b_tx.send(n).unwrap()));
            let mut copy = cases.clone();
            let mut sums = [0; 2];
            for n in 0..600 {
                let cases = if n % 2 == 0 { &mut cases } else { &mut copy };
                let picked = cases.select();
                let which = indexes.iter().position(|&index| index == picked.index()).unwrap();
                sums[which] += picked.recv(if which == 0 { &a } else { &b }).unwrap();
            }
            assert_eq!(sums, [299 * 300 / 2, 300 * 300 + 299 * 300 / 2]);
        });
        assert!(cases.try_select().is_err());
    });
}

/// Between selection and completion the value is the operation's own: nobody else gets it.
#[gmp::test]
fn a_selected_operation_is_committed() {
    on_both(|| {
        let (tx, rx) = bounded(1);
        tx.send(1).unwrap();
        let mut cases = Select::new();
        cases.recv(&rx);
        let picked = cases.select();
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
        assert_eq!((tx.send(2), rx.len()), (Ok(()), 1));
        tx.close();
        assert_eq!((picked.recv(&rx), rx.recv()), (Ok(1), Ok(2)));

        let (tx, rx) = bounded(1);
        let mut cases = Select::new();
        cases.send(&tx);
        let picked = cases.select();
        assert_eq!(tx.try_send(1), Err(TrySendError::Full(1)), "the room is taken");
        assert_eq!((picked.send(&tx, 2), rx.recv()), (Ok(()), Ok(2)));
        assert_eq!(tx.try_send(3), Ok(()));
    });
}

/// `ready` tells of operations that would not wait, and takes nothing.
#[gmp::test]
fn ready_takes_nothing() {
    on_both(|| {
        let ((tx, rx), (_idle_tx, idle)) = (bounded(0), bounded::<u32>(0));
        let receiver = rx.clone();
        let watches = go!(move || {
            let mut cases = Select::new();
            cases.recv(&idle);
            cases.recv(&receiver);
            let index = cases.ready();
            (index, receiver.recv())
        });
        let sender = tx.clone();
        let sends = thread::spawn(move || sender.send(5).unwrap());
        assert_eq!(watches.join().unwrap(), (1, Ok(5)));
        join_thread(sends);
        let receives = go!(move || rx.recv());
        until(|| tx.waiting_receivers() == 1);
        let mut cases = Select::new();
        cases.send(&tx);
        for _ in 0..10 {
            assert_eq!((cases.try_ready(), tx.waiting_receivers()), (Ok(0), 1));
        }
        tx.send(6).unwrap();
        assert_eq!(receives.join().unwrap(), Ok(6));
        assert_eq!(cases.ready_timeout(SOON), Ok(0), "all receivers have left");
    });
}
