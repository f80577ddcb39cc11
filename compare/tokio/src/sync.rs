//! The lock.

use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::task::{JoinSet, coop};

use crate::runtime::run;

/// Lock, add, unlock, by `TASKS` tasks at once. Without tokio's budget, at whose end a task
/// queues up behind the others: it would be up to four times as slow.
pub(crate) fn mutex<const TASKS: u64>(n: u64) {
    run(async move {
        let count = Arc::new(Mutex::new(0));
        let mut set = JoinSet::new();
        for _ in 0..TASKS {
            let count = Arc::clone(&count);
            set.spawn(coop::unconstrained(async move {
                for _ in 0..n / TASKS {
                    *count.lock().await += 1;
                }
            }));
        }
        set.join_all().await;
        assert_eq!(*count.lock().await, n);
    });
}
