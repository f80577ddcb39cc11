//! A server that sends back whatever it is sent: a goroutine per connection, which reads and
//! writes as if it had the server to itself.
//!
//! ```text
//! cargo run --release --example tcp_echo
//! cargo run --release --example tcp_echo 127.0.0.1:7000
//! nc 127.0.0.1 7000
//! ```
//!
//! Without an address the example is its own client, a thousand times.

#[path = "support/descriptors.rs"]
mod descriptors;
#[path = "support/leftover.rs"]
mod leftover;
#[path = "support/percentiles.rs"]
mod percentiles;
mod support;

use std::env;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gmp::net::{TcpListener, TcpStream};
use gmp::{JoinHandle, go, num_goroutine};
use percentiles::Percentiles;
use support::{figure, grouped};

/// Until the listener is shut down.
fn serve(listener: &TcpListener) {
    for stream in listener.incoming() {
        match stream {
            Ok(stream) => {
                go!(move || echo(&stream));
            }
            Err(error) => eprintln!("a connection could not be accepted: {error}"),
        }
    }
}

fn echo(mut stream: &TcpStream) {
    let peer = stream.peer_addr();
    if let Err(error) = io::copy(&mut &*stream, &mut stream) {
        eprintln!("{peer:?}: {error}");
    }
}

const CONNECTIONS: usize = 1_000;
const MESSAGES: usize = 50;
const SIZE: usize = 64;

#[gmp::main]
fn main() -> io::Result<()> {
    if let Some(addr) = env::args().nth(1) {
        let listener = TcpListener::bind(addr)?;
        println!("echo at {}", listener.local_addr()?);
        serve(&listener);
        return Ok(());
    }

    let goroutines = num_goroutine();
    let listener = Arc::new(TcpListener::bind("127.0.0.1:0")?);
    let serving = listener.clone();
    let served = go!(move || serve(&serving));
    load_test(listener.local_addr()?);
    listener.shutdown()?;
    served.join().unwrap();
    leftover::assert_no_more_than(goroutines);
    Ok(())
}

fn load_test(addr: SocketAddr) {
    let connections = descriptors::room_for(CONNECTIONS, 2);
    let start = Instant::now();
    let clients: Vec<JoinHandle<io::Result<Vec<Duration>>>> =
        (0..connections).map(|number| go!(client(addr, number))).collect();
    let threads = figure("/proc/self/status", "Threads") as usize;
    let times: Vec<Duration> =
        clients.into_iter().flat_map(|client| client.join().unwrap().unwrap()).collect();
    let total = start.elapsed();

    let messages = connections * MESSAGES;
    assert_eq!(times.len(), messages);
    let rate = messages as f64 / total.as_secs_f64();
    println!(
        "{} connections, {} messages of {SIZE} bytes:",
        grouped(connections),
        grouped(messages)
    );
    println!("  {total:.0?}, {} there and back per second", grouped(rate as u64));
    println!("  each: {}", Percentiles::of(times));
    println!("  {threads} threads, GOMAXPROCS is {}", gmp::gomaxprocs(0));
    assert!(threads < connections / 10, "{threads} threads");
}

/// Sends messages of its own, one after the other, and wants each of them back.
fn client(addr: SocketAddr, number: usize) -> io::Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(addr)?;
    let mut echo = [0; SIZE];
    let mut times = Vec::with_capacity(MESSAGES);
    for message in 0..MESSAGES {
        let sent = [(number + message) as u8; SIZE];
        let start = Instant::now();
        stream.write_all(&sent)?;
        stream.read_exact(&mut echo)?;
        times.push(start.elapsed());
        assert_eq!(echo, sent);
    }
    Ok(times)
}
