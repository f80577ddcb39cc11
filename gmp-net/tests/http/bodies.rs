//! Bodies, in both directions, whole and in pieces.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use gmp_chan::{bounded, unbounded};
use gmp_net::http::{Body, BodyError, IntoResponse, Request, Response};

use crate::common::{Client, Site, run, until};

fn chunked(pieces: &[&[u8]]) -> Vec<u8> {
    let mut all = b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for piece in pieces {
        all.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        all.extend_from_slice(piece);
        all.extend_from_slice(b"\r\n");
    }
    all.extend_from_slice(b"0\r\n\r\n");
    all
}

fn noise(len: usize) -> Vec<u8> {
    (0..len).map(|n| (n * 7 % 251) as u8).collect()
}

#[test]
fn whole_bodies_of_all_sizes() {
    run(|| {
        let site = Site::new(|mut request: Request| request.body_mut().read_all(4 << 20));
        let mut client = site.client();
        for len in [0, 1, 100, 1900, 2047, 2048, 2049, 8192, 60_000, 100_000, 3_000_000] {
            let body = noise(len);
            assert_eq!(client.post("/", &body).body, body, "{len}");
            client.send(chunked(
                &[&body[..len / 2], &body[len / 2..]]
                    .map(|half| half)
                    .into_iter()
                    .filter(|half| !half.is_empty())
                    .collect::<Vec<_>>(),
            ));
            assert_eq!(client.answer().body, body, "{len}, in chunks");
        }
        site.stop();
    });
}

#[test]
fn a_body_is_read_while_it_comes() {
    run(|| {
        let (said, heard) = unbounded();
        let site = Site::new(move |mut request: Request| {
            let mut buf = [0; 100];
            loop {
                let n = request.body_mut().read(&mut buf)?;
                said.send(String::from_utf8_lossy(&buf[..n]).into_owned()).unwrap();
                if n == 0 {
                    return Ok::<_, io::Error>("done");
                }
            }
        });
        let mut client = site.client();
        client.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 6\r\n\r\n");
        for piece in ["ab", "cd", "ef"] {
            client.send(piece);
            assert_eq!(heard.recv().unwrap(), piece);
        }
        assert_eq!(heard.recv().unwrap(), "");
        assert_eq!(client.answer().text(), "done");
        site.stop();
    });
}

#[test]
fn both_directions_at_once() {
    run(|| {
        let site = Site::new(|request: Request| Body::from_reader(request.into_body()));
        let mut client = site.client();
        client.send("POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
        for n in 0..50 {
            let piece = format!("piece {n}");
            client.send(format!("{:x}\r\n{piece}\r\n", piece.len()));
            if n == 0 {
                assert_eq!(client.head().status, 200);
            }
            assert_eq!(client.chunk().unwrap(), piece.as_bytes());
        }
        client.send("0\r\n\r\n");
        assert_eq!(client.chunk(), None);
        assert_eq!(client.post("/", b"again").text(), "again");
        site.stop();
    });
}

#[test]
fn a_reader_is_sent_as_it_comes() {
    run(|| {
        let (give, take) = bounded::<Vec<u8>>(0);
        let site = Site::new(move |_: Request| {
            Body::from_reader(Pieces { take: take.clone(), left: Vec::new() })
        });
        let mut client = site.client();
        client.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
        for n in 0..20 {
            give.send(noise(n * 300 + 1)).unwrap();
            if n == 0 {
                assert_eq!(client.head().header("transfer-encoding"), Some("chunked"));
            }
            assert_eq!(client.chunk().unwrap(), noise(n * 300 + 1));
        }
        drop(give);
        assert_eq!(client.chunk(), None);
        site.stop();
    });
}

/// What is received, as a reader.
struct Pieces {
    take: gmp_chan::Receiver<Vec<u8>>,
    left: Vec<u8>,
}

impl Read for Pieces {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.left.is_empty() {
            self.left = self.take.recv().unwrap_or_default();
        }
        let n = self.left.len().min(buf.len());
        buf[..n].copy_from_slice(&self.left[..n]);
        self.left.drain(..n);
        Ok(n)
    }
}

#[test]
fn a_reader_that_fails_cuts_the_response() {
    run(|| {
        let site = Site::new(|request: Request| {
            let panics = request.uri().path() == "/panics";
            let good = &b"so far"[..];
            Body::from_reader(good.chain(Fails(panics)))
        });
        for path in ["/fails", "/panics"] {
            let mut client = site.client();
            client.send(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n"));
            assert_eq!(client.head().status, 200);
            assert_eq!(client.chunk().unwrap(), b"so far");
            client.ends();
        }
        site.stop();
    });
}

struct Fails(bool);

impl Read for Fails {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        assert!(!self.0, "a reader's panic, as the test wants it");
        Err(io::Error::other("no more"))
    }
}

#[test]
fn a_reader_is_dropped_when_the_client_goes() {
    run(|| {
        let dropped = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&dropped);
        let site = Site::new(move |_: Request| Body::from_reader(Endless(Arc::clone(&flag))));
        let mut client = site.client();
        client.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
        assert_eq!(client.head().status, 200);
        assert!(!client.chunk().unwrap().is_empty());
        drop(client);
        until(|| dropped.load(SeqCst));
        site.stop();
    });
}

