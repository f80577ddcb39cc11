//! Ping-pong: two players hand a ball to each other over unbuffered channels, as goroutines on
//! one processor, as goroutines on all, and as threads over crossbeam-channel.
//!
//! ```text
//! cargo run --release --example ping_pong
//! ```
//!
//! On one processor a hand-off is one switch from a goroutine to the other. On several, the
//! one who was woken may be taken over by another processor. A thread has to be woken by the
//! kernel unless it is still spinning.

use std::thread;
use std::time::Instant;

/// How often each kind of players plays; they take turns, so that all meet the same weather.
const GAMES: usize = 5;
const GOROUTINE_HITS: u64 = 200_000;
const THREAD_HITS: u64 = 20_000;

/// Hits each ball that comes until one says that no hits are left; returns the number of hits.
fn play(catch: impl Fn() -> Option<u64>, hit: impl Fn(u64)) -> u64 {
    let mut hits = 0;
    while let Some(left @ 1..) = catch() {
        hits += 1;
        hit(left - 1);
    }
    hits
}

/// Nanoseconds per hand-off. Going away, a player closes its channel to the other, who goes
/// away as well.
macro_rules! game {
    ($bounded:path, $spawn:path, $hits:expr) => {{
        let ((to_ping, ping), (to_pong, pong)) = ($bounded(0), $bounded(0));
        let (serve, start) = (to_ping.clone(), Instant::now());
        let one = $spawn(move || play(|| ping.recv().ok(), |ball| to_pong.send(ball).unwrap()));
        let other = $spawn(move || play(|| pong.recv().ok(), |ball| to_ping.send(ball).unwrap()));
        serve.send($hits).unwrap();
        drop(serve);
        let (one, other) = (one.join().unwrap(), other.join().unwrap());
        assert_eq!((one, other), ($hits.div_ceil(2), $hits / 2));
        start.elapsed().as_secs_f64() * 1e9 / $hits as f64
    }};
}

fn goroutines(procs: usize) -> f64 {
    let all = gmp::gomaxprocs(procs);
    let time = game!(gmp::chan::bounded, gmp::spawn, GOROUTINE_HITS);
    gmp::gomaxprocs(all);
    time
}

fn threads() -> f64 {
    game!(crossbeam_channel::bounded, thread::spawn, THREAD_HITS)
}

#[gmp::main]
fn main() {
    let procs = gmp::gomaxprocs(0);
    let mut times = [(); 3].map(|()| Vec::new());
    for _ in 0..GAMES {
        times[0].push(goroutines(1));
        times[1].push(goroutines(procs));
        // On a thread of its own: to join others would hold up a processor.
        let (sender, receiver) = gmp::chan::bounded(1);
        thread::spawn(move || sender.send(threads()));
        times[2].push(receiver.recv().unwrap());
    }
    let [one, all, threads] = times.map(median);
    println!("ns per hand-off, median of {GAMES} games:");
    println!("  goroutines on 1 P:  {one:>8.0}");
    println!("  goroutines on {procs} Ps: {all:>8.0}");
    println!("  threads, crossbeam: {threads:>8.0}");
    println!("a thread takes {:.1} times as long as a goroutine on 1 P", threads / one);
    println!("           and {:.1} times as long as on {procs} Ps", threads / all);
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
