//! Who is done with whom, and what is left behind.

use gmp_sync::context::{Context, background, todo};

use crate::common::{Drops, on_both};
use crate::{CANCELED, FOREVER, assert_done, assert_open, cause};

const OWN: &str = "context canceled";

#[test]
fn the_roots_are_never_done() {
    on_both(|| {
        for root in [background(), todo(), Context::default()] {
            assert_open(&root);
            assert!(root.deadline().is_none() && root.value::<u8>().is_none());
            assert!(std::ptr::eq(root.done(), background().done()));
        }
    });
}

#[test]
fn a_cancellation_takes_all_below_and_nothing_else() {
    on_both(|| {
        let (root, cancel_root) = background().with_cancel();
        let (left, cancel_left) = root.with_cancel();
        let (right, _right) = root.with_value("right").with_cancel();
        let (below, _below) = left.with_value(1).with_timeout(FOREVER);
        let free = left.without_cancel();
        let seen = below.done().clone();
        cancel_left();
        for ctx in [&left, &below] {
            assert_done(ctx, CANCELED, OWN);
        }
        assert!(seen.is_closed());
        for ctx in [&root, &right, &free] {
            assert_open(ctx);
        }
        cancel_root();
        assert_done(&right, CANCELED, OWN);
        assert_open(&free);
    });
}

#[test]
fn the_same_channel_at_every_call() {
    on_both(|| {
        let (ctx, cancel) = background().with_cancel();
        let value = ctx.with_value(1);
        let first = ctx.done().clone();
        assert!(first.same_channel(ctx.clone().done()) && first.same_channel(value.done()));
        cancel();
        assert!(first.same_channel(ctx.done()));
        // Asked for too late to be closed, and closed.
        let (late, cancel) = background().with_cancel();
        cancel();
        assert!(late.done().is_closed());
    });
}

#[test]
fn dropping_the_function_cancels_nothing() {
    on_both(|| {
        let (ctx, cancel) = background().with_cancel();
        drop(cancel.clone());
        drop(cancel);
        assert_open(&ctx);
        let (ctx, cancel) = background().with_cancel_cause();
        drop(cancel);
        assert_open(&ctx);
    });
}

/// A chain and a tree that no stack is deep enough for, if they were walked by recursion.
#[test]
fn deep_chains_end_on_small_stacks() {
    const DEPTH: usize = 100_000;
    on_both(|| {
        // The goroutine of a test has a large stack.
        let test = gmp_core::spawn(|| {
            let drops = Drops::default();
            let (root, cancel) = background().with_cancel_cause();
            let mut leaf = root.with_value(drops.token());
            for n in 0..DEPTH {
                leaf = match n % 4 {
                    0 => leaf.with_value(n),
                    1 => leaf.with_timeout(FOREVER).0,
                    _ => leaf.with_cancel().0,
                };
            }
            assert!(leaf.to_string().len() > 10 * DEPTH);
            assert_eq!(leaf.value().as_deref(), Some(&(DEPTH - 4)));
            leaf.done();
            cancel(Some(cause("deep")));
            assert_done(&leaf, CANCELED, "deep");
            drop(root);
            assert_eq!(drops.count(), 0);
            drop((leaf, cancel));
            assert_eq!(drops.count(), 1);
            // The same, not cancelled, with links alone, and dropped from the middle.
            let mut leaf = background().with_value(drops.token());
            let middles: Vec<_> = (0..DEPTH)
                .filter_map(|n| {
                    leaf = if n % 2 == 0 { leaf.with_value(n) } else { leaf.without_cancel() };
                    (n % 1000 == 0).then(|| leaf.clone())
                })
                .collect();
            drop(leaf);
            drop(middles);
            assert_eq!(drops.count(), 2);
        });
        test.join().expect("no panic");
    });
}

#[test]
fn what_is_dropped_is_freed() {
    on_both(|| {
        let drops = Drops::default();
        let (parent, cancel) = background().with_cancel();
        for n in 0..300 {
            let (child, cancel_child) = parent.with_value(drops.token()).with_timeout(FOREVER);
            match n % 3 {
                0 => cancel_child(),
                1 => drop(cancel_child),
                // Kept by a descendant until the end of the loop.
                _ => drop((child.with_cancel(), child.without_cancel())),
            }
            child.done();
        }
        assert_eq!(drops.count(), 300, "they do not wait for their parent's end");
        // A function keeps what it cancels.
        let (child, cancel_child) = parent.with_value(drops.token()).with_cancel();
        drop(child);
        assert_eq!(drops.count(), 300);
        drop(cancel_child);
        assert_eq!(drops.count(), 301);
        cancel();
    });
}

/// The destructor of a value may use the tree that the value was in.
#[test]
fn destructors_may_use_the_tree() {
    struct Uses(Context, Box<dyn Fn() + Send + Sync>);

    impl Drop for Uses {
        fn drop(&mut self) {
            let (child, _cancel) = self.0.with_cancel();
            (self.1)();
            assert!(child.err().is_some() && self.0.done().is_closed());
        }
    }

    on_both(|| {
        let (root, cancel) = background().with_cancel();
        let again = cancel.clone();
        let value = Uses(root.clone(), Box::new(move || again.cancel()));
        let (child, cancel_child) = root.with_value(value).with_cancel();
        drop(child);
        drop(cancel_child);
        assert_done(&root, CANCELED, OWN);
        cancel();
    });
}

#[test]
fn texts() {
    on_both(|| {
        let (ctx, cancel) = todo().with_value(1_u8).with_cancel();
        assert_eq!(ctx.to_string(), "context.TODO.WithValue(u8).WithCancel");
        cancel();
        assert_eq!(format!("{:?}", ctx.without_cancel()), format!("{ctx}.WithoutCancel"));
        let text = background().with_timeout(FOREVER).0.to_string();
        assert!(text.starts_with("context.Background.WithDeadline(in 999999.9"), "{text}");
        let text = background().with_timeout(std::time::Duration::ZERO).0.to_string();
        assert!(text.ends_with(" ago)"), "{text}");
    });
}

#[test]
fn values() {
    #[derive(Debug, PartialEq)]
    struct Key(u32);
    on_both(|| {
        let outer = background().with_value(Key(1)).with_value("text").with_cancel().0;
        let inner = outer.with_value(Key(2)).without_cancel().with_timeout(FOREVER).0;
        assert_eq!(outer.value::<Key>().as_deref(), Some(&Key(1)));
        assert_eq!(inner.value::<Key>().as_deref(), Some(&Key(2)));
        assert_eq!(inner.value::<&str>().as_deref(), Some(&"text"));
        assert!(inner.value::<String>().is_none());
        // A value outlives its context, if somebody has it.
        let kept = inner.value::<Key>();
        drop(inner);
        assert_eq!(kept.as_deref(), Some(&Key(2)));
    });
}
