//! Many connections: idle ones cost little memory and no threads, and nothing is left of those
//! that have come and gone.

#[path = "../../gmp-sync/tests/common/mod.rs"]
mod common;

use std::fs;
use std::io::{self, Read, Write};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use common::{rss_kib, start, until, watchdog};
use gmp_net::{TcpListener, TcpStream, UnixListener, UnixStream};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What they count is the process's: one at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sockets of this process; the runtime has other files open, for each thread of its own.
fn sockets() -> usize {
    let files = fs::read_dir("/proc/self/fd").expect("/proc is mounted");
    let links = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
    links.filter(|link| link.to_str().is_some_and(|link| link.starts_with("socket:"))).count()
}

fn threads() -> usize {
    fs::read_dir("/proc/self/task").expect("/proc is mounted").count()
}

/// As many open files as the system allows; how many that is.
fn raise_limit() -> u64 {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).expect("up to the maximum");
    maximum.unwrap_or(u64::MAX)
}

/// No port stays taken for a minute after the connection.
fn reset_on_close(stream: &TcpStream) {
    rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO)).expect("a TCP socket");
}

#[test]
fn ten_thousand_idle_connections_need_no_threads() {
    let (_alone, _watchdog) = (alone(), watchdog());
    start();
    let connections = match raise_limit() {
        limit @ 0..21_000 => {
            let fewer = limit.saturating_sub(200) as usize / 2;
            println!("{fewer} connections: no more than {limit} files may be open");
            fewer
        }
        _ => 10_000,
    };
    let sockets_before = sockets();
    let goroutines = gmp_core::num_goroutine();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    let threads_before = threads();
    let rss = rss_kib();
    let server = gmp_core::spawn(move || {
        let echo = |mut stream: TcpStream| {
            let mut byte = [0];
            while stream.read(&mut byte).is_ok_and(|n| n == 1) {
                stream.write_all(&byte).expect("the client waits for it");
            }
        };
        let streams = listener.incoming().take(connections).map(|stream| stream.expect("a stream"));
        streams.map(|stream| gmp_core::spawn(move || echo(stream))).collect::<Vec<_>>()
    });
    let mut clients: Vec<_> = (0..connections)
        .map(|_| std::net::TcpStream::connect(address).expect("it listens"))
        .collect();
    let handlers = server.join().expect("no panic");
    until(|| gmp_core::stats().waiting >= connections);

    let bytes = (rss_kib() - rss) * 1024 / connections as u64;
    let threads_now = threads();
    println!("{connections} idle connections: {bytes} bytes each, {threads_now} threads in all");
    // The poller's, the spawner's, sysmon, the watchdog; a thread or two that blocked meanwhile.
    let few = gmp_core::gomaxprocs(0) + 8;
    assert!(threads_now <= threads_before + few, "{threads_before} threads became {threads_now}");
    assert!(bytes < 24 << 10, "{bytes} bytes for a connection");

    // They are not lost: each answers.
    for client in &mut clients {
        client.write_all(&[7]).expect("connected");
    }
    for client in &mut clients {
        let mut byte = [0];
        client.read_exact(&mut byte).expect("an answer");
        assert_eq!(byte, [7]);
        let now = Some(Duration::ZERO);
        rustix::net::sockopt::set_socket_linger(&client, now).expect("a TCP socket");
    }
    drop(clients);
    handlers.into_iter().for_each(|handler| handler.join().expect("no panic"));
    until(|| gmp_core::num_goroutine() <= goroutines);
    until(|| sockets() <= sockets_before);
}

/// Connects, exchanges a byte and closes, `cycles` times, with eight at it on each side.
fn come_and_go<S, L>(
    cycles: usize,
    listener: &L,
    accept: impl Fn(&L) -> io::Result<S> + Sync,
    connect: impl Fn() -> io::Result<S> + Sync,
    close: impl Fn(&L) -> io::Result<()>,
) where
    S: Read + Write,
    L: Sync,
{
    gmp_core::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Ok(mut stream) = accept(listener) {
                    let mut byte = [0];
                    if stream.read(&mut byte).is_ok_and(|n| n == 1) {
                        stream.write_all(&byte).expect("the client waits for it");
                    }
                }
            });
        }
        let clients: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    for n in 0..cycles / 8 {
                        let mut stream = connect().expect("it listens");
                        stream.write_all(&[n as u8]).expect("connected");
                        let mut byte = [0];
                        stream.read_exact(&mut byte).expect("an answer");
                        assert_eq!(byte, [n as u8]);
                    }
                })
            })
            .collect();
        clients.into_iter().for_each(|client| client.join().expect("no panic"));
        close(listener).expect("it was open");
    });
}