struct Endless(Arc<AtomicBool>);

impl Read for Endless {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        buf.fill(b'x');
        Ok(buf.len())
    }
}

impl Drop for Endless {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

#[test]
fn a_client_that_goes_is_noticed_by_who_reads() {
    run(|| {
        let (said, heard) = unbounded();
        let site = Site::new(move |mut request: Request| {
            let error = request.body_mut().read_all(100).unwrap_err();
            // It stays so.
            assert_eq!(request.body_mut().read_all(100).unwrap_err(), error);
            let error = io::Error::from(error);
            said.send(error.kind()).unwrap();
            error
        });
        let half = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf";
        let mut client = site.client();
        client.send(half);
        drop(client);
        assert_eq!(heard.recv().unwrap(), io::ErrorKind::UnexpectedEof);
        // One that has only closed its side hears of it.
        let mut client = site.client();
        client.send(half);
        client.stream.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(heard.recv().unwrap(), io::ErrorKind::UnexpectedEof);
        assert_eq!(client.answer().status, 400);
        client.ends();
        site.stop();
    });
}

#[test]
fn bad_chunks_fail_the_read() {
    run(|| {
        let (said, heard) = unbounded();
        let site = Site::new(move |mut request: Request| {
            let result = request.body_mut().read_all(1 << 20);
            said.send(result.clone()).unwrap();
            result
        });
        let head = "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
        for bad in ["x\r\n", "-1\r\n", "2\r\nabc\r\n", "fffffffffffffffff\r\n", "1;\n\n", "\r\n"] {
            // Together with the head, and after it.
            for apart in [false, true] {
                let mut client = site.client();
                client.send(head);
                if apart {
                    client.send("1\r\na\r\n");
                    gmp_core::gosched();
                }
                client.send(bad);
                assert_eq!(client.answer().status, 400, "{bad:?}");
                client.ends();
                let error = heard.recv().unwrap().unwrap_err();
                assert_eq!(error.status(), 400, "{bad:?}");
            }
        }
        site.stop();
    });
}

#[test]
fn bodies_that_are_too_large() {
    run(|| {
        let (called, calls) = unbounded();
        let site = Site::with(
            |server| server.max_body_bytes(1000),
            move |mut request: Request| {
                called.send(()).unwrap();
                request.body_mut().read_all(usize::MAX)
            },
        );
        let mut client = site.client();
        assert_eq!(client.post("/", &noise(1000)).body, noise(1000));
        client.send(chunked(&[&noise(600), &noise(400)]));
        assert_eq!(client.answer().body.len(), 1000);
        assert_eq!(calls.len(), 2);
        // It is said how long it is.
        assert_eq!(client.post("/", &noise(1001)).status, 413);
        client.ends();
        // It is there together with the head.
        let mut client = site.client();
        client.send(chunked(&[&noise(600), &noise(401)]));
        assert_eq!(client.answer().status, 413);
        client.ends();
        // It is found out later: much of it, and the answer arrives all the same.
        let mut client = site.client();
        client.send("POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
        until(|| site.server.connections() == 1);
        client.send("1\r\na\r\n");
        client.send(format!("{:x}\r\n", 100_000));
        client.send(noise(100_000));
        assert_eq!(client.answer().status, 413);
        client.ends();
        site.stop();
    });
}

#[test]
fn a_body_that_nobody_reads() {
    run(|| {
        let site = Site::new(|_: Request| "not interested");
        // What is there already is passed over.
        let mut client = site.client();
        for _ in 0..2 {
            client.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nsmall");
            assert_eq!(client.answer().text(), "not interested");
        }
        // The rest ends the connection, but the answer comes.
        let mut client = site.client();
        client.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 200000\r\n\r\n");
        client.send(noise(100_000));
        assert_eq!(client.answer().text(), "not interested");
        client.ends();
        site.stop();
    });
}

#[test]
fn kinds_of_bodies() {
    run(|| {
        let mut body = Body::from_reader(&b"lazy"[..]);
        let mut two = [0; 2];
        body.read_exact(&mut two).unwrap();
        assert_eq!((&two, body.read_text(10).unwrap().as_str()), (b"la", "zy"));
        assert_eq!(Body::from("x".to_owned()).read_text(1).unwrap(), "x");
        assert!(Body::from(vec![0, 159]).read_text(9).is_err());
        assert!(Body::default().read_all(0).unwrap().is_empty());
        let error: io::Error = Body::from("long").read_all(3).unwrap_err().into();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(BodyError::of(&error).unwrap().status(), 413);
        assert_eq!(error.into_response().status(), 413);
        assert_eq!(io::Error::other("x").into_response().status(), 500);
        let response: Response = Err::<(), _>("no").into_response();
        assert_eq!(response.status(), 200);
    });
}

#[test]
fn a_given_length_is_kept() {
    run(|| {
        let site = Site::new(|_: Request| {
            let mut response = Response::new(Body::from_reader(&b"twelve bytes"[..]));
            response.headers_mut().insert("content-length", "12".parse().unwrap());
            response
        });
        let mut client: Client = site.client();
        let answer = client.get("/");
        assert_eq!(answer.header("transfer-encoding"), None);
        assert_eq!(answer.text(), "twelve bytes");
        assert_eq!(client.get("/").text(), "twelve bytes");
        site.stop();
    });
}
