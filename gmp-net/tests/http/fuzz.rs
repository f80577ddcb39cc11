//! Arbitrary bytes for the connection handler: the server goes on, and nothing is left.
//!
//! Connections are made of pieces: whole requests, parts of them, tokens of HTTP, noise, and
//! changes to all of that; cut into writes, with pauses, and ended in different ways. A failure
//! prints the seed and the case: `GMP_TEST_SEED` repeats the run. `GMP_FUZZ_SECS` makes it go on
//! for that long, with ever new cases.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use gmp_net::TcpStream;
use gmp_net::http::{Body, IntoResponse, Request, Server};

use crate::child::open_sockets;
use crate::common::{Site, until};

#[test]
fn arbitrary_bytes() {
    crate::child::run("fuzz");
}

/// How long to go on, if not only for the usual number of cases.
pub(crate) fn time() -> Option<Duration> {
    std::env::var("GMP_FUZZ_SECS").ok()?.parse().ok().map(Duration::from_secs)
}

/// Cases of a usual run.
const CASES: u64 = if cfg!(debug_assertions) { 3_000 } else { 30_000 };
/// Connections at once.
const ABREAST: u64 = 16;

/// Random numbers (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn one_of<'a>(&mut self, all: &[&'a [u8]]) -> &'a [u8] {
        all[self.below(all.len())]
    }
}

/// Whole messages, good and bad.
const MESSAGES: [&[u8]; 12] = [
    b"GET / HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET /panic HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET /reader HTTP/1.0\r\nconnection: keep-alive\r\n\r\n",
    b"HEAD /reader HTTP/1.1\r\nhost: x\r\n\r\n",
    b"POST /read HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello",
    b"POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    b"POST /read HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\nabc",
    b"POST /read HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n",
    b"CONNECT x:80 HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    // A GET as a HEADERS frame of HTTP/2.
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\
      \0\0\x04\x01\x05\0\0\0\x01\x82\x84\x86\x81",
];

/// Bits that messages are made of.
const TOKENS: [&[u8]; 32] = [
    b"GET ",
    b"POST ",
    b"/",
    b" HTTP/1.1",
    b" HTTP/1.0",
    b"\r\n",
    b"\n",
    b"\r",
    b"\r\n\r\n",
    b": ",
    b"host: x\r\n",
    b"content-length: ",
    b"0",
    b"5",
    b"18446744073709551615",
    b"-1",
    b"chunked",
    b"transfer-encoding: chunked\r\n",
    b"connection: close\r\n",
    b"expect: 100-continue\r\n",
    b"0\r\n\r\n",
    b"5\r\nhello\r\n",
    b"ffffffff\r\n",
    b";ext=1\r\n",
    b"\0",
    b"\xff\xff",
    b"%00",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\0\0\x04\x08\0\0\0\0\0\0\0\0\x01",
    b"\0\0\x08\x06\0\0\0\0\0pingpong",
    b"\0\0\x04\x03\0\0\0\0\x01\0\0\0\x08",
    b"\0\x40\0\0\0\0\0\0\x01",
];

fn case(random: &mut Random) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..random.below(6) {
        match random.below(8) {
            0..4 => bytes.extend_from_slice(random.one_of(&MESSAGES)),
            4..6 => {
                for _ in 0..random.below(10) {
                    bytes.extend_from_slice(random.one_of(&TOKENS));
                }
            }
            6 => {
                let noise = (0..random.below(50)).map(|_| random.next() as u8);
                bytes.extend(noise.collect::<Vec<_>>());
            }
            _ => bytes
                .extend(std::iter::repeat_n(b'a' + random.below(26) as u8, random.below(20_000))),
        }
    }
    for _ in 0..random.below(4) {
        if bytes.is_empty() {
            break;
        }
        let at = random.below(bytes.len());
        match random.below(5) {
            0 => bytes[at] = random.next() as u8,
            1 => bytes[at] ^= 1 << random.below(8),
            2 => drop(bytes.remove(at)),
            3 => bytes.truncate(at),
            _ => {
                let token = random.one_of(&TOKENS);
                bytes.splice(at..at, token.iter().copied());
            }
        }
    }
    bytes
}

/// Sends the case that belongs to `seed`, and takes what comes.
fn play(addr: SocketAddr, seed: u64) {
    let mut random = Random(seed);
    let bytes = case(&mut random);
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_deadline(Some(Instant::now() + Duration::from_secs(30))).unwrap();
    let mut rest = &bytes[..];
    while !rest.is_empty() {
        let most = if random.below(3) == 0 { 8 } else { rest.len() };
        let (piece, later) = rest.split_at(1 + random.below(most.min(rest.len())));
        // It may have hung up already.
        if stream.write_all(piece).is_err() {
            return;
        }
        rest = later;
        if random.below(4) == 0 {
            gmp_core::gosched();
        }
    }
    match random.below(3) {
        0 => return,
        1 => drop(stream.shutdown(Shutdown::Write)),
        // The server's limits of time end it.
        _ => {}
    }
    let mut buf = [0; 4096];
    loop {
        match stream.read(&mut buf) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::TimedOut => {
                panic!("not ended: {:?}", String::from_utf8_lossy(&bytes))
            }
            Err(_) => return,
        }
    }
}

fn handler(mut request: Request) -> gmp_net::http::Response {
    match request.uri().path() {
        "/panic" => std::panic::resume_unwind(Box::new("as the test wants it")),
        "/reader" => Body::from_reader(&b"from a reader"[..]).into_response(),
        "/echo" => Body::from_reader(request.into_body()).into_response(),
        "/read" => request.body_mut().read_all(1 << 20).into_response(),
        _ => "ok".into_response(),
    }
}

pub(crate) fn fuzz() {
    let seed = std::env::var("GMP_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as u64
    });
    println!("GMP_TEST_SEED={seed}");
    let short = Duration::from_millis(20);
    let configure = |server: Server| {
        let server = server.header_timeout(short).idle_timeout(short).read_timeout(short);
        server.write_timeout(short * 50).max_body_bytes(10_000).access_log(|access| {
            assert!(access.status.as_u16() >= 100);
        })
    };
    let site = Site::with(configure, handler);
    // What is made once, is made now.
    assert_eq!(site.client().get("/").status, 200);
    until(|| site.server.connections() == 0 && gmp_core::num_goroutine() == 2);
    let sockets = open_sockets();
    let (begun, limit) = (Instant::now(), time());
    let next: &'static AtomicU64 = Box::leak(Box::default());
    loop {
        let last = next.load(SeqCst) + CASES;
        let players: Vec<_> = (0..ABREAST)
            .map(|_| {
                let addr = site.addr;
                gmp_core::spawn(move || {
                    loop {
                        let n = next.fetch_add(1, SeqCst);
                        if n >= last {
                            return;
                        }
                        play(addr, Random(seed.wrapping_add(n)).next());
                    }
                })
            })
            .collect();
        for player in players {
            player.join().unwrap();
        }
        // It still serves, and has nothing left of what it was sent.
        assert_eq!(site.client().get("/").text(), "ok");
        until(|| site.server.connections() == 0 && gmp_core::num_goroutine() == 2);
        until(|| open_sockets() == sockets);
        if limit.is_none_or(|limit| begun.elapsed() >= limit) {
            break;
        }
    }
    println!("{} cases in {:?}", next.load(SeqCst), begun.elapsed());
    site.stop();
}
