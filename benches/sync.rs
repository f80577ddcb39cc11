//! What locks, wait groups, contexts and timers cost, beside std's and parking_lot's.
//!
//! ```text
//! cargo bench --bench sync [-- [--quick] [FILTER]]
//! ```

mod harness;

use std::hint::black_box;

use gmp::sync::WaitGroup;
use harness::Harness;

#[gmp::main]
fn main() {
    let harness = Harness::from_args();
    harness.run("wait_group/add_done", 1, |n| {
        let wg = black_box(WaitGroup::new());
        for _ in 0..n {
            wg.add(1);
            wg.done();
        }
    });
}
