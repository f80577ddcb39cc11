//! Contexts.

use std::time::{Duration, Instant};

use gmp::context::{Context, background};

use crate::harness::Harness;

const HOUR: Duration = Duration::from_secs(3_600);
const SIDE: usize = 100;

pub(crate) fn run(harness: &Harness) {
    let (parent, _cancel) = background().with_cancel();
    harness.run("context/child", 1, |n| {
        for _ in 0..n {
            let (_child, cancel) = parent.with_cancel();
            cancel();
        }
    });
    harness.run("context/timeout", 1, |n| {
        for _ in 0..n {
            let (_child, cancel) = parent.with_timeout(HOUR);
            cancel();
        }
    });
    cancels(harness, "context/tree", tree);
    cancels(harness, "context/chain", chain);
}

/// A hundred children with a hundred each.
fn tree(root: &Context) -> Vec<Context> {
    let children: Vec<Context> = (0..SIDE).map(|_| root.with_cancel().0).collect();
    let below =
        |child: &Context| -> Vec<Context> { (1..SIDE).map(|_| child.with_cancel().0).collect() };
    let grandchildren: Vec<Context> = children.iter().flat_map(below).collect();
    children.into_iter().chain(grandchildren).collect()
}

fn chain(root: &Context) -> Vec<Context> {
    let mut all = vec![root.with_cancel().0];
    while all.len() < SIDE * SIDE {
        all.push(all[all.len() - 1].with_cancel().0);
    }
    all
}

/// How long one cancel takes, without making the contexts and dropping them.
fn cancels(harness: &Harness, name: &str, make: fn(&Context) -> Vec<Context>) {
    if !harness.wants(name) {
        return;
    }
    let old_procs = gmp::gomaxprocs(1);
    let rounds = if harness.quick() { 3 } else { 51 };
    let round = |_| {
        let (root, cancel) = background().with_cancel();
        let all = make(&root);
        assert_eq!(all.len(), SIDE * SIDE);
        let start = Instant::now();
        cancel();
        let took = start.elapsed();
        assert!(all.iter().all(|ctx| ctx.err().is_some()));
        took.as_secs_f64() * 1e6
    };
    let figures = (0..rounds).map(round).collect();
    gmp::gomaxprocs(old_procs);
    crate::print_rounds(name, "us", figures);
}
