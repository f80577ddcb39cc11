//! What can only be seen from inside: the lists, and a walk that meets another one.

use std::fmt::Error as Named;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::node::{Fate, Node};
use super::{Context, ContextError, background};

fn node(ctx: &Context) -> &Arc<Node> {
    ctx.node().expect("it can be cancelled")
}

#[test]
fn who_leaves_is_off_the_list() {
    let (parent, _cancel) = background().with_cancel();
    let listed = || node(&parent).listed();
    let mut children: Vec<_> = (0..300).map(|_| parent.with_cancel()).collect();
    let functions: Vec<_> = (0..10).map(|_| parent.after_func(|| unreachable!())).collect();
    let (timed, _) = parent.with_timeout(Duration::from_secs(3600));
    assert_eq!(listed(), 311);
    for (n, (child, cancel)) in children.drain(..200).enumerate() {
        match n % 3 {
            0 => cancel(),
            1 => drop((child, cancel)),
            _ => drop((child.with_value(n), child.with_cancel(), cancel, child)),
        }
        assert_eq!(listed(), 310 - n);
    }
    drop(timed);
    assert!(functions.iter().all(|function| function.stop() && !function.stop()));
    assert_eq!(listed(), 100);
    drop(children);
    assert_eq!(listed(), 0);
}

#[test]
fn a_place_is_used_again_and_its_former_owner_cannot_empty_it() {
    let (parent, cancel) = background().with_cancel();
    let first = parent.after_func(|| unreachable!());
    assert!(first.stop());
    let (second, _cancel) = parent.with_cancel();
    assert!(!first.stop());
    assert_eq!(node(&parent).listed(), 1);
    cancel();
    assert!(second.err().is_some());
    assert_eq!(node(&parent).listed(), 0);
}

#[test]
fn a_list_is_gone_after_a_cancellation() {
    let (root, cancel) = background().with_cancel();
    let (middle, _) = root.with_value(1).with_cancel();
    let leaves: Vec<_> = (0..10).map(|_| middle.with_cancel().0).collect();
    cancel();
    assert_eq!((node(&root).listed(), node(&middle).listed()), (0, 0));
    // Born done, in no list.
    let (late, _) = middle.with_cancel();
    assert_eq!((late.err(), node(&middle).listed()), (Some(ContextError::Canceled), 0));
    assert!(leaves.iter().all(|leaf| leaf.err().is_some()));
}

/// Somebody has claimed a node, and has not come any further: another one who cancels the tree
/// waits for the one thing that only the first can do, and takes care of what is below.
#[test]
fn a_walk_helps_another_one() {
    let (root, cancel) = background().with_cancel();
    let (claimed, _) = root.with_cancel();
    let (below, _) = claimed.with_cancel();
    claimed.done();
    let close = {
        let node = node(&claimed);
        let mut state = node.lock();
        let cause = Some(Arc::new(Named) as _);
        node.claim(&mut state, Fate { err: ContextError::Canceled, cause });
        state.close.take()
    };
    let walker = thread::spawn(move || cancel.cancel());
    for _ in 0..1000 {
        thread::yield_now();
        assert!(!walker.is_finished() && !claimed.done().is_closed());
    }
    drop(close);
    walker.join().unwrap();
    assert_eq!(root.err(), Some(ContextError::Canceled));
    assert!(!root.cause().unwrap().is::<Named>(), "it goes down, not up");
    assert!(claimed.cause().unwrap().is::<Named>());
    assert!(below.cause().unwrap().is::<Named>(), "of its parent's cause, not of its own");
}

/// `err` has no answer before `done` is closed.
#[test]
fn an_answer_means_closed() {
    let (ctx, _cancel) = background().with_cancel();
    ctx.done();
    let close = {
        let node = node(&ctx);
        let mut state = node.lock();
        node.claim(&mut state, Fate { err: ContextError::DeadlineExceeded, cause: None });
        state.close.take()
    };
    let asked = ctx.clone();
    let answer = thread::spawn(move || (asked.err(), asked.done().is_closed()));
    for _ in 0..1000 {
        thread::yield_now();
        assert!(!answer.is_finished());
    }
    drop(close);
    assert_eq!(answer.join().unwrap(), (Some(ContextError::DeadlineExceeded), true));
}
