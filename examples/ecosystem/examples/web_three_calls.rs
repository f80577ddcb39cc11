//! A web server whose every request needs a database, another service and Redis: three
//! goroutines ask them at the same time, in plain blocking code. Three hundred requests at once.
//!
//! ```text
//! cargo run --release -p gmp-ecosystem --example web_three_calls
//! ```
//!
//! PostgreSQL and Redis are real ones (Debian's packages `postgresql` and `redis-server`); the
//! other service is a second server in this process. Nothing blocks a thread: a few of them are
//! enough for nine hundred calls on the way.

#[path = "../../support/percentiles.rs"]
mod percentiles;

use std::collections::BTreeMap;
use std::error;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use gmp::chan::{Receiver, Sender, bounded};
use gmp::http::{Request, StatusCode};
use gmp::net::TcpStream;
use gmp::sync::{Arc, Group};
use gmp::time::sleep;
use gmp::{go, http};
use gmp_ecosystem::{parked, servers};
use percentiles::Percentiles;
use tokio_postgres::{Client, Statement};

const USERS: i64 = 100;
const REQUESTS: i64 = 300;
/// What the other service takes for an answer.
const SERVICE: Duration = Duration::from_millis(50);
const REDIS_CONNECTIONS: usize = 16;
/// Threads beside those that run goroutines: as a rule less than 10, more where other programs
/// keep goroutines from coming to an end of what they compute.
const FEW: usize = 100;

type Error = Box<dyn error::Error + Send + Sync>;

#[gmp::main]
fn main() -> Result<(), Error> {
    let Some(postgres) = servers::postgres() else { return Ok(()) };
    let Some(redis) = servers::redis() else { return Ok(()) };

    let service = http::Server::bind("127.0.0.1:0")?;
    let backends = Arc::new(Backends {
        users: Users::new(parked::postgres(postgres.folder())?)?,
        visits: Visits::new(|| parked::Redis::connect(redis.folder().join("socket")))?,
        service: service.local_addr()?,
    });
    let serving = service.clone();
    go!(move || serving.serve(|request: Request| price(request.uri().path())));

    let server = http::Server::bind("127.0.0.1:0")?;
    let (serving, address) = (server.clone(), server.local_addr()?);
    go!(move || serving.serve(move |request: Request| {
        let answer = handle(&request, &backends);
        answer.map_err(|error| (StatusCode::BAD_GATEWAY, format!("{error}\n")))
    }));

    load(address);
    server.shutdown(Duration::from_secs(5))?;
    service.shutdown(Duration::from_secs(5))?;
    Ok(())
}

/// Of the server: makes three calls at the same time. The first that fails is the answer.
fn handle(request: &Request, backends: &Arc<Backends>) -> Result<String, Error> {
    let user: i64 = request.uri().path().trim_start_matches('/').parse()?;
    let group = Group::new();
    let name = start(&group, backends, move |backends| backends.users.name(user));
    let price = start(&group, backends, move |backends| get(backends.service, user));
    let visit = start(&group, backends, move |backends| backends.visits.count(user));
    group.wait()?;
    Ok(format!("{}, {}, visit {}\n", name.recv()?, price.recv()?.1, visit.recv()?))
}

fn start<T: Send + 'static>(
    group: &Group<Error>,
    backends: &Arc<Backends>,
    call: impl FnOnce(&Backends) -> Result<T, Error> + Send + 'static,
) -> Receiver<T> {
    let (to, answer) = bounded(1);
    let backends = Arc::clone(backends);
    group.go(move || to.send(call(&backends)?).map_err(|_| "nobody waits".into()));
    answer
}

/// Of the other service: takes its time.
fn price(path: &str) -> String {
    sleep(SERVICE);
    format!("price of {path}")
}

struct Backends {
    users: Users,
    visits: Visits,
    service: SocketAddr,
}

/// A table in PostgreSQL. Many ask over the one connection at the same time.
struct Users {
    client: Client,
    find: Statement,
}

impl Users {
    fn new(client: Client) -> Result<Users, Error> {
        let fill = format!(
            "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL);
             INSERT INTO users SELECT id, 'user ' || id FROM generate_series(0, {USERS} - 1) AS id"
        );
        gmp::block_on(client.batch_execute(&fill))?;
        let find = gmp::block_on(client.prepare("SELECT name FROM users WHERE id = $1"))?;
        Ok(Users { client, find })
    }

    fn name(&self, user: i64) -> Result<String, Error> {
        let row = gmp::block_on(self.client.query_one(&self.find, &[&user]))?;
        Ok(row.try_get(0)?)
    }
}

/// Counters in Redis. A connection has one user at a time; those that nobody has are in a
/// channel.
struct Visits {
    give: Sender<parked::Redis>,
    take: Receiver<parked::Redis>,
}

impl Visits {
    fn new(connect: impl Fn() -> io::Result<parked::Redis>) -> Result<Visits, Error> {
        let (give, take) = bounded(REDIS_CONNECTIONS);
        for _ in 0..REDIS_CONNECTIONS {
            give.send(connect()?)?;
        }
        Ok(Visits { give, take })
    }

    fn count(&self, user: i64) -> Result<i64, Error> {
        let mut connection = self.take.recv()?;
        let count = redis::cmd("INCR").arg(format!("visits:{user}")).query(&mut connection);
        self.give.send(connection)?;
        Ok(count?)
    }
}

/// The status and the text of an answer.
fn get(server: SocketAddr, user: i64) -> Result<(u16, String), Error> {
    let mut stream = TcpStream::connect(server)?;
    write!(stream, "GET /{user} HTTP/1.1\r\nhost: {server}\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
    let status = head.split(' ').nth(1).ok_or("no status")?;
    Ok((status.parse()?, body.to_owned()))
}

/// All requests at once; checks every answer.
fn load(server: SocketAddr) {
    let begin = Instant::now();
    let clients = (0..REQUESTS).map(|number| {
        go!(move || {
            let begin = Instant::now();
            let answer = get(server, number % USERS).unwrap();
            (answer, begin.elapsed())
        })
    });
    let clients: Vec<_> = clients.collect();
    let (mut each, mut visits) = (Vec::new(), BTreeMap::<i64, Vec<i64>>::new());
    for (number, client) in (0..).zip(clients) {
        let ((status, text), took) = client.join().unwrap();
        let user = number % USERS;
        let visit = text.strip_prefix(&format!("user {user}, price of /{user}, visit "));
        let visit = visit.unwrap_or_else(|| panic!("{status}: {text}"));
        assert_eq!(status, 200);
        visits.entry(user).or_default().push(visit.trim_end().parse().unwrap());
        each.push(took);
    }
    let (total, threads) = (begin.elapsed(), gmp::num_threads());
    for visits in visits.values_mut() {
        visits.sort();
        assert!(visits.iter().copied().eq(1..=REQUESTS / USERS), "{visits:?}");
    }

    println!("{REQUESTS} requests at once, GOMAXPROCS={}:", gmp::gomaxprocs(0));
    println!("  all answered after {total:.0?}, with {threads} threads");
    println!("  each: {} (the service alone takes {SERVICE:?})", Percentiles::of(each));
    assert!(total < SERVICE * REQUESTS as u32 / 5, "not at the same time: {total:?}");
    assert!(threads <= gmp::gomaxprocs(0) + FEW, "{threads} threads for goroutines that park");

    let (status, text) = get(server, USERS).unwrap();
    assert_eq!(status, 502, "nobody has this number: {text}");
}
