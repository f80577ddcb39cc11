//! A web server that takes on so much and no more: a request needs one of 1000 slots. Who finds
//! none free is told so at once, with 503, in place of waiting in a queue that only grows.
//!
//! ```text
//! cargo run --release --features http --example web_rate_limited
//! cargo run --release --features http --example web_rate_limited 127.0.0.1:8080
//! curl http://127.0.0.1:8080/
//! ```
//!
//! Without an address the example is its own client.

#[path = "support/descriptors.rs"]
mod descriptors;
#[path = "support/load.rs"]
mod load;
#[path = "support/percentiles.rs"]
mod percentiles;
mod support;

use std::sync::Arc;
use std::time::Duration;
use std::{env, io};

use gmp::chan::{Receiver, Sender, bounded};
use gmp::http::{Request, Server, StatusCode};
use gmp::{go, select, time};
use load::Summary;
use support::grouped;

const SLOTS: usize = 1_000;
const WORK: Duration = Duration::from_millis(100);

/// A channel with as many places as requests may run.
struct Slots {
    take: Sender<()>,
    taken: Receiver<()>,
}

/// Given back however its request ends.
struct Slot<'a>(&'a Receiver<()>);

impl Slots {
    fn new(slots: usize) -> Arc<Slots> {
        let (take, taken) = bounded(slots);
        Arc::new(Slots { take, taken })
    }

    fn take(&self) -> Option<Slot<'_>> {
        select! {
            self.take <- () => Some(Slot(&self.taken)),
            default => None,
        }
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.recv().unwrap();
    }
}

/// Answers requests by doing `work`, while there are slots.
fn serve(
    server: &Server,
    slots: Arc<Slots>,
    work: impl Fn() + Send + Sync + 'static,
) -> io::Result<()> {
    server.serve(move |_: Request| match slots.take() {
        Some(_slot) => {
            work();
            (StatusCode::OK, "done\n")
        }
        None => (StatusCode::SERVICE_UNAVAILABLE, "busy, try again later\n"),
    })
}

#[gmp::main]
fn main() -> io::Result<()> {
    let slots = Slots::new(SLOTS);
    if let Some(addr) = env::args().nth(1) {
        let server = Server::bind(addr)?;
        println!("serving http://{}", server.local_addr()?);
        return serve(&server, slots, || time::sleep(WORK));
    }

    let server = Server::bind("127.0.0.1:0")?;
    // So that it is known how many are refused, no request ends before the gate opens.
    let (opener, gate) = bounded::<()>(0);
    let (serving, taken) = (server.clone(), slots.clone());
    let served = go!(move || serve(&serving, taken, move || assert!(gate.recv().is_err())));

    let clients = descriptors::room_for(5_000, 2);
    assert!(clients > SLOTS, "no room for more clients than slots");
    let answers = load::all_at_once(&server, clients);
    let refused = Summary::of(answers.iter().take(clients - SLOTS));
    println!(
        "{} refused while {} requests were under way:",
        grouped(refused.count(503)),
        grouped(SLOTS)
    );
    refused.print();
    assert_eq!(refused.count(503), clients - SLOTS);
    assert_eq!(slots.taken.len(), SLOTS);
    refused.assert_few_threads();

    opener.close();
    let done = Summary::of(answers.iter().take(SLOTS));
    println!("{} done:", grouped(done.count(200)));
    done.print();
    assert_eq!(done.count(200), SLOTS);

    server.shutdown(Duration::from_secs(5))?;
    served.join().unwrap()?;
    assert!(slots.taken.is_empty(), "a slot was not given back");
    Ok(())
}
