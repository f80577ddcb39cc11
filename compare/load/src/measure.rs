//! One row: warming up, measuring, and the figures that come out of it.

use std::thread;
use std::time::{Duration, Instant};

use compare_harness::Figure;

use crate::Outcome;
use crate::args::Ask;
use crate::client::{self, Client, Seen};
use crate::idle;
use crate::server::{Server, cpu_time};
use crate::work::Work;

/// Of the measured time, before it.
const WARM_UP: f64 = 0.25;
/// How long connections have been idle when they are weighed: servers may give memory back.
const REST: Duration = Duration::from_secs(4);
/// So many idle connections in a quick run.
const QUICK_IDLE: usize = 1000;

/// Measures `ask`'s row, all of it or nothing.
pub(crate) fn row(ask: &Ask) -> Outcome<Vec<Figure>> {
    let wanted = if ask.quick { ask.row.idle.min(QUICK_IDLE) } else { ask.row.idle };
    let allowed = idle::raise_files(ask.row.busy + wanted)?;
    let idle = wanted.min(allowed.saturating_sub(ask.row.busy));
    if idle < wanted {
        eprintln!("note: {idle} idle connections, not {wanted}: no more files may be open");
    }
    let mut server = Server::of(ask)?;
    served(ask, idle, &server).map_err(|why| format!("{why}{}", server.ended()))
}

fn served(ask: &Ask, idle: usize, server: &Server) -> Outcome<Vec<Figure>> {
    let work = Work::new(ask.row, server.port);
    let mut groups = deal(idle::connect(ask.row.busy, server.port, &work)?, ask.threads);
    drive(&mut groups, &work, ask.time.mul_f64(WARM_UP))?;
    let alone = server.memory()?;
    let mut resting = idle::connect(idle, server.port, &work)?;
    if idle > 0 {
        thread::sleep(REST);
    }
    let crowded = server.memory()?;

    let (before, own, start) = (server.cpu_time()?, cpu_time(0)?, Instant::now());
    let seen = drive(&mut groups, &work, ask.time)?;
    let (cpu, own, took) = (server.cpu_time()? - before, cpu_time(0)? - own, seen.last - start);
    if ask.verbose {
        let each = own.as_secs_f64() * 1e6 / seen.times.total() as f64;
        let busy = own.as_secs_f64() / took.as_secs_f64();
        eprintln!("clients: {each:.3} us of CPU a request, {busy:.2} CPUs");
    }
    idle::alive(&mut resting, &work)?;

    let mut figures = figures(&seen, took, cpu);
    if idle > 0 {
        let each = ((crowded - alone) / idle as f64).max(0.0);
        figures.push(Figure { ops: idle as u64, ..Figure::single("_memory", each, "KiB") });
    }
    Ok(figures)
}

fn figures(seen: &Seen, took: Duration, cpu: Duration) -> Vec<Figure> {
    let count = seen.times.total();
    let (least, greatest) = seen.times.range();
    let us = |nanos: u64| nanos as f64 / 1e3;
    let percentile = |suffix, share| Figure {
        suffix,
        median: us(seen.times.at(share)),
        min: us(least),
        max: us(greatest),
        unit: "us",
        samples: 1,
        ops: count,
    };
    let single = |suffix, value, unit| Figure { ops: count, ..Figure::single(suffix, value, unit) };
    vec![
        single("_rps", count as f64 / took.as_secs_f64(), "/s"),
        percentile("_p50", 0.5),
        percentile("_p99", 0.99),
        percentile("_p999", 0.999),
        single("_cpu", cpu.as_secs_f64() * 1e6 / count as f64, "us"),
    ]
}

/// As many groups as there are threads, none of them empty.
fn deal(clients: Vec<Client>, threads: usize) -> Vec<Vec<Client>> {
    let count = threads.min(clients.len());
    let mut groups: Vec<Vec<Client>> = (0..count).map(|_| Vec::new()).collect();
    for (index, client) in clients.into_iter().enumerate() {
        groups[index % count].push(client);
    }
    groups
}

