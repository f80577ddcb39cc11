//! Many clients that do nothing, or go, and what is left of them: in processes of their own,
//! where nobody else opens files or starts goroutines.

use std::time::{Duration, Instant};

use gmp_net::TcpStream;
use gmp_net::http::{Body, Request};

use crate::child::{limit_files, most_files, open_sockets, resident};
use crate::common::{Client, Site, until};

/// As many half-open clients as the time in debug allows.
const CLIENTS: usize = if cfg!(debug_assertions) { 1_500 } else { 10_000 };

#[test]
fn half_open_clients() {
    crate::child::run("half_open");
}

#[test]
fn clients_that_go_at_any_moment() {
    crate::child::run("going");
}

/// All kinds of beginnings, none of which is followed by the rest.
const BEGINNINGS: [&str; 8] = [
    "",
    "G",
    "GET / HTTP/1.1\r\n",
    "GET / HTTP/1.1\r\nhost: x\r\nname: ",
    "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n",
    "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
    "PRI * HTTP/2.0\r\n\r\nSM",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
];

/// What there is when nothing is going on.
struct Before {
    sockets: usize,
}

impl Before {
    fn of(site: &Site) -> Before {
        // What is made once, is made now.
        assert_eq!(site.client().get("/").status, 200);
        Before::is_quiet(site);
        Before { sockets: open_sockets() }
    }

    /// The caller and the server are the only goroutines.
    fn is_quiet(site: &Site) {
        until(|| site.server.connections() == 0);
        until(|| gmp_core::num_goroutine() == 2);
    }

    fn is_back(&self, site: &Site) {
        Before::is_quiet(site);
        until(|| open_sockets() == self.sockets);
    }
}

pub(crate) fn half_open() {
    limit_files(most_files());
    let clients = CLIENTS.min((most_files() as usize - 100) / 2);
    let time = Duration::from_secs(if cfg!(debug_assertions) { 3 } else { 4 });
    let configure = move |server: gmp_net::http::Server| {
        server.header_timeout(time).read_timeout(time).idle_timeout(time)
    };
    let site = Site::with(configure, |mut request: Request| request.body_mut().read_all(100));
    let before = Before::of(&site);
    let memory = resident();
    let begun = Instant::now();
    let crowd: Vec<_> = (0..clients)
        .map(|n| {
            let stream = TcpStream::connect(site.addr).unwrap();
            let beginning = BEGINNINGS[n % BEGINNINGS.len()];
            std::io::Write::write_all(&mut &stream, beginning.as_bytes()).unwrap();
            stream
        })
        .collect();
    until(|| site.server.connections() == clients || begun.elapsed() > time);
    let each = resident().saturating_sub(memory) / clients;
    println!("{clients} clients in {:?}, {each} bytes each", begun.elapsed());
    println!("{} threads, {} goroutines", gmp_core::num_threads(), gmp_core::num_goroutine());
    // The others are served all the while.
    let mut client = site.client();
    assert_eq!(client.post("/", b"well").text(), "well");
    drop(client);
    // Each of them is sent away.
    until(|| site.server.connections() == 0);
    drop(crowd);
    let mut client = site.client();
    assert_eq!(client.post("/", b"well").text(), "well");
    drop(client);
    before.is_back(&site);
    site.stop();
}

pub(crate) fn going() {
    let site = Site::new(|mut request: Request| match request.uri().path() {
        "/read" => request.body_mut().read_all(1 << 20).map(Body::from),
        "/echo" => Ok(Body::from_reader(request.into_body())),
        "/endless" => Ok(Body::from_reader(std::io::repeat(b'x'))),
        _ => Ok("a short answer".into()),
    });
    let before = Before::of(&site);
    let rounds = if cfg!(debug_assertions) { 10 } else { 50 };
    for round in 0..rounds {
        let clients: Vec<_> = (0..24)
            .map(|n| {
                let addr = site.addr;
                gmp_core::spawn(move || go(addr, n, round))
            })
            .collect();
        clients.into_iter().for_each(|client| client.join().unwrap());
    }
    before.is_back(&site);
    site.stop();
}

/// Asks for something and goes before, or while, it is answered.
fn go(addr: std::net::SocketAddr, n: usize, round: usize) {
    let mut client = Client::to(addr);
    let path = ["/", "/read", "/echo", "/endless"][n % 4];
    let chunked = "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n";
    let rest = if n.is_multiple_of(2) { "\r\n" } else { chunked };
    let whole = format!("POST {path} HTTP/1.1\r\nhost: x\r\n{rest}");
    let len = if round.is_multiple_of(2) { whole.len() } else { round * 7 % whole.len() };
    client.send(&whole[..len]);
    match n / 4 % 3 {
        // Without a word.
        0 => {}
        // With one.
        1 => client.stream.shutdown(std::net::Shutdown::Write).unwrap(),
        // In the middle of the answer.
        _ if len == whole.len() && (path == "/endless" || path == "/echo") && n % 2 == 1 => {
            assert_eq!(client.head().status, 200);
        }
        _ => gmp_core::gosched(),
    }
}
