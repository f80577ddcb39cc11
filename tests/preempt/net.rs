//! What comes over the network while hogs have all the Ps.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream as Plain;
use std::thread;
use std::time::{Duration, Instant};

use gmp::net::UnixStream;
use gmp::{go, gomaxprocs};

use crate::support::join_thread;
use crate::work::Hogs;

/// Rounds of question and answer.
const ROUNDS: usize = 20;
/// For each P: a turn of all of them takes 80 ms. An answer takes 20 ms at most, until
/// somebody looks at the descriptors, and until the end of a slice.
const HOGS: usize = 8;

/// A plain thread asks a goroutine. The median counts: the machine may have others to serve.
pub(crate) fn answers_come() {
    let hogs = Hogs::mixed(HOGS * gomaxprocs(0));
    hogs.all_get_on();
    let (mut server, client) = UnixStream::pair().unwrap();
    let echo = go!(move || {
        let mut byte = [0];
        while server.read(&mut byte).unwrap() == 1 {
            server.write_all(&byte).unwrap();
        }
    });
    let mut client = Plain::from(client);
    let asks = thread::spawn(move || {
        let mut times: Vec<Duration> = (0..ROUNDS as u8)
            .map(|n| {
                let start = Instant::now();
                client.write_all(&[n]).unwrap();
                let mut byte = [0];
                client.read_exact(&mut byte).unwrap();
                assert_eq!(byte[0], n);
                start.elapsed()
            })
            .collect();
        times.sort();
        times[ROUNDS / 2]
    });
    let median = join_thread(asks);
    println!("median={}", median.as_micros());
    hogs.all_get_on();
    hogs.stop();
    echo.join().unwrap();
}
