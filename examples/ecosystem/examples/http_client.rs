//! An HTTP client: ureq, whose blocking calls park goroutines once its connections are made by
//! us. A thousand pages at once, of which each takes its time, on as many threads as there are
//! processors.
//!
//! ```text
//! cargo run --release -p gmp-ecosystem --example http_client
//! cargo run --release -p gmp-ecosystem --example http_client http://example.com/
//! ```
//!
//! Without an address the example fetches from a server of its own, in the same process.

#[path = "../../support/descriptors.rs"]
mod descriptors;
#[path = "../../support/mod.rs"]
mod support;

use std::env;
use std::error::Error;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use gmp::chan::bounded;
use gmp::http::{Request, Server};
use gmp::net::TcpStream;
use gmp::{JoinHandle, Stats, go, time};
use support::{figure, grouped};
use ureq::Agent;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
};

/// Makes ureq's connections. It can be chained with those that ureq has, for TLS for instance.
#[derive(Debug)]
struct Parking;

impl Connector for Parking {
    type Out = Connection;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<Connection>, ureq::Error> {
        let stream = TcpStream::connect(&details.addrs[..])?;
        stream.set_nodelay(details.config.no_delay())?;
        let (input, output) =
            (details.config.input_buffer_size(), details.config.output_buffer_size());
        Ok(Some(Connection { stream, buffers: LazyBuffers::new(input, output) }))
    }
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    buffers: LazyBuffers,
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        let limit = timeout.not_zero().map(|limit| Instant::now() + *limit);
        self.stream.set_write_deadline(limit)?;
        let sent = self.stream.write_all(&self.buffers.output()[..amount]);
        sent.map_err(|error| failure(error, timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        let limit = timeout.not_zero().map(|limit| Instant::now() + *limit);
        self.stream.set_read_deadline(limit)?;
        let read = self.stream.read(self.buffers.input_append_buf());
        let amount = read.map_err(|error| failure(error, timeout))?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    /// Whether it can be used for another request: the server has not said anything, not even
    /// that it ends.
    fn is_open(&mut self) -> bool {
        let looked = self.stream.set_nonblocking(true).and_then(|()| self.stream.peek(&mut [0]));
        let silent = looked.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
        silent && self.stream.set_nonblocking(false).is_ok()
    }
}

fn failure(error: io::Error, timeout: NextTimeout) -> ureq::Error {
    match error.kind() {
        io::ErrorKind::TimedOut => ureq::Error::Timeout(timeout.reason),
        _ => error.into(),
    }
}

/// Looking up a name blocks a thread; so the processor goes to somebody else at once.
#[derive(Debug)]
struct HandedOver(DefaultResolver);

impl Resolver for HandedOver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        gmp::blocking(|| self.0.resolve(uri, config, timeout))
    }
}

fn agent() -> Agent {
    let config = Agent::config_builder().proxy(None).build();
    Agent::with_parts(config, Parking, HandedOver(DefaultResolver::default()))
}

#[gmp::main]
fn main() -> Result<(), Box<dyn Error>> {
    let urls: Vec<String> = env::args().skip(1).collect();
    if !urls.is_empty() {
        return fetch_all(&urls);
    }

    // So that all fetches wait at the same time, no page is served before the gate opens.
    let asked = AtomicUsize::new(0);
    let asked: &'static AtomicUsize = Box::leak(Box::new(asked));
    let (opener, gate) = bounded::<()>(0);
    let server = Server::bind("127.0.0.1:0")?;
    let serving = server.clone();
    let served = go!(move || serving.serve(move |request: Request| {
        asked.fetch_add(1, SeqCst);
        assert!(gate.recv().is_err());
        format!("this is {}", request.uri().path())
    }));

    let addr = server.local_addr()?;
    let fetches = descriptors::room_for(1_000, 2);
    let agent = agent();
    let start = Instant::now();
    let pages: Vec<JoinHandle<Result<(), ureq::Error>>> = (0..fetches)
        .map(|number| {
            let agent = agent.clone();
            go!(move || fetch(&agent, addr, number))
        })
        .collect();
    at_rest(|| asked.load(SeqCst) == fetches);
    opener.close();
    pages.into_iter().try_for_each(|page| page.join().unwrap())?;
    println!("{} pages fetched in {:.0?}", grouped(fetches), start.elapsed());
    server.shutdown(Duration::from_secs(5))?;
    Ok(served.join().unwrap()?)
}

fn fetch(agent: &Agent, addr: SocketAddr, number: usize) -> Result<(), ureq::Error> {
    let text = agent.get(format!("http://{addr}/{number}")).call()?.body_mut().read_to_string()?;
    assert_eq!(text, format!("this is /{number}"));
    Ok(())
}

/// Looks at the threads when all fetches wait.
fn at_rest(all_wait: impl Fn() -> bool) {
    let start = Instant::now();
    let procs = gmp::gomaxprocs(0);
    loop {
        let Stats { threads, idle_threads, blocked_threads, waiting, .. } = gmp::stats();
        let in_use = threads - idle_threads;
        if all_wait() && in_use <= procs && blocked_threads == 0 {
            println!("{} goroutines wait: for the server, or for the gate", grouped(waiting));
            println!("  {in_use} threads are in use, GOMAXPROCS is {procs}");
            let in_process = figure("/proc/self/status", "Threads");
            println!("  there are {in_process}, with the idle ones and those of the runtime");
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "{}", gmp::stats());
        time::sleep(Duration::from_millis(1));
    }
}

fn fetch_all(urls: &[String]) -> Result<(), Box<dyn Error>> {
    let agent = agent();
    let pages = urls.iter().map(|url| {
        let (agent, url) = (agent.clone(), url.clone());
        go!(<Result<String, ureq::Error>> {
            agent.get(url).call()?.body_mut().read_to_string()
        })
    });
    for page in pages.collect::<Vec<_>>() {
        println!("{}", page.join().unwrap()?);
    }
    Ok(())
}
