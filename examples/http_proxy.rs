//! A proxy for HTTP: passes requests on to where they are for, and makes tunnels for those who
//! ask for them with CONNECT, as browsers do for TLS. Two goroutines per connection, one for
//! each direction.
//!
//! ```text
//! cargo run --release --features http --example http_proxy
//! cargo run --release --features http --example http_proxy 127.0.0.1:8080
//! curl --proxy http://127.0.0.1:8080 http://example.com/
//! curl --proxy http://127.0.0.1:8080 https://example.com/
//! ```
//!
//! Without an address the example asks itself for pages of a server of its own.

#[path = "support/leftover.rs"]
mod leftover;
mod support;

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use gmp::http::{Request, Server};
use gmp::net::{TcpListener, TcpStream};
use gmp::{go, num_goroutine};
use support::{figure, grouped};

/// How long a request's head may take, and how long a connection may be silent after it.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// The most bytes of a request's head.
const MAX_HEAD: u64 = 64 << 10;

fn serve(listener: &TcpListener) {
    for client in listener.incoming().flatten() {
        go! {
            if let Err(error) = handle(&client) {
                // It may have gone; then nobody needs to be told.
                let _ = refuse(&client, &error);
            }
        };
    }
}

/// What a client asks for, and the head as the server is to get it.
struct Head {
    connect: bool,
    host: String,
    rewritten: String,
}

fn handle(mut client: &TcpStream) -> io::Result<()> {
    client.set_read_deadline(Some(Instant::now() + HEAD_TIMEOUT))?;
    let mut reader = BufReader::new(client);
    let Some(head) = read_head(&mut reader)? else { return Ok(()) };
    client.set_read_deadline(None)?;

    let mut server = TcpStream::connect(&head.host)
        .map_err(|error| io::Error::new(io::ErrorKind::HostUnreachable, error))?;
    if head.connect {
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    } else {
        server.write_all(head.rewritten.as_bytes())?;
    }
    // What came together with the head.
    server.write_all(reader.buffer())?;
    for stream in [client, &server] {
        stream.set_read_timeout(Some(IDLE_TIMEOUT))?;
        stream.set_write_timeout(Some(IDLE_TIMEOUT))?;
    }
    gmp::scope(|scope| {
        scope.spawn(|| copy(client, &server));
        copy(&server, client);
    });
    Ok(())
}

/// One direction: to its end, which is passed on; a failure ends the other one too.
fn copy(mut from: &TcpStream, mut to: &TcpStream) {
    let result = io::copy(&mut from, &mut to).and_then(|_| to.shutdown(Shutdown::Write));
    if result.is_err() {
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }
}

/// None if the client has gone without a word.
fn read_head(reader: &mut impl BufRead) -> io::Result<Option<Head>> {
    let malformed = || io::Error::from(io::ErrorKind::InvalidData);
    let mut lines = reader.take(MAX_HEAD).lines();
    let Some(line) = lines.next().transpose()? else { return Ok(None) };
    let mut words = line.split(' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(malformed());
    };
    let connect = method == "CONNECT";
    let (host, path) = match target.strip_prefix("http://") {
        _ if connect => (target, ""),
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => return Err(malformed()),
    };
    let port =
        if host.rsplit(']').next().is_some_and(|end| end.contains(':')) { "" } else { ":80" };
    let path = if path.is_empty() { "/" } else { path };

    // One request on each connection: the next one may be for another server.
    let mut rewritten = format!("{method} {path} {version}\r\nconnection: close\r\n");
    for line in lines {
        let line = line?;
        if line.is_empty() {
            rewritten.push_str("\r\n");
            return Ok(Some(Head { connect, host: format!("{host}{port}"), rewritten }));
        }
        let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        if !["connection", "keep-alive", "proxy-connection", "proxy-authorization"]
            .contains(&&*name)
        {
            rewritten.extend([&line, "\r\n"]);
        }
    }
    Err(malformed())
}

