//! What may block a thread: more goroutines that do than there are Ps, and nobody waits.

use std::io::{Read, Write, pipe};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use gmp::chan::bounded;
use gmp::{JoinHandle, blocking, go, gomaxprocs, gosched, stats};

use crate::support::until;
use crate::work::Hogs;

fn more_than_ps() -> usize {
    gomaxprocs(0) + 3
}

/// Longer than others may be held up, shorter than a watchdog waits.
const HELD_UP: Duration = Duration::from_secs(10);

/// Starts `block` several times; when all are about to block, runs everything else for a
/// while, then `release`, and waits for them.
fn others_go_on<T: Send + 'static>(
    block: impl Fn(usize) -> T + Send + Sync + 'static,
    release: impl FnOnce(),
) -> Vec<T> {
    let (block, begun) = (Arc::new(block), Arc::new(AtomicUsize::new(0)));
    let begin = |n| {
        let (block, begun) = (Arc::clone(&block), Arc::clone(&begun));
        go!(move || {
            begun.fetch_add(1, SeqCst);
            block(n)
        })
    };
    let blocked: Vec<JoinHandle<T>> = (0..more_than_ps()).map(begin).collect();
    until(|| begun.load(SeqCst) == blocked.len());
    let start = Instant::now();
    for n in 0..50 {
        let (tx, rx) = bounded(0);
        go!(move || tx.send(n).unwrap());
        assert_eq!(rx.recv(), Ok(n));
        gmp::time::sleep(Duration::from_micros(100));
        gosched();
    }
    assert!(start.elapsed() < HELD_UP, "held up for {:?}; {}", start.elapsed(), stats());
    assert!(blocked.iter().all(|handle| !handle.is_finished()), "they do not block");
    release();
    blocked.into_iter().map(|handle| handle.join().expect("it comes back")).collect()
}

pub(crate) fn pipes() {
    let (readers, writers): (Vec<_>, Vec<_>) = (0..more_than_ps()).map(|_| pipe().unwrap()).unzip();
    let readers: Vec<_> = readers.into_iter().map(|reader| Mutex::new(Some(reader))).collect();
    let read = move |n: usize| {
        let mut reader = readers[n].lock().unwrap().take().unwrap();
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        text
    };
    let texts = others_go_on(read, || {
        for (n, mut writer) in writers.into_iter().enumerate() {
            write!(writer, "for reader {n}").unwrap();
        }
    });
    for (n, text) in texts.into_iter().enumerate() {
        assert_eq!(text, format!("for reader {n}"));
    }
}

/// Each sleeps until it is told that it is enough: a sleep cannot be released.
pub(crate) fn sleeps() {
    let enough = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&enough);
    let sleep = move |_| {
        while !told.load(SeqCst) {
            thread::sleep(Duration::from_millis(300));
        }
    };
    others_go_on(sleep, || enough.store(true, SeqCst));
}

/// The lock is held by a plain thread.
pub(crate) fn locks() {
    let lock = Arc::new(Mutex::new(0));
    let (held, hold) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let holder = {
        let lock = Arc::clone(&lock);
        thread::spawn(move || {
            let _guard = lock.lock().unwrap();
            held.send(()).unwrap();
            let _ = released.recv();
        })
    };
    hold.recv().unwrap();
    let shared = Arc::clone(&lock);
    others_go_on(move |_| *shared.lock().unwrap() += 1, || drop(release));
    assert_eq!(*lock.lock().unwrap(), more_than_ps());
    holder.join().unwrap();
}

pub(crate) fn condvars() {
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let shared = Arc::clone(&gate);
    let wait = move |_| {
        let mut open = shared.0.lock().unwrap();
        while !*open {
            open = shared.1.wait(open).unwrap();
        }
    };
    others_go_on(wait, || {
        *gate.0.lock().unwrap() = true;
        gate.1.notify_all();
    });
}

/// Children that end when their input does.
pub(crate) fn children() {
    let cat = || Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
    let mut children: Vec<_> = (0..more_than_ps()).map(|_| cat().expect("there is cat")).collect();
    // `wait` would close the input itself.
    let inputs: Vec<_> = children.iter_mut().map(|child| child.stdin.take()).collect();
    let children: Vec<_> = children.into_iter().map(Mutex::new).collect();
    let wait = move |n: usize| children[n].lock().unwrap().wait().unwrap();
    let ended = others_go_on(wait, || drop(inputs));
    assert!(ended.iter().all(std::process::ExitStatus::success), "{ended:?}");
}