fn come_and_go_by_tcp(cycles: usize) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    let connect = || TcpStream::connect(address).inspect(reset_on_close);
    let accept = |listener: &TcpListener| Ok(listener.accept()?.0);
    come_and_go(cycles, &listener, accept, connect, TcpListener::close);
}

fn come_and_go_by_unix_sockets(cycles: usize) {
    use std::os::linux::net::SocketAddrExt;
    let name = format!("gmp-net-many-{}-{:?}", std::process::id(), Instant::now());
    let name = gmp_net::unix::SocketAddr::from_abstract_name(name).expect("a short name");
    let listener = UnixListener::bind_addr(&name).expect("a free name");
    let accept = |listener: &UnixListener| Ok(listener.accept()?.0);
    let connect = || UnixStream::connect_addr(&name);
    come_and_go(cycles, &listener, accept, connect, UnixListener::close);
}

#[test]
fn a_hundred_thousand_connections_leave_nothing_behind() {
    let (_alone, _watchdog) = (alone(), watchdog());
    start();
    // By way of ports there are fewer, for the sake of others.
    let (tcp, unix) = if cfg!(debug_assertions) { (2_000, 8_000) } else { (20_000, 80_000) };
    let both = |tcp, unix| {
        come_and_go_by_tcp(tcp);
        come_and_go_by_unix_sockets(unix);
    };
    both(tcp / 10, unix / 10);
    let goroutines = gmp_core::num_goroutine();
    let (sockets_before, rss) = (sockets(), rss_kib());
    let begin = Instant::now();
    both(tcp, unix);
    let each = begin.elapsed() / (tcp + unix) as u32;
    let more = rss_kib().saturating_sub(rss);
    println!("{} connections: {each:?} each, {more} KiB more in use", tcp + unix);
    until(|| gmp_core::num_goroutine() <= goroutines);
    assert_eq!(sockets(), sockets_before);
    assert!(more < 4096, "{more} KiB more in use");
}

const USED: usize = 64 << 10;

#[inline(never)]
fn use_stack(byte: u8) -> u64 {
    let mut room = [byte; USED];
    std::hint::black_box(&mut room);
    room.iter().copied().map(u64::from).sum()
}

/// In the child: it is to run its one test.
const CHILD: &str = "GMP_NET_MANY_CHILD";

/// What a call has used stays until the wait gets long; then it goes, and comes again when it is
/// needed. In a process of its own: here others have left memory, which would be used again.
#[test]
fn long_waits_give_back_the_stack_that_is_not_used() {
    if std::env::var_os(CHILD).is_none() {
        let _alone = alone();
        let mut child = Command::new(std::env::current_exe().expect("a path"));
        child.args(["--exact", "long_waits_give_back_the_stack_that_is_not_used"]).env(CHILD, "1");
        assert!(child.status().expect("it starts").success());
        return;
    }
    const GOROUTINES: usize = 200;
    const KIB: u64 = (GOROUTINES * USED) as u64 >> 10;
    let (_alone, _watchdog) = (alone(), watchdog());
    start();
    let before = rss_kib();
    let (mut clients, readers): (Vec<_>, Vec<_>) = (0..GOROUTINES)
        .map(|n| {
            let (client, mut stream) = UnixStream::pair().expect("two descriptors");
            let reader = gmp_core::spawn(move || {
                let sum = use_stack(n as u8);
                for _ in 0..2 {
                    stream.read_exact(&mut [0]).expect("the client writes it");
                    assert_eq!(use_stack(n as u8), sum);
                }
            });
            (client, reader)
        })
        .unzip();
    let more = || rss_kib().saturating_sub(before);
    for _ in 0..2 {
        until(|| more() >= KIB * 9 / 10);
        until(|| more() < KIB / 4);
        for client in &mut clients {
            client.write_all(&[0]).expect("it is read");
        }
    }
    for reader in readers {
        reader.join().expect("no panic");
    }
}