fn refuse(mut client: &TcpStream, error: &io::Error) -> io::Result<()> {
    let status = match error.kind() {
        io::ErrorKind::InvalidData => "400 Bad Request",
        io::ErrorKind::TimedOut => "408 Request Timeout",
        io::ErrorKind::HostUnreachable => "502 Bad Gateway",
        _ => return client.shutdown(Shutdown::Both),
    };
    let answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    client.write_all(answer.as_bytes())
}

#[gmp::main]
fn main() -> io::Result<()> {
    if let Some(addr) = env::args().nth(1) {
        let listener = TcpListener::bind(addr)?;
        println!("a proxy at {}", listener.local_addr()?);
        serve(&listener);
        return Ok(());
    }

    let goroutines = num_goroutine();
    // The server that is asked through the proxy.
    let server = Server::bind("127.0.0.1:0")?;
    let serving = server.clone();
    let served = go!(move || serving.serve(|request: Request| page(request.uri().path())));
    let listener = Arc::new(TcpListener::bind("127.0.0.1:0")?);
    let proxying = listener.clone();
    let proxied = go!(move || serve(&proxying));

    load_test(listener.local_addr()?, server.local_addr()?);
    listener.shutdown()?;
    proxied.join().unwrap();
    server.shutdown(Duration::from_secs(5))?;
    served.join().unwrap()?;
    leftover::assert_no_more_than(goroutines);
    Ok(())
}

const CLIENTS: usize = 500;

fn page(path: &str) -> String {
    format!("{path}\n").repeat(1_000)
}

fn load_test(proxy: SocketAddr, pages: SocketAddr) {
    for (kind, client) in [("passed on", plain as fn(_, _, &_) -> _), ("in tunnels", tunnelled)] {
        let start = Instant::now();
        let bytes = AtomicUsize::new(0);
        let threads = gmp::scope(|scope| {
            for number in 0..CLIENTS {
                let bytes = &bytes;
                scope.spawn(move || {
                    let path = format!("/{number}");
                    let answer: io::Result<String> = client(proxy, pages, &path);
                    let answer = answer.unwrap();
                    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
                    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
                    assert!(body == page(&path), "{} bytes are not the page", body.len());
                    bytes.fetch_add(body.len(), SeqCst);
                });
            }
            figure("/proc/self/status", "Threads")
        });
        println!(
            "{CLIENTS} requests {kind}: {} bytes in {:.0?}, {threads} threads",
            grouped(bytes.into_inner()),
            start.elapsed()
        );
        assert!((threads as usize) < CLIENTS / 5, "{threads} threads");
    }

    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = plain(proxy, closed, "/").unwrap();
    assert!(refused.starts_with("HTTP/1.1 502 "), "{refused}");
    let refused = ask(TcpStream::connect(proxy).unwrap(), "what?\r\n\r\n").unwrap();
    assert!(refused.starts_with("HTTP/1.1 400 "), "{refused}");
    println!("502 for a server that is not there, 400 for what is no request");
}

/// Asks the proxy for a page of the server.
fn plain(proxy: SocketAddr, pages: SocketAddr, path: &str) -> io::Result<String> {
    let stream = TcpStream::connect(proxy)?;
    ask(stream, &format!("GET http://{pages}{path} HTTP/1.1\r\nhost: {pages}\r\n\r\n"))
}

/// Asks the server itself, through a tunnel.
fn tunnelled(proxy: SocketAddr, pages: SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(proxy)?;
    let request = format!("CONNECT {pages} HTTP/1.1\r\nhost: {pages}\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let established = "HTTP/1.1 200 Connection established\r\n\r\n";
    let mut head = vec![0; established.len()];
    stream.read_exact(&mut head)?;
    assert_eq!(String::from_utf8_lossy(&head), established);
    ask(stream, &format!("GET {path} HTTP/1.1\r\nhost: {pages}\r\nconnection: close\r\n\r\n"))
}

fn ask(mut stream: TcpStream, request: &str) -> io::Result<String> {
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
