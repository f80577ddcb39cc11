//! Parents and children.

use std::collections::VecDeque;

use gmp::context::{Context, ContextError, background, todo};

use crate::support::{Drops, process};
use crate::{FOREVER, assert_ended, assert_open, cause, cause_text};

/// TestBackground, TestTODO.
pub(crate) fn background_() {
    for ctx in [background(), todo()] {
        assert_open(&[&ctx]);
        assert!(ctx.deadline().is_none() && ctx.value::<u32>().is_none());
        assert!(ctx.done().try_recv().is_err());
    }
}

/// TestWithCancel, with clones in place of foreign contexts.
pub(crate) fn with_cancel() {
    let (first, cancel) = background().with_cancel();
    let clone = first.clone();
    let (child, _cancel_child) = clone.with_cancel();
    let value = child.with_value(1_u32);
    assert_open(&[&first, &clone, &child, &value]);
    cancel();
    assert_ended(&[&first, &clone, &child, &value], ContextError::Canceled);
    // Again, and by another handle: nothing happens.
    cancel.clone()();
    assert_eq!(first.err(), Some(ContextError::Canceled));
    assert!(first.done().same_channel(clone.done()), "clones are one context");
}

/// TestParentFinishesChild.
pub(crate) fn parent_finishes_child() {
    let (parent, cancel) = background().with_cancel();
    let (cancel_child, _stop) = parent.with_cancel();
    let value_child = parent.with_value("value");
    let (timer_child, _stop) = value_child.with_timeout(FOREVER);
    let after = parent.after_func(|| ());
    assert_open(&[&parent, &cancel_child, &value_child, &timer_child]);
    cancel();
    let all = [&parent, &cancel_child, &value_child, &timer_child];
    assert_ended(&all, ContextError::Canceled);
    assert!(!after.stop(), "it has been started");
    let late = parent.with_value("value");
    assert_ended(&[&late], ContextError::Canceled);
    assert_eq!(late.value::<&str>().as_deref(), Some(&"value"));
}

/// TestChildFinishesFirst.
pub(crate) fn child_finishes_first() {
    let (cancellable, _stop) = background().with_cancel();
    for parent in [background(), cancellable] {
        let (child, cancel) = parent.with_cancel();
        let (sibling, _cancel_sibling) = parent.with_cancel();
        assert_open(&[&parent, &child, &sibling]);
        cancel();
        assert_ended(&[&child], ContextError::Canceled);
        assert_open(&[&parent, &sibling]);
    }
}

/// XTestCancelRemoves: a parent that lives on keeps nothing of children that were cancelled,
/// though somebody still has their cancel functions.
pub(crate) fn cancelled_children_leave() {
    const CHILDREN: usize = 1_000;
    let drops = Drops::new();
    let (parent, _cancel) = background().with_cancel();
    let kept: Vec<_> = (0..CHILDREN)
        .map(|n| {
            let (child, cancel) = match n % 2 {
                0 => parent.with_cancel(),
                _ => parent.with_timeout(FOREVER),
            };
            let (grandchild, _) = child.with_value(drops.value()).with_cancel();
            cancel();
            assert_ended(&[&child, &grandchild], ContextError::Canceled);
            drop((child, grandchild));
            assert_eq!(drops.count(), n + 1, "somebody keeps the value");
            cancel
        })
        .collect();
    assert_open(&[&parent]);
    drop(kept);
}

