//! A server of a test, and a client that speaks plainly.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::panic::Location;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use gmp_core::JoinHandle;
use gmp_net::TcpStream;
use gmp_net::http::{IntoResponse, Request, Server};

/// Long enough for anything that is to happen.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// Ends the process with a message if the result is not dropped in time.
#[track_caller]
pub(crate) fn watchdog() -> Sender<()> {
    watchdog_of(Duration::from_secs(60))
}

#[track_caller]
pub(crate) fn watchdog_of(limit: Duration) -> Sender<()> {
    let place = Location::caller();
    let (alive, watched) = channel();
    thread::spawn(move || {
        if watched.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
            eprintln!("watchdog: what began at {place} hangs");
            thread::spawn(|| eprintln!("{}", gmp_core::stats()));
            thread::sleep(Duration::from_secs(1));
            std::process::abort();
        }
    });
    alive
}

/// Runs `test` on a goroutine of the shared runtime.
#[track_caller]
pub(crate) fn run(test: fn()) {
    let _watchdog = watchdog();
    gmp_core::run_test(test);
}

/// Looks until `done`; the watchdog ends it if that never happens.
pub(crate) fn until(done: impl Fn() -> bool) {
    while !done() {
        gmp_core::time::sleep(Duration::from_millis(1));
    }
}

/// A server that runs.
pub(crate) struct Site {
    pub(crate) server: Server,
    pub(crate) addr: SocketAddr,
    serving: JoinHandle<io::Result<()>>,
}

impl Site {
    /// Serves by `handler`, with the settings of `configure`.
    pub(crate) fn with<F, R>(configure: impl FnOnce(Server) -> Server, handler: F) -> Site
    where
        F: Fn(Request) -> R + Send + Sync + 'static,
        R: IntoResponse,
    {
        Site::serving(configure, move |server| server.serve(handler))
    }

    pub(crate) fn new<F, R>(handler: F) -> Site
    where
        F: Fn(Request) -> R + Send + Sync + 'static,
        R: IntoResponse,
    {
        Site::with(|server| server, handler)
    }

    pub(crate) fn serving(
        configure: impl FnOnce(Server) -> Server,
        serve: impl FnOnce(&Server) -> io::Result<()> + Send + 'static,
    ) -> Site {
        let server = configure(Server::bind("127.0.0.1:0").unwrap());
        let addr = server.local_addr().unwrap();
        let running = server.clone();
        let serving = gmp_core::spawn(move || serve(&running));
        Site { server, addr, serving }
    }

    pub(crate) fn client(&self) -> Client {
        Client::to(self.addr)
    }

    /// Ends it. All connections must have ended, or be idle.
    pub(crate) fn stop(self) {
        self.server.shutdown(LONG).unwrap();
        self.serving.join().unwrap().unwrap();
        assert_eq!(self.server.connections(), 0);
    }

    /// Waits for its end, which somebody else has brought about.
    pub(crate) fn join(self) -> io::Result<()> {
        self.serving.join().unwrap()
    }
}

/// What a server said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(crate) fn closes(&self) -> bool {
        self.header("connection") == Some("close")
    }
}

/// One connection.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    /// Received, and not yet looked at.
    buf: Vec<u8>,
}

impl Client {
    pub(crate) fn to(addr: SocketAddr) -> Client {
        Client::of(TcpStream::connect(addr).unwrap())
    }

    pub(crate) fn of(stream: TcpStream) -> Client {
        stream.set_read_deadline(Some(Instant::now() + LONG)).unwrap();
        Client { stream, buf: Vec::new() }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    /// Asks for `path` and expects a whole answer.
    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n"));
        self.answer()
    }

    pub(crate) fn post(&mut self, path: &str, body: &[u8]) -> Answer {
        let len = body.len();
        self.send(format!("POST {path} HTTP/1.1\r\nhost: test\r\ncontent-length: {len}\r\n\r\n"));
        self.send(body);
        self.answer()
    }

    fn more(&mut self) -> io::Result<usize> {
        let mut buf = [0; 16 << 10];
        let n = self.stream.read(&mut buf)?;
        self.buf.extend_from_slice(&buf[..n]);
        Ok(n)
    }

    /// The next line, without its end.
    #[track_caller]
    fn line(&mut self) -> String {
        loop {
            if let Some(at) = self.buf.windows(2).position(|two| two == b"\r\n") {
                let line = self.buf.drain(..at + 2).take(at).collect();
                return String::from_utf8(line).unwrap();
            }
            let n = self.more().expect("an answer");
            assert!(n > 0, "cut off after {:?}", String::from_utf8_lossy(&self.buf));
        }
    }

    #[track_caller]
    fn exactly(&mut self, n: usize) -> Vec<u8> {
        while self.buf.len() < n {
            assert!(self.more().expect("a body") > 0, "cut off");
        }
        self.buf.drain(..n).collect()
    }

    /// The next answer's head.
    #[track_caller]
    pub(crate) fn head(&mut self) -> Answer {
        let line = self.line();
        let mut words = line.split(' ');
        assert!(words.next().unwrap().starts_with("HTTP/1."), "{line}");
        let status = words.next().unwrap().parse().unwrap();
        let mut headers = HashMap::new();
        loop {
            let line = self.line();
            if line.is_empty() {
                return Answer { status, headers, body: Vec::new() };
            }
            let (name, value) = line.split_once(": ").unwrap();
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
    }

    /// One chunk of a body; None after the last.
    #[track_caller]
    pub(crate) fn chunk(&mut self) -> Option<Vec<u8>> {
        let line = self.line();
        let len = usize::from_str_radix(&line, 16).unwrap();
        let chunk = self.exactly(len);
        assert_eq!(self.line(), "");
        (len > 0).then_some(chunk)
    }

    /// The next answer.
    #[track_caller]
    pub(crate) fn answer(&mut self) -> Answer {
        let mut answer = self.head();
        if let Some(len) = answer.header("content-length") {
            let len = len.parse().unwrap();
            answer.body = self.exactly(len);
        } else if answer.header("transfer-encoding") == Some("chunked") {
            while let Some(chunk) = self.chunk() {
                answer.body.extend_from_slice(&chunk);
            }
        } else if answer.closes() {
            answer.body = self.rest();
        }
        answer
    }

    /// All that comes until the end. A reset is an end, too.
    #[track_caller]
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        loop {
            match self.more() {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => break,
                Err(error) => panic!("{error}"),
            }
        }
        std::mem::take(&mut self.buf)
    }

    /// Nothing more comes.
    #[track_caller]
    pub(crate) fn ends(&mut self) {
        let rest = self.rest();
        assert!(rest.is_empty(), "{:?}", String::from_utf8_lossy(&rest));
    }
}
