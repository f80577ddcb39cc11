//! Goroutine-local values: what `thread_local!` is to threads.
#![expect(unsafe_code, reason = "values behind type-erased nodes")]

use super::{G, panic};
use crate::m;
use std::cell::Cell;
use std::fmt;
use std::mem::MaybeUninit;
use std::ptr::{from_ref, null_mut};

/// One value of one goroutine: a list from `G::locals`, newest first.
#[derive(Debug)]
pub(crate) struct Node {
    key: *const (),
    next: *mut Node,
    /// Drops the value, or (true) frees the node without it.
    end: unsafe fn(*mut Node, bool),
    /// Its destructor runs or has run.
    dead: Cell<bool>,
}

#[repr(C)]
struct Valued<T> {
    node: Node,
    value: T,
}

/// The key of a goroutine-local value; made by `goroutine_local!`.
///
/// Each goroutine has its own value, made on first use and dropped when it ends
/// (newest first). On a plain thread the value is the thread's. The first use
/// allocates; each use walks a short list, a nanosecond or two per key in use.
///
/// ```
/// use std::cell::Cell;
/// gmp_core::goroutine_local! { static DEPTH: Cell<u32> = Cell::new(0); }
/// DEPTH.with(|d| d.set(d.get() + 1));
/// assert_eq!(DEPTH.with(Cell::get), 1);
/// ```
pub struct LocalKey<T: 'static> {
    init: fn() -> T,
}

/// The value's destructor has begun: there is none any more.
///
/// ```
/// let text = gmp_core::AccessError.to_string();
/// assert!(text.contains("destroyed"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccessError;

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the goroutine-local value is being or has been destroyed")
    }
}

impl std::error::Error for AccessError {}

impl<T> fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalKey { .. }")
    }
}

impl<T: 'static> LocalKey<T> {
    #[doc(hidden)]
    pub const fn new(init: fn() -> T) -> LocalKey<T> {
        LocalKey { init }
    }

    /// Runs `f` on this goroutine's value.
    ///
    /// # Panics
    /// If the value's destructor has begun.
    ///
    /// ```
    /// use std::cell::RefCell;
    /// gmp_core::goroutine_local! { static LOG: RefCell<Vec<u32>> = RefCell::new(Vec::new()); }
    /// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
    /// rt.block_on_goroutine(|| {
    ///     LOG.with(|log| log.borrow_mut().push(1));
    ///     gmp_core::spawn(|| LOG.with(|log| assert!(log.borrow().is_empty()))).join().unwrap();
    /// });
    /// ```
    pub fn with<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
        match self.try_with(f) {
            Ok(result) => result,
            Err(error) => panic!("{error}"),
        }
    }

    /// As `with`, but an error instead of a panic.
    ///
    /// # Errors
    /// If the value's destructor has begun.
    ///
    /// ```
    /// gmp_core::goroutine_local! { static ID: u32 = 7; }
    /// assert_eq!(ID.try_with(|id| *id), Ok(7));
    /// ```
    pub fn try_with<R>(&'static self, f: impl FnOnce(&T) -> R) -> Result<R, AccessError> {
        let list = List::current();
        let node = match list.find(from_ref(self).cast()) {
            Some(node) => node,
            // The initialiser may use other keys, or this one.
            None => self.make(list, (self.init)()),
        };
        self.visit(node, f)
    }

    /// Runs `f` on this goroutine's value, which `value` becomes if there is none yet;
    /// otherwise `f` gets it back.
    pub(super) fn with_first<R>(&'static self, value: T, f: impl FnOnce(Option<T>, &T) -> R) -> R {
        let list = List::current();
        let (node, left) = match list.find(from_ref(self).cast()) {
            Some(node) => (node, Some(value)),
            None => (self.make(list, value), None),
        };
        match self.visit(node, |value| f(left, value)) {
            Ok(result) => result,
            Err(error) => panic!("{error}"),
        }
    }

    /// `node` is this key's, of the caller.
    fn visit<R>(&'static self, node: *mut Node, f: impl FnOnce(&T) -> R) -> Result<R, AccessError> {
        // SAFETY: nodes live until the goroutine (or thread) ends, and we run
        // on it; the key says that the value is a T.
        let valued = unsafe { &*node.cast::<Valued<T>>() };
        if valued.node.dead.get() {
            return Err(AccessError);
        }
        Ok(f(&valued.value))
    }

    #[cold]
    fn make(&'static self, list: List, value: T) -> *mut Node {
        let node = Box::into_raw(Box::new(Valued {
            node: Node {
                key: from_ref(self).cast(),
                next: list.head(),
                end: end_node::<T>,
                dead: Cell::new(false),
            },
            value,
        }))
        .cast();
        list.set_head(node);
        node
    }
}

