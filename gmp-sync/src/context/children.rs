//! What is to be told when a node is cancelled: its children, and functions.

use std::mem;
use std::sync::{Arc, Weak};

use super::after_func::Func;
use super::node::Node;

/// Not a place.
pub(super) const NOWHERE: usize = usize::MAX;

/// A list's capacity that is given back when the list becomes empty.
const LARGE: usize = 64;

/// A list whose entries keep their places, so that each knows its own and leaves at a cost
/// that does not depend on how many there are.
#[derive(Default)]
pub(super) struct Children {
    /// Place 0. Most nodes have one child at most, which costs no allocation.
    first: Slot,
    /// The places from 1 on.
    more: Option<Box<More>>,
}

struct More {
    slots: Vec<Slot>,
    /// The first free one.
    free: usize,
    /// How many are taken.
    len: usize,
}

enum Slot {
    /// And the next free one.
    Free(usize),
    Node(Weak<Node>),
    Func(Arc<Func>),
}

impl Default for Slot {
    fn default() -> Slot {
        Slot::Free(NOWHERE)
    }
}

impl Slot {
    fn is_free(&self) -> bool {
        matches!(self, Slot::Free(_))
    }

    /// Whom the entry stands for: nobody else has that address while it is listed.
    fn address(&self) -> *const () {
        match self {
            Slot::Free(_) => std::ptr::null(),
            Slot::Node(node) => node.as_ptr().cast(),
            Slot::Func(func) => Arc::as_ptr(func).cast(),
        }
    }
}

impl Children {
    pub(super) fn is_empty(&self) -> bool {
        self.first.is_free() && self.more.is_none()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        usize::from(!self.first.is_free()) + self.more.as_ref().map_or(0, |more| more.len)
    }

    pub(super) fn add_node(&mut self, node: Weak<Node>) -> usize {
        self.add(Slot::Node(node))
    }

    pub(super) fn add_func(&mut self, func: Arc<Func>) -> usize {
        self.add(Slot::Func(func))
    }

    fn add(&mut self, slot: Slot) -> usize {
        if self.first.is_free() {
            self.first = slot;
            return 0;
        }
        1 + self.more.get_or_insert_with(|| Box::new(More::new())).add(slot)
    }

    /// Takes `whom` off the list; false if he is not at `place`. No user's code runs in here
    /// as long as the caller holds another reference to whom he removes.
    pub(super) fn remove(&mut self, place: usize, whom: *const ()) -> bool {
        match (place.checked_sub(1), &mut self.more) {
            (None, _) if self.first.address() == whom => self.first = Slot::default(),
            (Some(place), Some(more)) if more.holds(place, whom) => {
                more.take(place);
                if more.len == 0 && more.slots.capacity() > LARGE {
                    self.more = None;
                }
            }
            _ => return false,
        }
        true
    }

    /// Takes the functions out.
    pub(super) fn take_funcs(&mut self) -> Vec<Arc<Func>> {
        let mut taken = Vec::new();
        if matches!(self.first, Slot::Func(_))
            && let Slot::Func(func) = mem::take(&mut self.first)
        {
            taken.push(func);
        }
        if let Some(more) = &mut self.more {
            for place in 0..more.slots.len() {
                if matches!(more.slots[place], Slot::Func(_))
                    && let Slot::Func(func) = more.take(place)
                {
                    taken.push(func);
                }
            }
        }
        taken
    }

    /// The children that are still there.
    pub(super) fn nodes(&self) -> impl Iterator<Item = Arc<Node>> + '_ {
        let more = self.more.as_ref().map_or(&[][..], |more| &more.slots);
        std::iter::once(&self.first).chain(more).filter_map(|slot| match slot {
            Slot::Node(node) => node.upgrade(),
            Slot::Free(_) | Slot::Func(_) => None,
        })
    }
}

impl More {
    fn new() -> More {
        More { slots: Vec::new(), free: NOWHERE, len: 0 }
    }

    fn add(&mut self, slot: Slot) -> usize {
        self.len += 1;
        let place = self.free;
        match self.slots.get_mut(place) {
            None => {
                self.slots.push(slot);
                self.slots.len() - 1
            }
            Some(free) => {
                if let Slot::Free(next) = mem::replace(free, slot) {
                    self.free = next;
                }
                place
            }
        }
    }

    fn holds(&self, place: usize, whom: *const ()) -> bool {
        self.slots.get(place).is_some_and(|slot| slot.address() == whom)
    }

    /// Empties a place that is taken.
    fn take(&mut self, place: usize) -> Slot {
        let slot = mem::replace(&mut self.slots[place], Slot::Free(self.free));
        self.free = place;
        self.len -= 1;
        slot
    }
}
