//! SQLite, a C library that blocks and computes on its caller's thread, called by goroutines as if
//! it were nothing special; meanwhile another goroutine keeps answering.
//!
//! ```text
//! cargo run --release -p gmp-ecosystem --example sqlite
//! ```
//!
//! A channel is the pool of connections. Whoever waits for one parks; whoever waits inside of
//! SQLite, for another connection's write or for the disk, blocks his thread, and others get his
//! processor.

#[path = "../../support/percentiles.rs"]
mod percentiles;

use std::env::temp_dir;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::time::{Duration, Instant};

use gmp::chan::{Receiver, Sender, bounded};
use gmp::go;
use gmp::time::sleep;
use percentiles::Percentiles;
use rusqlite::{Connection, Result};

const PROCS: usize = 2;
const CONNECTIONS: usize = 8;
const GOROUTINES: i64 = 100;
const ORDERS: i64 = 50;
const PAUSE: Duration = Duration::from_millis(2);

const SET_UP: &str = "
    PRAGMA journal_mode = WAL;
    CREATE TABLE orders (customer INTEGER NOT NULL, amount INTEGER NOT NULL);
    CREATE INDEX by_customer ON orders (customer);";
const INSERT: &str = "INSERT INTO orders (customer, amount) VALUES (?, ?)";
const SUM: &str = "SELECT count(*), sum(amount) FROM orders WHERE customer = ?";
/// Counts in SQL: some tenths of a second of computing.
const COUNT: &str = "
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
    SELECT sum(n) FROM numbers";
const NUMBERS: i64 = 1_000_000;

#[gmp::main(gomaxprocs = PROCS)]
fn main() -> Result<()> {
    let folder = Folder::new();
    let pool = Pool::open(&folder.0.join("orders.db"))?;

    let each = beside(&pool, "inserts and queries", insert_and_query)?;
    println!("  an order, with what its customer has ordered: {}", Percentiles::of(each));

    // As many as there are processors, so that there is none for the others, if they kept it.
    let each = beside(&pool, "queries that compute", compute)?;
    println!("  a query: {}", Percentiles::of(each));
    Ok(())
}

/// A hundred goroutines, each a customer.
fn insert_and_query(pool: &Pool) -> Result<Vec<Duration>> {
    let customers = (0..GOROUTINES).map(|customer| {
        let pool = pool.clone();
        go!(move || (1..=ORDERS).map(|amount| order(&pool, customer, amount)).collect())
    });
    let customers: Vec<_> = customers.collect();
    let orders: Result<Vec<Vec<_>>> = customers.into_iter().map(|c| c.join().unwrap()).collect();

    let all = "SELECT count(*), sum(amount) FROM orders";
    let found: (i64, i64) =
        pool.with(|db| db.query_row(all, [], |row| Ok((row.get(0)?, row.get(1)?))))?;
    assert_eq!(found, (GOROUTINES * ORDERS, GOROUTINES * (1..=ORDERS).sum::<i64>()));
    Ok(orders?.concat())
}

fn order(pool: &Pool, customer: i64, amount: i64) -> Result<Duration> {
    let begin = Instant::now();
    let ordered: (i64, i64) = pool.with(|db| {
        db.execute(INSERT, (customer, amount))?;
        db.query_row(SUM, (customer,), |row| Ok((row.get(0)?, row.get(1)?)))
    })?;
    assert_eq!(ordered, (amount, (1..=amount).sum()));
    Ok(begin.elapsed())
}

/// `PROCS` goroutines that compute, in C.
fn compute(pool: &Pool) -> Result<Vec<Duration>> {
    let query = |pool: Pool| {
        let begin = Instant::now();
        let sum: i64 = pool.with(|db| db.query_row(COUNT, (NUMBERS,), |row| row.get(0)))?;
        assert_eq!(sum, NUMBERS * (NUMBERS + 1) / 2);
        Ok(begin.elapsed())
    };
    let queries: Vec<_> = (0..PROCS).map(|_| go!(query(pool.clone()))).collect();
    queries.into_iter().map(|query| query.join().unwrap()).collect()
}

/// Does `work`, and asks a goroutine a question every other millisecond meanwhile.
fn beside<T>(pool: &Pool, name: &str, work: impl FnOnce(&Pool) -> Result<T>) -> Result<T> {
    let (question, questions) = bounded::<Question>(0);
    go!(move || {
        for (number, answer) in questions {
            answer.send(number + 1).unwrap();
        }
    });
    let (stop, stopped) = bounded::<()>(0);
    let asking = go!(move || ask(&question, &stopped));

    let begin = Instant::now();
    let done = work(pool)?;
    let total = begin.elapsed();

    stop.close();
    let answered = Percentiles::of(asking.join().unwrap());
    println!("{name}: {total:.0?}, {} threads", gmp::num_threads());
    println!("  another goroutine's answer to a question: {answered}");
    assert!(answered.p50 < Duration::from_millis(50), "it was held up: {:?}", answered.p50);
    Ok(done)
}

/// A number, and where the answer goes.
type Question = (i64, Sender<i64>);

/// How long each answer took, including that it was to be asked for at a time.
fn ask(question: &Sender<Question>, stopped: &Receiver<()>) -> Vec<Duration> {
    let mut times = Vec::new();
    while !stopped.is_closed() || times.is_empty() {
        let due = Instant::now() + PAUSE;
        sleep(PAUSE);
        let (answer, answered) = bounded(1);
        question.send((41, answer)).unwrap();
        assert_eq!(answered.recv(), Ok(42));
        times.push(due.elapsed());
    }
    times
}

/// The connections that nobody uses at the moment, in a channel.
#[derive(Clone)]
struct Pool {
    give: Sender<Connection>,
    take: Receiver<Connection>,
}

impl Pool {
    fn open(path: &Path) -> Result<Pool> {
        let (give, take) = bounded(CONNECTIONS);
        for number in 0..CONNECTIONS {
            let db = Connection::open(path)?;
            // For somebody else's write. SQLite sleeps meanwhile, thread and all.
            db.busy_timeout(Duration::from_secs(30))?;
            // What a machine that stops could lose is nothing here.
            db.pragma_update(None, "synchronous", "OFF")?;
            if number == 0 {
                db.execute_batch(SET_UP)?;
            }
            give.send(db).unwrap();
        }
        Ok(Pool { give, take })
    }

    /// Lends a connection to `work`; one whose user panics is lost.
    fn with<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let db = self.take.recv().unwrap();
        let done = work(&db);
        self.give.send(db).unwrap();
        done
    }
}

/// A folder for as long as it is needed.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        let path = temp_dir().join(format!("gmp-sqlite-{}", process::id()));
        fs::create_dir(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}