/// # Safety
/// `node` is the head of a `Valued<T>` made by `make`; called once with false,
/// then once with true.
unsafe fn end_node<T>(node: *mut Node, free: bool) {
    let valued = node.cast::<Valued<T>>();
    if free {
        // SAFETY: the value is gone; MaybeUninit has the same layout.
        drop(unsafe { Box::from_raw(valued.cast::<MaybeUninit<Valued<T>>>()) });
    } else {
        // SAFETY: the value is there, and nobody uses it: its node is marked dead.
        unsafe { std::ptr::drop_in_place(&raw mut (*valued).value) };
    }
}

/// Whose values: the goroutine's, or the plain thread's.
#[derive(Clone, Copy)]
enum List {
    Goroutine(&'static G),
    Thread,
}

thread_local! {
    /// A plain thread's values. Without a destructor of its own, so that it can
    /// be used while the values are dropped.
    static HEAD: Cell<*mut Node> = const { Cell::new(null_mut()) };
    /// Drops them when the thread ends.
    static ENDING: ThreadEnd = const { ThreadEnd };
}

struct ThreadEnd;

impl Drop for ThreadEnd {
    fn drop(&mut self) {
        drop_list(List::Thread);
    }
}

impl List {
    fn current() -> List {
        m::current_g().map_or(List::Thread, List::Goroutine)
    }

    fn head(self) -> *mut Node {
        match self {
            List::Goroutine(gp) => gp.locals.get(),
            List::Thread => HEAD.get(),
        }
    }

    fn set_head(self, head: *mut Node) {
        match self {
            List::Goroutine(gp) => gp.locals.set(head),
            List::Thread => {
                HEAD.set(head);
                // Registers the destructor; past the thread's end, when there is
                // none any more, the value is leaked.
                let _ = ENDING.try_with(|_| ());
            }
        }
    }

    fn first_alive(self) -> Option<*mut Node> {
        let mut at = self.head();
        while !at.is_null() {
            // SAFETY: nodes on the list are there, and only we touch the list.
            let node = unsafe { &*at };
            if !node.dead.get() {
                return Some(at);
            }
            at = node.next;
        }
        None
    }

    fn find(self, key: *const ()) -> Option<*mut Node> {
        let mut at = self.head();
        while !at.is_null() {
            // SAFETY: nodes on the list are alive, and only we touch the list.
            let node = unsafe { &*at };
            if node.key == key {
                return Some(at);
            }
            at = node.next;
        }
        None
    }
}

/// The goroutine ends: drops its values, newest first, also those that
/// destructors make.
#[cold]
pub(crate) fn drop_all(gp: &'static G) {
    drop_list(List::Goroutine(gp));
}

fn drop_list(list: List) {
    // A dead node stays on the list, so that a destructor that uses its key
    // gets an error instead of a new value.
    while let Some(node) = list.first_alive() {
        // SAFETY: alive and on the list, which only we touch.
        let end = unsafe {
            (*node).dead.set(true);
            (*node).end
        };
        // SAFETY: marked dead just now, so this is the one call with false.
        let destroy = || unsafe { end(node, false) };
        match list {
            List::Goroutine(gp) => panic::last_act(gp, destroy),
            // As std, which aborts on a panic in a thread-local's destructor.
            List::Thread => destroy(),
        }
    }
    let mut node = list.head();
    list.set_head(null_mut());
    while !node.is_null() {
        // SAFETY: off the list and dead; `next` is read before the node goes.
        unsafe {
            let next = (*node).next;
            ((*node).end)(node, true);
            node = next;
        }
    }
}

/// Declares goroutine-local values, as `thread_local!` does thread-local ones.
///
/// ```
/// use std::cell::RefCell;
/// gmp_core::goroutine_local! {
///     /// Counts.
///     pub static COUNT: RefCell<u32> = RefCell::new(1);
///     static NAME: String = String::from("x");
/// }
/// COUNT.with(|c| *c.borrow_mut() += 1);
/// assert_eq!(COUNT.with(|c| *c.borrow()), 2);
/// assert_eq!(NAME.with(|n| n.len()), 1);
/// ```
#[macro_export]
macro_rules! goroutine_local {
    () => {};
    ($(#[$meta:meta])* $vis:vis static $name:ident : $ty:ty = const $init:block $(; $($rest:tt)*)?) => {
        $(#[$meta])*
        $vis static $name: $crate::LocalKey<$ty> = $crate::LocalKey::new(|| const { $init });
        $($crate::goroutine_local!($($rest)*);)?
    };
    ($(#[$meta:meta])* $vis:vis static $name:ident : $ty:ty = $init:expr $(; $($rest:tt)*)?) => {
        $(#[$meta])*
        $vis static $name: $crate::LocalKey<$ty> = $crate::LocalKey::new(|| $init);
        $($crate::goroutine_local!($($rest)*);)?
    };
}
