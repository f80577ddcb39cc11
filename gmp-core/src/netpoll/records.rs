//! All records: never freed, found by their numbers, used again last in first out.
#![expect(unsafe_code, reason = "records are reached through raw pointers to where they stay")]

use super::desc::Desc;
use crate::prim::Locked;
use crate::rt::Critical;
use std::ptr::{null_mut, slice_from_raw_parts_mut};
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::{Acquire, Release};

/// Records in the first block; each block holds as many as all before it, and these, together.
const FIRST: usize = 64;
/// Enough for 2^31 records.
const BLOCKS: usize = 26;

static BLOCK: [AtomicPtr<Desc>; BLOCKS] = [const { AtomicPtr::new(null_mut()) }; BLOCKS];
static FREE: Locked<Free> = Locked::new(Free { first: None, blocks: 0 });

struct Free {
    first: Option<&'static Desc>,
    blocks: usize,
}

fn locked<R>(f: impl FnOnce(&mut Free) -> R) -> R {
    let _critical = Critical::enter_inside();
    FREE.with(f)
}

/// The block of record `index`, and its place there.
fn place(index: usize) -> (usize, usize) {
    let at = index / FIRST + 1;
    let block = at.ilog2() as usize;
    (block, index - FIRST * ((1 << block) - 1))
}

/// Record number `index`, if there is one.
pub(super) fn get(index: u32) -> Option<&'static Desc> {
    let (block, at) = place(index as usize);
    let block = BLOCK.get(block)?.load(Acquire);
    // SAFETY: a block that is published is filled, and `place` stays inside of it.
    unsafe { block.add(if block.is_null() { 0 } else { at }).as_ref() }
}

/// A record nobody uses. Allocates when there is none: not for use in a section.
pub(super) fn take() -> &'static Desc {
    loop {
        let (found, blocks) = locked(|free| {
            let desc = free.first;
            if let Some(desc) = desc {
                free.first = desc.link.take();
            }
            (desc, free.blocks)
        });
        match found {
            Some(desc) => return desc,
            None => add_block(blocks),
        }
    }
}

/// Gives one back.
pub(super) fn give_back(desc: &'static Desc) {
    locked(|free| desc.link.set(free.first.replace(desc)));
}

/// Adds block number `block`, unless somebody else has.
#[cold]
fn add_block(block: usize) {
    let len = FIRST << block;
    let first = FIRST * ((1 << block) - 1);
    assert!(block < BLOCKS, "too many open descriptors");
    let records: Box<[Desc]> = (first..first + len).map(|index| Desc::new(index as u32)).collect();
    let records = Box::into_raw(records);
    let added = locked(|free| {
        if free.blocks != block {
            return false;
        }
        BLOCK[block].store(records.cast(), Release);
        // SAFETY: made just now; from here on it lives for ever.
        for desc in unsafe { &*records }.iter().rev() {
            desc.link.set(free.first.replace(desc));
        }
        free.blocks += 1;
        true
    });
    if !added {
        // SAFETY: made above, and nobody has seen it.
        drop(unsafe { Box::from_raw(slice_from_raw_parts_mut(records.cast::<Desc>(), len)) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_one_place() {
        let mut expected = (0, 0);
        for index in 0..FIRST * 1000 {
            assert_eq!(place(index), expected, "of {index}");
            expected.1 += 1;
            if expected.1 == FIRST << expected.0 {
                expected = (expected.0 + 1, 0);
            }
        }
    }
}
