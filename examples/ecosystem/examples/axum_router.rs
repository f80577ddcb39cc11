//! An axum `Router` on goroutines: its handlers are `async` as ever, and may wait as goroutines
//! do as well. No tokio runtime runs.
//!
//! ```text
//! cargo run --release -p gmp-ecosystem --example axum_router
//! cargo run --release -p gmp-ecosystem --example axum_router 127.0.0.1:8080
//! curl -d 3 http://127.0.0.1:8080/counters/tea
//! curl http://127.0.0.1:8080/counters/tea
//! ```
//!
//! Without an address the example is its own client: it counts, and checks the sums.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use std::{env, iter};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;
use gmp::chan::{Sender, bounded};
use gmp::go;
use gmp::http::Server;
use gmp::net::TcpStream;

const COUNTERS: [&str; 4] = ["tea", "milk", "bread", "salt"];
const CLIENTS: u64 = 64;
const ROUNDS: u64 = 50;

/// Adds to a counter, and wants to know what it is then.
struct Order {
    name: String,
    add: u64,
    answer: Sender<u64>,
}

/// Owns the counters: a goroutine, as one would have it in Go.
fn keep_counters() -> Sender<Order> {
    let (orders, incoming) = bounded::<Order>(16);
    go! {
        let mut counters = HashMap::<String, u64>::new();
        for Order { name, add, answer } in incoming {
            let counter = counters.entry(name).or_default();
            *counter += add;
            // Nobody waits if the client is gone.
            let _ = answer.send(*counter);
        }
    };
    orders
}

/// Asks in the way of async code.
async fn show(State(orders): State<Sender<Order>>, Path(name): Path<String>) -> String {
    let (answer, answered) = bounded(1);
    let order = Order { name, add: 0, answer };
    orders.send_async(order).await.expect("the counters are kept");
    format!("{}\n", answered.recv_async().await.expect("each order is answered"))
}

/// Asks in the way of goroutines: it parks, inside of an `async fn`.
async fn add(
    State(orders): State<Sender<Order>>,
    Path(name): Path<String>,
    body: String,
) -> Result<String, StatusCode> {
    let add = body.trim().parse().map_err(|_| StatusCode::UNPROCESSABLE_ENTITY)?;
    let (answer, answered) = bounded(0);
    orders.send(Order { name, add, answer }).expect("the counters are kept");
    Ok(format!("{}\n", answered.recv().expect("each order is answered")))
}

/// A layer, to have one.
async fn sign(request: axum::extract::Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert("server", "gmp".parse().expect("a header's value"));
    response
}

fn router() -> Router {
    Router::new()
        .route("/counters/{name}", get(show).post(add))
        .layer(from_fn(sign))
        .with_state(keep_counters())
}

#[gmp::main]
fn main() -> io::Result<()> {
    if let Some(addr) = env::args().nth(1) {
        let server = Server::bind(addr)?;
        println!("serving http://{}", server.local_addr()?);
        return server.serve_service(router());
    }

    let server = Server::bind("127.0.0.1:0")?;
    let serving = server.clone();
    let served = go!(move || serving.serve_service(router()));
    load_test(server.local_addr()?)?;
    server.shutdown(Duration::from_secs(5))?;
    served.join().unwrap()
}

fn load_test(addr: SocketAddr) -> io::Result<()> {
    let start = Instant::now();
    let clients: Vec<_> = (0..CLIENTS).map(|_| go!(move || count(addr))).collect();
    for client in clients {
        client.join().unwrap()?;
    }
    let took = start.elapsed();
    let requests = CLIENTS * ROUNDS * COUNTERS.len() as u64;
    println!(
        "{CLIENTS} clients, {requests} requests in {took:.0?}: {:.0} per second",
        requests as f64 / took.as_secs_f64()
    );

    let mut client = Client::connect(addr)?;
    for name in COUNTERS {
        let (status, text) = client.ask("GET", name, "")?;
        assert_eq!((status, text.trim().parse()), (200, Ok(CLIENTS * (1..=ROUNDS).sum::<u64>())));
    }
    assert_eq!(client.ask("POST", "tea", "much")?.0, 422);
    assert_eq!(client.ask("PUT", "tea", "")?.0, 405);
    println!("all sums are right; {} threads", gmp::num_threads());
    Ok(())
}

/// Adds to all counters, again and again.
fn count(addr: SocketAddr) -> io::Result<()> {
    let mut client = Client::connect(addr)?;
    let mut last = 0;
    for round in 1..=ROUNDS {
        for name in COUNTERS {
            let (status, text) = client.ask("POST", name, &round.to_string())?;
            assert_eq!(status, 200, "{text}");
            if name == COUNTERS[0] {
                let now = text.trim().parse().expect("a number");
                assert!(now >= last + round, "{now} after {last}");
                last = now;
            }
        }
    }
    Ok(())
}

/// One connection, which is kept.
struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    fn connect(addr: SocketAddr) -> io::Result<Client> {
        Ok(Client { stream: BufReader::new(TcpStream::connect(addr)?) })
    }

    fn ask(&mut self, method: &str, name: &str, body: &str) -> io::Result<(u16, String)> {
        let length = body.len();
        let head = format!("{method} /counters/{name} HTTP/1.1\r\nhost: here\r\n");
        let request = format!("{head}content-length: {length}\r\n\r\n{body}");
        self.stream.get_mut().write_all(request.as_bytes())?;

        let mut line = || {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            Ok::<_, io::Error>(line.trim_end().to_owned())
        };
        let status = line()?.split(' ').nth(1).and_then(|status| status.parse().ok());
        let headers = iter::from_fn(|| line().ok().filter(|line| !line.is_empty()));
        let headers: Vec<String> = headers.collect();
        assert!(headers.iter().any(|header| header == "server: gmp"), "{headers:?}");
        let length = headers.iter().find_map(|header| header.strip_prefix("content-length: "));
        let length = length.and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut text = vec![0; length];
        self.stream.read_exact(&mut text)?;
        let status = status.ok_or(io::ErrorKind::InvalidData)?;
        Ok((status, String::from_utf8(text).map_err(io::Error::other)?))
    }
}