/// Nobody needs to cancel a context to be rid of it.
pub(crate) fn dropped_children_leave() {
    const CHILDREN: usize = 1_000;
    let drops = Drops::new();
    let (parent, cancel) = background().with_cancel();
    for n in 0..CHILDREN {
        let value = parent.with_value(drops.value());
        let (child, cancel_child) = match n % 3 {
            0 => value.with_cancel(),
            1 => value.with_timeout(FOREVER),
            _ => value.with_cancel().0.with_value(n).with_cancel(),
        };
        let (grandchild, cancel_grandchild) = child.with_cancel();
        drop((value, child, cancel_child));
        // A child keeps those above it.
        assert_eq!(drops.count(), n);
        drop((grandchild, cancel_grandchild));
        assert_eq!(drops.count(), n + 1, "somebody keeps the value");
    }
    // A grandchild is reached though nobody else has the child.
    let (child, _) = parent.with_cancel();
    let (grandchild, _) = child.with_cancel();
    drop(child);
    cancel();
    assert_ended(&[&parent, &grandchild], ContextError::Canceled);
}

/// Neither does a list of them grow: most of what a child takes is some hundred bytes.
pub(crate) fn parents_do_not_grow() {
    const CHILDREN: usize = 50_000;
    let (parent, _cancel) = background().with_cancel();
    let before = process::rss_kib();
    for _ in 0..CHILDREN {
        let (_child, cancel) = parent.with_cancel();
        cancel();
        drop(parent.with_cancel());
        drop(parent.with_timeout(FOREVER));
        assert!(parent.after_func(|| ()).stop());
    }
    let grown = process::rss_kib().saturating_sub(before);
    assert!(grown < 3_000, "{grown} KiB");
}

pub(crate) fn dropping_a_cancel_function_does_nothing() {
    let (ctx, cancel) = background().with_cancel();
    let (with_cause, cancel_cause) = ctx.with_cancel_cause();
    let (timed, cancel_timed) = with_cause.with_timeout(FOREVER);
    drop((cancel, cancel_cause, cancel_timed));
    assert_open(&[&ctx, &with_cause, &timed]);
}

/// TestWithCancelCanceledParent: every kind of child is born cancelled.
pub(crate) fn with_cancel_of_a_cancelled_parent() {
    let (parent, cancel) = background().with_cancel_cause();
    cancel(Some(cause("Because!")));
    let (by_hand, _cancel) = parent.with_cancel();
    let (with_cause, late) = parent.with_cancel_cause();
    late(Some(cause("too late")));
    let (timed, _cancel) = parent.with_timeout(FOREVER);
    let value = parent.with_value(1_u8);
    for child in [&by_hand, &with_cause, &timed, &value] {
        assert_ended(&[child], ContextError::Canceled);
        assert_eq!(cause_text(child).as_deref(), Some("Because!"));
    }
    let free = parent.without_cancel();
    assert_open(&[&free]);
}

/// Ten thousand contexts, as a chain and as a tree: one cancel, and all are done when it
/// returns. Neither that nor dropping them takes stack for each.
pub(crate) fn deep_and_wide() {
    const CONTEXTS: usize = 10_000;
    for branches in [1, 2, 100, CONTEXTS] {
        let (root, cancel) = background().with_cancel_cause();
        let mut all = vec![root.clone()];
        let mut parents: VecDeque<Context> = [root].into();
        while all.len() <= CONTEXTS {
            let parent = parents.pop_front().expect("as many as are made");
            for _ in 0..branches {
                let (child, _cancel) = parent.with_cancel();
                all.push(child.clone());
                parents.push_back(child);
            }
        }
        cancel(Some(cause("enough")));
        let ended = |ctx: &Context| ctx.err() == Some(ContextError::Canceled);
        assert!(all.iter().all(ended) && all.iter().all(|ctx| ctx.done().is_closed()));
        assert_eq!(cause_text(&all[CONTEXTS]).as_deref(), Some("enough"));
    }
    // Dropped uncancelled, from the leaf: nobody else has those above it.
    let leaf = (0..CONTEXTS).fold(background(), |ctx, _| ctx.with_cancel().0);
    assert_open(&[&leaf]);
    drop(leaf);
    let leaf = (0..CONTEXTS).fold(background(), |ctx, n| ctx.with_value(n));
    assert_eq!(leaf.value::<usize>().as_deref(), Some(&(CONTEXTS - 1)));
}