/// Joins of plain threads.
pub(crate) fn threads() {
    let (release, released) = mpsc::channel::<()>();
    let released = Arc::new(Mutex::new(released));
    let join = move |n| {
        let released = Arc::clone(&released);
        let other = thread::spawn(move || {
            let _ = released.lock().unwrap().recv();
            n
        });
        other.join().unwrap()
    };
    let joined = others_go_on(join, || drop(release));
    assert!(joined.into_iter().eq(0..more_than_ps()));
}

pub(crate) fn accepts() {
    let bind = |_| TcpListener::bind("127.0.0.1:0").unwrap();
    let listeners: Vec<TcpListener> = (0..more_than_ps()).map(bind).collect();
    let addresses: Vec<_> = listeners.iter().map(|each| each.local_addr().unwrap()).collect();
    let accept = move |n: usize| {
        let (mut stream, _) = listeners[n].accept().unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    };
    let texts = others_go_on(accept, || {
        for (n, address) in addresses.into_iter().enumerate() {
            write!(TcpStream::connect(address).unwrap(), "to {n}").unwrap();
        }
    });
    assert!(texts.into_iter().eq((0..more_than_ps()).map(|n| format!("to {n}"))));
}

/// Nobody can tell how long a look-up takes: only that all are answered, and a ticker ticks.
pub(crate) fn names() {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let ticker = go!(move || {
        let (mut ticks, mut longest) = (0, Duration::ZERO);
        while !stopped.load(SeqCst) {
            let start = Instant::now();
            gmp::time::sleep(Duration::from_millis(1));
            longest = longest.max(start.elapsed());
            ticks += 1;
        }
        (ticks, longest)
    });
    let look_up = |n: u16| {
        for round in 0..20 {
            let mut found = ("localhost", n + round).to_socket_addrs().unwrap();
            assert!(found.all(|address| address.ip().is_loopback()));
        }
    };
    let lookers: Vec<_> = (0..more_than_ps() as u16).map(|n| go!(look_up(n))).collect();
    lookers.into_iter().for_each(|looker| looker.join().unwrap());
    stop.store(true, SeqCst);
    let (ticks, longest): (u32, Duration) = ticker.join().unwrap();
    println!("{ticks} ticks, the longest {longest:?}");
    assert!(ticks > 0 && longest < HELD_UP);
}

/// The main goroutine blocks, and who is to release it needs its P.
pub(crate) fn main_itself() {
    let hogs = Hogs::mixed(gomaxprocs(0));
    for n in 0..20_u8 {
        let (mut reader, mut writer) = pipe().unwrap();
        go!(move || writer.write_all(&[n]).unwrap());
        let mut byte = [0];
        reader.read_exact(&mut byte).unwrap();
        assert_eq!(byte, [n]);
        // The same with a lock of std's.
        let (tx, rx) = mpsc::channel();
        go!(move || tx.send(n).unwrap());
        assert_eq!(rx.recv(), Ok(n));
    }
    hogs.stop();
}

// --- the stall ----------------------------------------------------------------------------

/// How long a goroutine that computes stands still when its neighbour on the only P blocks:
/// the median of some times. The slice is over only after 10 ms. The best of some rounds
/// counts: the machine may have others to serve.
pub(crate) fn stall() {
    for (name, block) in [
        ("unannounced", (|| thread::sleep(BLOCKED)) as fn()),
        ("announced", || blocking(|| thread::sleep(BLOCKED))),
    ] {
        let mut medians = Vec::new();
        while medians.last().is_none_or(|&median| median > Duration::from_millis(4)) {
            assert!(medians.len() < 10, "{name}: {medians:?}; {}", stats());
            let mut stalls = stalls(block);
            stalls.sort_unstable();
            medians.push(stalls[stalls.len() / 2]);
        }
        println!("{name}: {medians:?}");
    }
}

const BLOCKED: Duration = Duration::from_millis(40);

fn stalls(block: fn()) -> Vec<Duration> {
    const STALLS: usize = 9;
    let (clock, blocked_at) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let now = move || clock.elapsed().as_nanos() as u64;
    let note = Arc::clone(&blocked_at);
    let computing = go!(move || {
        let mut stalls = Vec::new();
        while stalls.len() < STALLS {
            match note.swap(0, SeqCst) {
                0 => {}
                at => stalls.push(Duration::from_nanos(now() - at)),
            }
        }
        stalls
    });
    for _ in 0..STALLS {
        blocked_at.store(now(), SeqCst);
        block();
        // Not before the note has been found.
        until(|| blocked_at.load(SeqCst) == 0);
    }
    computing.join().unwrap()
}
