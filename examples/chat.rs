//! A chat: what one client writes, all others get. A goroutine per client reads, another one
//! writes, and one keeps the room (`support/room.rs`); they talk through channels.
//!
//! ```text
//! cargo run --release --example chat
//! cargo run --release --example chat 127.0.0.1:7000
//! nc 127.0.0.1 7000
//! ```
//!
//! The first line is the client's name. The room waits for nobody: who does not read, and falls
//! too far behind, is put out. Without an address the example has a chat with itself.

#[path = "support/leftover.rs"]
mod leftover;
#[path = "support/room.rs"]
mod room;
mod support;

use std::env;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gmp::chan::{Receiver, bounded};
use gmp::net::{TcpListener, TcpStream};
use gmp::{JoinHandle, go, num_goroutine};
use room::Room;
use support::{figure, grouped};

/// In bytes; a longer line counts as several.
const MAX_LINE: u64 = 4096;
/// For a client who takes nothing.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// Until the listener is shut down.
fn serve(listener: &TcpListener, room: &Room) {
    for (id, stream) in (0..).zip(listener.incoming()) {
        let (stream, room) = match stream {
            Ok(stream) => (stream, room.clone()),
            Err(error) => {
                eprintln!("a connection could not be accepted: {error}");
                continue;
            }
        };
        go! {
            if let Err(error) = chat(&stream, id, &room) {
                eprintln!("client {id}: {error}");
            }
        };
    }
}

fn chat(stream: &TcpStream, id: u64, room: &Room) -> io::Result<()> {
    stream.set_write_timeout(Some(WRITE_TIMEOUT))?;
    let mut reader = BufReader::new(stream);
    let Some(name) = read_line(&mut reader)? else { return Ok(()) };
    let inbox = room.enter(id, name);
    gmp::scope(|scope| {
        scope.spawn(|| {
            // An error: nobody is there any more.
            let _ = deliver(&inbox, stream);
            let _ = stream.shutdown(Shutdown::Both);
        });
        while let Ok(Some(line)) = read_line(&mut reader) {
            room.say(id, &line);
        }
        // Ends the inbox.
        room.leave(id);
    });
    Ok(())
}

fn deliver(inbox: &Receiver<Arc<str>>, stream: &TcpStream) -> io::Result<()> {
    let mut writer = BufWriter::new(stream);
    for line in inbox {
        writeln!(writer, "{line}")?;
        if inbox.is_empty() {
            writer.flush()?;
        }
    }
    Ok(())
}

/// None at the end.
fn read_line(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    reader.take(MAX_LINE).read_until(b'\n', &mut line)?;
    let text = String::from_utf8_lossy(&line);
    Ok((!line.is_empty()).then(|| text.trim_end().to_owned()))
}

#[gmp::main]
fn main() -> io::Result<()> {
    let (room, keeper) = Room::open();
    if let Some(addr) = env::args().nth(1) {
        let listener = TcpListener::bind(addr)?;
        println!("a chat at {}", listener.local_addr()?);
        serve(&listener, &room);
        return Ok(());
    }

    let goroutines = num_goroutine() - 1;
    let listener = Arc::new(TcpListener::bind("127.0.0.1:0")?);
    let addr = listener.local_addr()?;
    let serving = listener.clone();
    let served = go!(move || serve(&serving, &room));
    let host = all_talk(addr)?;
    one_sleeps(addr, host)?;
    listener.shutdown()?;
    served.join().unwrap();
    keeper.join().unwrap();
    leftover::assert_no_more_than(goroutines);
    Ok(())
}

/// One end of a connection to the chat.
struct Client(BufReader<TcpStream>);

impl Client {
    fn enter(addr: SocketAddr, name: &str) -> io::Result<Client> {
        let mut client = Client(BufReader::new(TcpStream::connect(addr)?));
        client.say(name)?;
        assert_eq!(client.hear()?, format!("* welcome, {name}"));
        Ok(client)
    }

    fn say(&self, text: &str) -> io::Result<()> {
        self.0.get_ref().write_all(format!("{text}\n").as_bytes())
    }

    fn hear(&mut self) -> io::Result<String> {
        read_line(&mut self.0)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

const MEMBERS: usize = 50;
const LINES: usize = 20;
// Nobody can fall behind by more than all there is to hear.
const _: () = assert!(MEMBERS * (LINES + 2) < room::PATIENCE);

/// Everybody says some lines, and hears those of all others, each one's in order. Returns the
/// one who stays.
fn all_talk(addr: SocketAddr) -> io::Result<Client> {
    let mut host = Client::enter(addr, "host")?;
    let (starter, gate) = bounded::<()>(0);
    let members: Vec<JoinHandle<io::Result<()>>> = (0..MEMBERS)
        .map(|number| {
            let gate = gate.clone();
            go!(move || member(addr, number, &gate))
        })
        .collect();
    for _ in 0..MEMBERS {
        assert!(host.hear()?.ends_with("has come"));
    }

    let start = Instant::now();
    starter.close();
    let (mut lines, mut left) = (0, 0);
    while left < MEMBERS {
        let line = host.hear()?;
        *if line.ends_with("has left") { &mut left } else { &mut lines } += 1;
    }
    let total = start.elapsed();
    let threads = figure("/proc/self/status", "Threads") as usize;
    members.into_iter().try_for_each(|member| member.join().unwrap())?;
    let heard = lines * MEMBERS;
    println!("{MEMBERS} members heard {} lines of each other in {total:.0?}", grouped(heard));
    println!("  {threads} threads, GOMAXPROCS is {}", gmp::gomaxprocs(0));
    assert_eq!(lines, MEMBERS * LINES);
    assert!(threads < MEMBERS, "{threads} threads");
    Ok(host)
}

fn member(addr: SocketAddr, number: usize, gate: &Receiver<()>) -> io::Result<()> {
    let mut client = Client::enter(addr, &number.to_string())?;
    assert!(gate.recv().is_err());
    for line in 0..LINES {
        client.say(&line.to_string())?;
    }
    let mut heard = [0; MEMBERS];
    while heard.iter().sum::<usize>() < (MEMBERS - 1) * LINES {
        let line = client.hear()?;
        if let Some((name, text)) = line.split_once(": ") {
            let next = &mut heard[name.parse::<usize>().unwrap()];
            assert_eq!(text, next.to_string(), "{name}'s lines are not in order");
            *next += 1;
        }
    }
    assert_eq!(heard[number], 0, "a member hears itself");
    Ok(())
}

/// One who does not read is put out, and nobody waits for him.
fn one_sleeps(addr: SocketAddr, mut host: Client) -> io::Result<()> {
    let _sleeper = Client::enter(addr, "sleeper")?;
    assert_eq!(host.hear()?, "* sleeper has come");
    let talker = Client::enter(addr, "talker")?;
    assert_eq!(host.hear()?, "* talker has come");
    let text = "z".repeat(1024);
    for said in 1.. {
        talker.say(&text)?;
        // In step, so that the host does not fall behind.
        let heard = host.hear()?;
        if heard.starts_with('*') {
            println!("{heard}, after {} lines of {} bytes", grouped(said), text.len());
            assert_eq!(heard, "* sleeper was put out: too slow");
            assert!(said > room::PATIENCE);
            return Ok(());
        }
        assert_eq!(heard, format!("talker: {text}"));
        assert!(said < 100_000, "nobody was put out");
    }
    Ok(())
}
