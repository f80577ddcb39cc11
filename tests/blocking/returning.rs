//! Goroutines that come back from a blocking call go on as if nothing had happened.

use std::io::{Read, Write, pipe};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use gmp::chan::bounded;
use gmp::{JoinHandle, go, gomaxprocs, gosched, stats};

use crate::support::until;
use crate::work::Hogs;

/// A ring of goroutines that hand tokens on through pipes, two of them at once.
pub(crate) fn tokens() {
    const MEMBERS: usize = 8;
    const ROUNDS: u64 = 150;
    let (mut readers, mut writers): (Vec<_>, Vec<_>) =
        (0..MEMBERS).map(|_| pipe().unwrap()).unzip();
    let mut first = writers[0].try_clone().unwrap();
    writers.rotate_left(1);
    let member = |(mut reader, mut writer): (std::io::PipeReader, std::io::PipeWriter)| {
        go!(move || {
            let mut last = [0; 2];
            for _ in 0..2 * ROUNDS {
                let mut token = [0; 9];
                reader.read_exact(&mut token).unwrap();
                let which = usize::from(token[0]);
                let count = u64::from_ne_bytes(token[1..].try_into().unwrap());
                assert!(count > last[which] || last[which] == 0, "{count} after {last:?}");
                last[which] = count;
                // Something for the scheduler in between.
                let (tx, rx) = bounded(0);
                go!(move || tx.send(count + 1).unwrap());
                token[1..].copy_from_slice(&rx.recv().unwrap().to_ne_bytes());
                // Of the last round's tokens nobody may be there to take them.
                let _ = writer.write_all(&token);
            }
            last
        })
    };
    let pairs = readers.drain(..).zip(writers.drain(..));
    let members: Vec<JoinHandle<[u64; 2]>> = pairs.map(member).collect();
    for which in 0..2 {
        let mut token = [0; 9];
        token[0] = which;
        first.write_all(&token).unwrap();
    }
    drop(first);
    for (n, handle) in members.into_iter().enumerate() {
        let last = n as u64 + (ROUNDS - 1) * MEMBERS as u64;
        assert_eq!(handle.join().expect("it goes on"), [last; 2], "member {n}");
    }
}

/// Sections under std's locks that block, yield never, and are waited for by many.
pub(crate) fn lock_users() {
    const USERS: usize = 12;
    const EACH: usize = 10;
    let lock = Arc::new((Mutex::new((0, 0)), Condvar::new()));
    let hogs = Hogs::mixed(gomaxprocs(0));
    let users: Vec<_> = (0..USERS)
        .map(|n| {
            let lock = Arc::clone(&lock);
            go!(move || for round in 0..EACH {
                let mut pair = lock.0.lock().unwrap();
                pair.0 += 1;
                if (n + round) % 3 == 0 {
                    std::thread::sleep(Duration::from_millis(1));
                }
                pair.1 += 1;
                assert_eq!(pair.0, pair.1);
                if (n + round) % 4 == 0 {
                    pair = lock.1.wait_timeout(pair, Duration::from_millis(1)).unwrap().0;
                    assert_eq!(pair.0, pair.1);
                }
                drop(pair);
                lock.1.notify_one();
                gosched();
            })
        })
        .collect();
    users.into_iter().for_each(|user| user.join().expect("one at a time"));
    assert_eq!(*lock.0.lock().unwrap(), (USERS * EACH, USERS * EACH));
    hogs.stop();
}

/// They come back while hogs have all the Ps, more at once than there are Ps.
pub(crate) fn readers_go_on() {
    const READERS: usize = 12;
    const ROUNDS: u8 = 4;
    let hogs = Hogs::mixed(gomaxprocs(0) + 1);
    let (results, all) = bounded(1);
    let (readers, mut writers): (Vec<_>, Vec<_>) = (0..READERS).map(|_| pipe().unwrap()).unzip();
    for mut reader in readers {
        let results = results.clone();
        go!(move || for round in 0..ROUNDS {
            let mut byte = [0];
            reader.read_exact(&mut byte).unwrap();
            assert_eq!(byte, [round]);
            results.send(round).unwrap();
        });
    }
    for round in 0..ROUNDS {
        until(|| stats().blocked_threads >= READERS);
        // All at once.
        writers.iter_mut().for_each(|writer| writer.write_all(&[round]).unwrap());
        for _ in 0..READERS {
            assert_eq!(all.recv(), Ok(round));
        }
    }
    hogs.all_get_on();
    hogs.stop();
}
