//! Connections of all kinds, and who runs beside a test.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use gmp_net::{Pipe, TcpListener, TcpStream, UnixListener, UnixStream};

/// What a test needs of a connection.
pub(crate) trait Conn: Send + Sync {
    fn read(&self, buf: &mut [u8]) -> io::Result<usize>;
    fn write(&self, buf: &[u8]) -> io::Result<usize>;
    fn write_all(&self, buf: &[u8]) -> io::Result<()>;
    fn set_deadline(&self, deadline: Option<Instant>) -> io::Result<()>;
    fn set_read_deadline(&self, deadline: Option<Instant>) -> io::Result<()>;
    fn set_write_deadline(&self, deadline: Option<Instant>) -> io::Result<()>;
    fn close(&self) -> io::Result<()>;
}

macro_rules! conn {
    ($($name:ident)*) => {$(
        impl Conn for $name {
            fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
                Read::read(&mut &*self, buf)
            }

            fn write(&self, buf: &[u8]) -> io::Result<usize> {
                Write::write(&mut &*self, buf)
            }

            fn write_all(&self, buf: &[u8]) -> io::Result<()> {
                Write::write_all(&mut &*self, buf)
            }

            fn set_deadline(&self, deadline: Option<Instant>) -> io::Result<()> {
                $name::set_deadline(self, deadline)
            }

            fn set_read_deadline(&self, deadline: Option<Instant>) -> io::Result<()> {
                $name::set_read_deadline(self, deadline)
            }

            fn set_write_deadline(&self, deadline: Option<Instant>) -> io::Result<()> {
                $name::set_write_deadline(self, deadline)
            }

            fn close(&self) -> io::Result<()> {
                $name::close(self)
            }
        }
    )*};
}

conn!(TcpStream UnixStream Pipe);

pub(crate) type Pair = (Arc<dyn Conn>, Arc<dyn Conn>);

/// A pair of each kind, with its name.
pub(crate) fn pairs() -> [(&'static str, Pair); 3] {
    let (tcp, accepted) = tcp_pair();
    let (near, far) = UnixStream::pair().expect("a pair");
    let (left, right) = Pipe::new();
    [
        ("tcp", (Arc::new(tcp), Arc::new(accepted))),
        ("unix", (Arc::new(near), Arc::new(far))),
        ("memory", (Arc::new(left), Arc::new(right))),
    ]
}

pub(crate) fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = tcp_listener();
    let client = TcpStream::connect(listener.local_addr().expect("bound")).expect("it listens");
    (client, listener.accept().expect("connected").0)
}

pub(crate) fn tcp_listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").expect("a free port")
}

/// An abstract name that nobody else has.
pub(crate) fn unix_name() -> gmp_net::unix::SocketAddr {
    use std::os::linux::net::SocketAddrExt;
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("gmp-net-test-{}-{number}", std::process::id());
    gmp_net::unix::SocketAddr::from_abstract_name(name).expect("a short name")
}

pub(crate) fn unix_listener() -> UnixListener {
    UnixListener::bind_addr(&unix_name()).expect("a free name")
}

/// One who runs beside the test: a goroutine if the test is one, else a thread.
pub(crate) enum Beside<T> {
    Goroutine(gmp_core::JoinHandle<T>),
    Thread(thread::JoinHandle<T>),
}

pub(crate) fn beside<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> Beside<T> {
    match gmp_core::current() {
        Some(_) => Beside::Goroutine(gmp_core::spawn(f)),
        None => Beside::Thread(thread::spawn(f)),
    }
}

impl<T> Beside<T> {
    pub(crate) fn is_finished(&self) -> bool {
        match self {
            Beside::Goroutine(handle) => handle.is_finished(),
            Beside::Thread(handle) => handle.is_finished(),
        }
    }

    pub(crate) fn join(self) -> T {
        let done = match self {
            Beside::Goroutine(handle) => handle.join(),
            Beside::Thread(handle) => handle.join(),
        };
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// Gives those beside time to begin to wait. What a test says holds even if they do not.
pub(crate) fn let_them_wait() {
    pause(Duration::from_millis(5));
}

pub(crate) fn pause(time: Duration) {
    gmp_core::time::sleep(time);
}

pub(crate) fn now() -> Option<Instant> {
    Some(Instant::now())
}

pub(crate) fn after(time: Duration) -> Option<Instant> {
    Some(Instant::now() + time)
}

#[track_caller]
pub(crate) fn assert_timed_out<T: std::fmt::Debug>(result: io::Result<T>) {
    let error = result.expect_err("the deadline has passed");
    assert_eq!((error.kind(), &*error.to_string()), (io::ErrorKind::TimedOut, "i/o timeout"));
}

/// Of a socket.
#[track_caller]
pub(crate) fn assert_closed<T: std::fmt::Debug>(result: io::Result<T>) {
    let error = result.expect_err("it is closed");
    assert_eq!(error.kind(), io::ErrorKind::NotConnected, "{error}");
    assert_eq!(error.to_string(), "use of closed network connection");
}

/// Of any connection, those in memory included.
#[track_caller]
pub(crate) fn assert_ended<T: std::fmt::Debug>(result: io::Result<T>) {
    let kind = result.expect_err("it is closed").kind();
    assert!(matches!(kind, io::ErrorKind::NotConnected | io::ErrorKind::BrokenPipe), "{kind:?}");
}
