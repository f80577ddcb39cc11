//! Cancelling a node and all below it.

use std::mem;
use std::sync::Arc;

use gmp_chan::Sender;

use super::after_func::Func;
use super::node::{Fate, Node};
use crate::time::Timer;

/// The nodes that are still to be visited, and those whose children were.
///
/// Dropped early, by a panic in a user's waker or destructor, it walks on.
struct Walk {
    ahead: Vec<(Arc<Node>, Fate)>,
    parents: Vec<Arc<Node>>,
}

/// What is taken from a node when it is claimed, to be used without its lock. Its destructor
/// does the rest when `close` was dropped, be it that a waker has panicked on that.
struct Due {
    close: Option<Sender<()>>,
    timer: Option<Timer>,
    funcs: Vec<Arc<Func>>,
}

impl Node {
    /// Gives the node and all below it a fate, unless they have one, and returns when all
    /// are done.
    pub(super) fn cancel(self: &Arc<Node>, fate: Fate) {
        let mut walk = Walk { ahead: Vec::new(), parents: Vec::new() };
        walk.visit(self, fate);
        walk.finish();
        self.detach();
    }
}

impl Walk {
    fn visit(&mut self, node: &Arc<Node>, fate: Fate) {
        let mut state = node.lock();
        let due = state.fate.is_none().then(|| Due {
            close: state.close.take(),
            timer: state.timer.take(),
            funcs: state.children.take_funcs(),
        });
        // What those below get: the fate of their parent, whoever it comes from.
        let (fate, unused) = match state.fate.clone() {
            Some(before) => (before, Some(fate)),
            None => {
                node.claim(&mut state, fate.clone());
                (fate, None)
            }
        };
        if !state.children.is_empty() {
            self.ahead.extend(state.children.nodes().map(|child| (child, fate.clone())));
            self.parents.push(Arc::clone(node));
        }
        drop(state);
        drop(unused);
        match due {
            Some(mut due) => drop(due.close.take()),
            None => node.await_close(),
        }
    }

    fn finish(&mut self) {
        while let Some((node, fate)) = self.ahead.pop() {
            self.visit(&node, fate);
        }
        while let Some(parent) = self.parents.pop() {
            let list = mem::take(&mut parent.lock().children);
            drop(list);
        }
    }
}

impl Drop for Walk {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Drop for Due {
    fn drop(&mut self) {
        if let Some(timer) = self.timer.take() {
            timer.stop();
        }
        if !self.funcs.is_empty() {
            self.funcs.drain(..).for_each(Func::start);
        }
    }
}
