//! Fifty goroutines with a connection each, to Redis and to PostgreSQL, through the crates that
//! most programs have; three ways, and what each costs.
//!
//! ```text
//! cargo run --release -p gmp-ecosystem --example redis_and_postgres
//! ```
//!
//! *Parked*: the crate takes a stream of ours, so who waits is off his thread, which runs
//! others. redis' commands need one trait for that; tokio-postgres, of which the postgres crate is
//! made, takes any stream, and its futures run in `block_on`. *Blocking*: the crate has its own
//! socket, the goroutine calls it as any thread would. A thread that blocks for long loses its
//! processor to others; there are as many threads as blocked calls. *`gmp::blocking`*: the same
//! with a hint that they lose it sooner.
//!
//! The servers are Debian's packages `redis-server` and `postgresql`.

#[path = "../../support/percentiles.rs"]
mod percentiles;
#[path = "../../support/mod.rs"]
mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use gmp::chan::{Receiver, RecvTimeoutError, bounded};
use gmp::go;
use gmp_ecosystem::{parked, servers};
use percentiles::Percentiles;
use postgres::NoTls;
use support::{figure, grouped};

const GOROUTINES: usize = 50;
const REDIS_CALLS: i64 = 200;
const POSTGRES_CALLS: i64 = 80;
const WAYS: i64 = 3;
/// Threads beside those that run goroutines and those that are blocked: less than 10 as a rule,
/// more where other programs want the CPUs, too.
const FEW: usize = 30;
const TICK: Duration = Duration::from_millis(5);

#[gmp::main]
fn main() {
    println!("{GOROUTINES} goroutines, a connection each, GOMAXPROCS={}:", gmp::gomaxprocs(0));
    let postgres = go!(servers::postgres());
    let redis = servers::redis();
    let postgres = postgres.join().unwrap();
    // What parks comes first: threads that blocked calls have needed stay for a while.
    if let Some(server) = &redis {
        redis_parked(&server.folder().join("socket"));
    }
    if let Some(server) = &postgres {
        postgres_parked(server.folder());
    }
    if let Some(server) = &redis {
        redis_blocking(&server.folder().join("socket"));
    }
    if let Some(server) = &postgres {
        postgres_blocking(server.folder());
    }
}

fn redis_parked(socket: &Path) {
    let threads = measure("redis, parked", REDIS_CALLS, || {
        let mut connection = parked::Redis::connect(socket).unwrap();
        move |_| count_visit(&mut connection)
    });
    assert!(threads <= gmp::gomaxprocs(0) + FEW, "{threads} threads for goroutines that park");
}

fn redis_blocking(socket: &Path) {
    let client = redis::Client::open(format!("redis+unix://{}", socket.display())).unwrap();
    measure("redis, blocking", REDIS_CALLS, || {
        let mut connection = client.get_connection().unwrap();
        move |_| count_visit(&mut connection)
    });
    measure("redis, gmp::blocking", REDIS_CALLS, || {
        let mut connection = client.get_connection().unwrap();
        move |_| gmp::blocking(|| count_visit(&mut connection))
    });

    let mut connection = client.get_connection().unwrap();
    let visits: i64 = redis::cmd("GET").arg("visits").query(&mut connection).unwrap();
    assert_eq!(visits, WAYS * GOROUTINES as i64 * REDIS_CALLS);
}

/// The same for any connection.
fn count_visit(connection: &mut dyn redis::ConnectionLike) {
    let visits: u64 = redis::cmd("INCR").arg("visits").query(connection).unwrap();
    assert_ne!(visits, 0);
}

const TABLE: &str = "CREATE TABLE visits (number bigint NOT NULL)";
const INSERT: &str = "INSERT INTO visits (number) VALUES ($1)";
const SUM: &str = "SELECT count(*), sum(number)::bigint FROM visits";

