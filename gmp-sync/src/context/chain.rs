//! The chain from a context up to its root: values, names, and the end of it all.

use std::any::{Any, TypeId, type_name};
use std::fmt;
use std::mem;
use std::sync::Arc;
use std::time::Instant;

use super::node::{Kind, Node};
use super::{Context, Repr};

/// A context that adds no cancellation of its own.
pub(super) struct Link {
    parent: Context,
    /// The nearest node above, unless it is hidden. The parent keeps it alive, too.
    node: Option<Arc<Node>>,
    adds: Adds,
}

enum Adds {
    Value {
        key: TypeId,
        name: &'static str,
        value: Arc<dyn Any + Send + Sync>,
    },
    /// Not done with the contexts above, and without their deadline.
    WithoutCancel,
}

impl Link {
    pub(super) fn with_value<T: Any + Send + Sync>(parent: &Context, value: T) -> Link {
        Link {
            parent: parent.clone(),
            node: parent.node().cloned(),
            adds: Adds::Value {
                key: TypeId::of::<T>(),
                name: type_name::<T>(),
                value: Arc::new(value),
            },
        }
    }

    pub(super) fn without_cancel(parent: &Context) -> Link {
        Link { parent: parent.clone(), node: None, adds: Adds::WithoutCancel }
    }
}

impl Context {
    /// The node that cancels this context, if one can.
    pub(super) fn node(&self) -> Option<&Arc<Node>> {
        match &self.repr {
            Repr::Background | Repr::Todo => None,
            Repr::Node(node) => Some(node),
            Repr::Link(link) => link.node.as_ref(),
        }
    }

    fn parent(&self) -> Option<&Context> {
        match &self.repr {
            Repr::Background | Repr::Todo => None,
            Repr::Node(node) => Some(&node.parent),
            Repr::Link(link) => Some(&link.parent),
        }
    }

    pub(super) fn find<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        let wanted = TypeId::of::<T>();
        let mut at = Some(self);
        while let Some(ctx) = at {
            if let Repr::Link(link) = &ctx.repr
                && let Adds::Value { key, value, .. } = &link.adds
                && *key == wanted
            {
                return Arc::clone(value).downcast().ok();
            }
            at = ctx.parent();
        }
        None
    }

    /// Writes the chain from its root on, as Go does.
    pub(super) fn write_chain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut chain = vec![self];
        while let Some(parent) = chain[chain.len() - 1].parent() {
            chain.push(parent);
        }
        chain.into_iter().rev().try_for_each(|ctx| ctx.write_own_part(f))
    }

    fn write_own_part(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.repr {
            Repr::Background => f.write_str("context.Background"),
            Repr::Todo => f.write_str("context.TODO"),
            Repr::Node(node) => match node.deadline {
                Some(deadline) if node.kind == Kind::Deadline => write_deadline(f, deadline),
                _ => f.write_str(".WithCancel"),
            },
            Repr::Link(link) => match link.adds {
                Adds::Value { name, .. } => write!(f, ".WithValue({name})"),
                Adds::WithoutCancel => f.write_str(".WithoutCancel"),
            },
        }
    }
}

fn write_deadline(f: &mut fmt::Formatter<'_>, deadline: Instant) -> fmt::Result {
    let now = Instant::now();
    match deadline.checked_duration_since(now) {
        Some(left) => write!(f, ".WithDeadline(in {left:?})"),
        None => write!(f, ".WithDeadline({:?} ago)", now - deadline),
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        unchain(mem::take(&mut self.parent));
    }
}

/// Drops `ctx` and all above it that nobody else has, one by one: chains may be longer than
/// a stack is deep.
pub(super) fn unchain(mut ctx: Context) {
    loop {
        // What is taken apart here is dropped without its parent, so the parent that it
        // still needs while it goes is held by `ctx`.
        ctx = match mem::take(&mut ctx.repr) {
            Repr::Background | Repr::Todo => return,
            Repr::Node(node) => match Arc::into_inner(node) {
                None => return,
                Some(mut node) => {
                    node.leave();
                    mem::take(&mut node.parent)
                }
            },
            Repr::Link(link) => match Arc::into_inner(link) {
                None => return,
                Some(mut link) => mem::take(&mut link.parent),
            },
        }
    }
}