/// Keeps all clients busy for `time`, each group on a thread of its own. Any error is a failure.
fn drive(groups: &mut [Vec<Client>], work: &Work, time: Duration) -> Outcome<Seen> {
    let start = Instant::now();
    let mut all: Option<Seen> = None;
    thread::scope(|scope| {
        let threads: Vec<_> = groups
            .iter_mut()
            .map(|clients| scope.spawn(move || client::drive(clients, work, start, time)))
            .collect();
        for thread in threads {
            let seen = thread.join().map_err(|_| "a client's thread panicked".to_owned())??;
            match &mut all {
                None => all = Some(seen),
                Some(all) => all.merge(seen),
            }
        }
        Ok::<_, String>(())
    })?;
    let seen = all.ok_or("no connection")?;
    match &seen.first_error {
        Some(first) => Err(format!("{} errors, the first: {first}", seen.errors)),
        None => Ok(seen),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, TcpListener, TcpStream};

    use super::*;
    use crate::args::Server as Asked;
    use crate::work;

    /// Starts a server with a thread for each connection, in this process.
    fn server(connection: fn(TcpStream)) -> Asked {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming() {
                thread::spawn(move || connection(stream.unwrap()));
            }
        });
        Asked::At { port, pid: i32::try_from(std::process::id()).ok() }
    }

    /// Sends back `count` times what comes, by `change`, then ends.
    fn echo(mut stream: TcpStream, count: usize, change: fn(&mut [u8])) {
        let mut bytes = [0; 64];
        for _ in 0..count {
            if stream.read_exact(&mut bytes).is_err() {
                return;
            }
            change(&mut bytes);
            if stream.write_all(&bytes).is_err() {
                return;
            }
        }
    }

    fn measured(name: &str, threads: usize, connection: fn(TcpStream)) -> Outcome<Vec<Figure>> {
        row(&Ask {
            row: work::find(name).unwrap(),
            procs: 1,
            quick: true,
            verbose: false,
            time: Duration::from_millis(100),
            threads,
            contender: "test".to_owned(),
            server: server(connection),
        })
    }

    #[test]
    fn a_server_is_measured() {
        for threads in [1, 3] {
            let figures = measured("tcp_64", threads, |stream| echo(stream, usize::MAX, |_| {}));
            let figures = figures.unwrap();
            let suffixes: Vec<_> = figures.iter().map(|figure| figure.suffix).collect();
            assert_eq!(suffixes, ["_rps", "_p50", "_p99", "_p999", "_cpu"]);
            let ops = figures[0].ops;
            assert!(ops >= 64 && figures.iter().all(|figure| figure.ops == ops), "{figures:?}");
            let values: Vec<_> = figures.iter().map(|figure| figure.median).collect();
            assert!(values[0] > 0.0 && values[4] > 0.0, "{values:?}");
            assert!(values[1] <= values[2] && values[2] <= values[3], "{values:?}");
            assert!(values[3] <= figures[1].max, "{figures:?}");
        }
    }

    #[test]
    fn idle_connections_are_weighed() {
        let figures = measured("http_idle", 1, |mut stream| {
            let mut bytes = [0; 1024];
            while let Ok(1..) = stream.read(&mut bytes) {
                let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13";
                if stream.write_all(format!("{head}\r\n\r\nHello, world!").as_bytes()).is_err() {
                    return;
                }
            }
        });
        let figures = figures.unwrap();
        let memory = figures.last().unwrap();
        assert_eq!((memory.suffix, memory.unit, memory.ops), ("_memory", "KiB", 1000));
        // A thread's stack is a page at least, and its record another.
        assert!(memory.median > 4.0, "{memory:?}");
    }

    #[test]
    fn a_wrong_answer_and_an_early_end_are_errors() {
        let wrong = measured("tcp_64", 1, |stream| echo(stream, usize::MAX, |bytes| bytes[9] = 0));
        assert_eq!(wrong.unwrap_err(), "the bytes that come back are not those that were sent");
        let ended = measured("tcp_64", 1, |stream| echo(stream, 5, |_| {})).unwrap_err();
        assert!(ended.starts_with("64 errors, the first: "), "{ended}");
    }
}