fn postgres_parked(folder: &Path) {
    let client = parked::postgres(folder).unwrap();
    gmp::block_on(client.batch_execute(TABLE)).unwrap();
    let threads = measure("postgres, parked", POSTGRES_CALLS, || {
        let client = parked::postgres(folder).unwrap();
        let insert = gmp::block_on(client.prepare(INSERT)).unwrap();
        move |number| {
            let inserted = gmp::block_on(client.execute(&insert, &[&number]));
            assert_eq!(inserted.unwrap(), 1);
        }
    });
    assert!(threads <= gmp::gomaxprocs(0) + FEW, "{threads} threads for goroutines that park");
}

fn postgres_blocking(folder: &Path) {
    let mut config = postgres::Config::new();
    config.host_path(folder).user("postgres");
    measure("postgres, blocking", POSTGRES_CALLS, || {
        let mut client = config.connect(NoTls).unwrap();
        let insert = client.prepare(INSERT).unwrap();
        move |number| insert_visit(&mut client, &insert, number)
    });
    measure("postgres, gmp::blocking", POSTGRES_CALLS, || {
        let mut client = config.connect(NoTls).unwrap();
        let insert = client.prepare(INSERT).unwrap();
        move |number| gmp::blocking(|| insert_visit(&mut client, &insert, number))
    });

    let row = config.connect(NoTls).unwrap().query_one(SUM, &[]).unwrap();
    let each = (0..POSTGRES_CALLS).sum::<i64>();
    let goroutines = WAYS * GOROUTINES as i64;
    assert_eq!((row.get(0), row.get(1)), (goroutines * POSTGRES_CALLS, goroutines * each));
}

// The crate runs futures on a runtime of its own, which is found by thread-locals: so it is kept
// to a function that is not inlined into one in which goroutines change threads.
#[inline(never)]
fn insert_visit(client: &mut postgres::Client, insert: &postgres::Statement, number: i64) {
    assert_eq!(client.execute(insert, &[&number]).unwrap(), 1);
}

/// Has each goroutine make `calls` calls by what `connect` returns. The most threads there were.
fn measure<C>(name: &str, calls: i64, connect: impl Fn() -> C) -> usize
where
    C: FnMut(i64) + Send + 'static,
{
    let connections: Vec<C> = (0..GOROUTINES).map(|_| connect()).collect();
    let (stop, stopped) = bounded::<()>(0);
    let ticks = go!(move || tick(&stopped));

    let begin = Instant::now();
    let callers = connections.into_iter().map(|mut call| {
        go!(move || {
            let timed = |number| {
                let begin = Instant::now();
                call(number);
                begin.elapsed()
            };
            (0..calls).map(timed).collect::<Vec<_>>()
        })
    });
    let callers: Vec<_> = callers.collect();
    let each: Vec<_> = callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect();
    let total = begin.elapsed();

    stop.close();
    let (late, threads) = ticks.join().unwrap();
    assert_eq!(each.len(), GOROUTINES * calls as usize);
    let rate = grouped((each.len() as f64 / total.as_secs_f64()) as u64);
    let (each, late) = (Percentiles::of(each), Percentiles::of(late));
    println!("{name}: {rate} calls/s, {threads} threads");
    println!("  a call: {each}");
    println!("  lateness of what is due every {TICK:?}: {late}");
    assert!(threads <= gmp::gomaxprocs(0) + GOROUTINES + FEW, "{threads} threads");
    assert!(late.p50 < Duration::from_millis(50), "others are held up: {:?}", late.p50);
    threads
}

/// Every 5 ms until `stopped`: how late each was, and the most threads there were.
fn tick(stopped: &Receiver<()>) -> (Vec<Duration>, usize) {
    let (mut late, mut threads) = (Vec::new(), 0);
    loop {
        let due = Instant::now() + TICK;
        if stopped.recv_timeout(TICK) != Err(RecvTimeoutError::Timeout) {
            return (late, threads);
        }
        late.push(due.elapsed());
        threads = threads.max(figure("/proc/self/status", "Threads") as usize);
    }
}
