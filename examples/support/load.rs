//! Clients of HTTP: any number at once, each a goroutine with a connection of its own.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use gmp::chan::{Receiver, bounded};
use gmp::http::Server;
use gmp::net::TcpStream;
use gmp::sync::WaitGroup;
use gmp::{go, time};

use crate::percentiles::Percentiles;
use crate::support::{figure, grouped};

/// What a client got.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// From sending the request to the end of the answer.
    pub(crate) took: Duration,
}

/// How many clients may wait to be accepted. The system has room for 4096, and whoever finds none
/// tries again after a second.
const WAITING: usize = 1_000;

/// All clients connect; when the last one is there, each sends a request.
pub(crate) fn all_at_once(server: &Server, clients: usize) -> Receiver<Answer> {
    let (start, addr) = (Instant::now(), server.local_addr().unwrap());
    let connected = WaitGroup::new();
    connected.add(clients as i64);
    let (starter, gate) = bounded::<()>(0);
    let (answer, answers) = bounded(clients);
    for number in 0..clients {
        while server.connections() + WAITING < number {
            time::sleep(Duration::from_millis(1));
        }
        let (connected, gate, answer) = (connected.clone(), gate.clone(), answer.clone());
        go! {
            let stream = TcpStream::connect(addr).unwrap();
            connected.done();
            // Closed when all may go.
            assert!(gate.recv().is_err());
            // An error: the example has failed.
            let _ = answer.send(get(&stream, &format!("/{number}")).unwrap());
        };
    }
    connected.wait();
    println!("{} clients connected in {:.0?}", grouped(clients), start.elapsed());
    starter.close();
    answers
}

/// One request, after which the server closes the connection.
fn get(mut stream: &TcpStream, path: &str) -> io::Result<Answer> {
    let start = Instant::now();
    let request = format!("GET {path} HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let status = text.strip_prefix("HTTP/1.1 ").and_then(|text| text.get(..3)?.parse().ok());
    let status = status.ok_or_else(|| io::Error::other(format!("not an answer: {text:?}")))?;
    Ok(Answer { status, took: start.elapsed() })
}

/// What many answers come to.
pub(crate) struct Summary {
    pub(crate) took: BTreeMap<u16, Percentiles>,
    /// The most threads seen in the process, and the most memory it ever had.
    pub(crate) threads: usize,
    pub(crate) memory: u64,
}

impl Summary {
    /// Takes answers as they come.
    pub(crate) fn of(answers: impl Iterator<Item = Answer>) -> Summary {
        let mut took = BTreeMap::<u16, Vec<Duration>>::new();
        let mut threads = 0;
        for (i, answer) in answers.enumerate() {
            took.entry(answer.status).or_default().push(answer.took);
            if i % 100 == 0 {
                threads = threads.max(figure("/proc/self/status", "Threads"));
            }
        }
        let took = took.into_iter().map(|(status, took)| (status, Percentiles::of(took))).collect();
        let memory = figure("/proc/self/status", "VmHWM");
        Summary { took, threads: threads as usize, memory }
    }

    pub(crate) fn count(&self, status: u16) -> usize {
        self.took.get(&status).map_or(0, |took| took.count)
    }

    pub(crate) fn print(&self) {
        for (status, took) in &self.took {
            println!("  {status}: {took}");
        }
        println!(
            "  {} threads, GOMAXPROCS is {}; {} MiB, clients and server together",
            self.threads,
            gmp::gomaxprocs(0),
            self.memory >> 20
        );
    }

    /// That those who wait take no threads: on a busy machine there are more than usual, because
    /// a thread that the system has put aside is replaced, but nothing like one per client.
    ///
    /// # Panics
    ///
    /// If it is not so.
    pub(crate) fn assert_few_threads(&self) {
        let clients: usize = self.took.values().map(|took| took.count).sum();
        assert!(self.threads < clients / 5, "{} threads for {clients} clients", self.threads);
    }
}
