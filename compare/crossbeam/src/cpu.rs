//! The words of a text.

use std::thread;
use std::time::Duration;

use compare_harness::text::{BLOCK, Text, counted};
use compare_harness::{Ask, timed, work};
use crossbeam_channel::bounded;

/// One thread cuts the text into blocks, the others count, and send the blocks back.
pub(crate) fn word_count(ask: &Ask) -> Duration {
    let path = ask.text();
    let mut count = 0;
    let time = timed(|| count = count_words(path, ask.procs()));
    assert_eq!(count, counted(path));
    time
}

fn count_words(path: &str, workers: usize) -> u64 {
    const WAITING: usize = 8;
    let (full, blocks) = bounded::<Vec<u8>>(WAITING);
    // All blocks fit in: nobody waits to give one back.
    let (free, used) = bounded(WAITING + workers + 2);
    for _ in 0..WAITING + workers + 2 {
        free.send(Vec::with_capacity(BLOCK)).unwrap();
    }
    let mut text = Text::open(path);
    thread::scope(|s| {
        s.spawn(move || {
            loop {
                let mut block = used.recv().unwrap();
                if !text.read(&mut block) {
                    return;
                }
                full.send(block).unwrap();
            }
        });
        let count_blocks = || {
            let mut count = 0;
            for block in &blocks {
                count += work::words(&block);
                // The cutter may have ended.
                let _ = free.send(block);
            }
            count
        };
        let workers: Vec<_> = (0..workers).map(|_| s.spawn(count_blocks)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    })
}
