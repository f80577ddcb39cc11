//! A chat over websockets, with tungstenite: what one client says, all others hear. A goroutine
//! per client reads, another one writes, and one keeps the room; they talk through channels.
//!
//! ```text
//! cargo run --release -p gmp-ecosystem --example websocket_chat
//! cargo run --release -p gmp-ecosystem --example websocket_chat 127.0.0.1:7000
//! ```
//!
//! The first message is the client's name. In a browser's console:
//! `chat = new WebSocket("ws://127.0.0.1:7000"); chat.onmessage = e => console.log(e.data)`,
//! then `chat.send("alice")`. Without an address the example has a chat with itself.

#[path = "../../support/leftover.rs"]
mod leftover;
#[path = "../../support/room.rs"]
mod room;
#[path = "../../support/mod.rs"]
mod support;

use std::env;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gmp::chan::{Receiver, Sender, bounded};
use gmp::net::{TcpListener, TcpStream};
use gmp::{JoinHandle, go, num_goroutine, select};
use room::Room;
use support::{figure, grouped};
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Message, WebSocket};

/// In bytes.
const MAX_MESSAGE: usize = 4096;
/// For a client who takes nothing.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// Until the listener is shut down.
fn serve(listener: &TcpListener, room: &Room) {
    for (id, stream) in (0..).zip(listener.incoming().flatten()) {
        let room = room.clone();
        go! {
            if let Err(error) = chat(&stream, id, &room) {
                eprintln!("client {id}: {error}");
            }
        };
    }
}

/// The reading side of a connection. What it has to say of itself, answers to pings and to the
/// end, goes to the side that writes, so that messages are not mixed up.
struct ReadingSide<'a> {
    stream: &'a TcpStream,
    frames: Sender<Vec<u8>>,
}

impl Read for ReadingSide<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buf)
    }
}

impl Write for ReadingSide<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let sent = self.frames.send(buf.to_vec());
        sent.map_or(Err(io::ErrorKind::BrokenPipe.into()), |()| Ok(buf.len()))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn chat(stream: &TcpStream, id: u64, room: &Room) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(WRITE_TIMEOUT))?;
    tungstenite::accept(stream).map_err(|error| io::Error::other(error.to_string()))?;
    let (frames, to_write) = bounded(1);
    let config = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE));
    let mut socket =
        WebSocket::from_raw_socket(ReadingSide { stream, frames }, Role::Server, Some(config));
    // The first message. If there is none, there is nothing to deliver.
    let Some(name) = next_text(&mut socket) else { return Ok(()) };
    let inbox = room.enter(id, name);
    gmp::scope(|scope| {
        scope.spawn(move || {
            // An error: nobody is there any more.
            let _ = deliver(&inbox, &to_write, stream);
            let _ = stream.shutdown(Shutdown::Both);
        });
        while let Some(text) = next_text(&mut socket) {
            room.say(id, &text);
        }
        // Ends the inbox.
        room.leave(id);
        let _ = socket.flush();
        drop(socket);
    });
    Ok(())
}

/// None at the end.
fn next_text(socket: &mut WebSocket<impl Read + Write>) -> Option<String> {
    loop {
        match socket.read() {
            Ok(Message::Text(text)) => return Some(text.to_string()),
            Ok(Message::Close(_)) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

fn deliver(
    inbox: &Receiver<Arc<str>>,
    frames: &Receiver<Vec<u8>>,
    mut stream: &TcpStream,
) -> tungstenite::Result<()> {
    let mut socket = WebSocket::from_raw_socket(stream, Role::Server, None);
    loop {
        select! {
            // An answer to a goodbye is the last word: all lines come before it.
            biased;
            Some(line) = <-inbox => {
                socket.write(Message::text(&*line))?;
                if inbox.is_empty() {
                    socket.flush()?;
                }
            }
            Some(frame) = <-frames => {
                socket.flush()?;
                stream.write_all(&frame)?;
            }
            else => break,
        }
    }
    socket.flush()?;
    // The reading side may not know yet that it was put out.
    stream.shutdown(Shutdown::Read)?;
    frames.iter().try_for_each(|frame| stream.write_all(&frame))?;
    Ok(())
}

#[gmp::main]
fn main() -> io::Result<()> {
    let (room, keeper) = Room::open();
    if let Some(addr) = env::args().nth(1) {
        let listener = TcpListener::bind(addr)?;
        println!("a chat at ws://{}", listener.local_addr()?);
        serve(&listener, &room);
        return Ok(());
    }

    let goroutines = num_goroutine() - 1;
    let listener = Arc::new(TcpListener::bind("127.0.0.1:0")?);
    let addr = listener.local_addr()?;
    let serving = listener.clone();
    let served = go!(move || serve(&serving, &room));
    load_test(addr).unwrap();
    listener.shutdown()?;
    served.join().unwrap();
    keeper.join().unwrap();
    leftover::assert_no_more_than(goroutines);
    Ok(())
}

/// One end of a connection to the chat.
struct Client(WebSocket<TcpStream>);

// tungstenite masks what clients send with numbers from a generator that each thread has. Where
// a function that uses it is inlined into one that parks in between, the compiler may take the
// thread for the same as before; so these are not.
impl Client {
    #[inline(never)]
    fn enter(addr: SocketAddr, name: &str) -> tungstenite::Result<Client> {
        let stream = TcpStream::connect(addr)?;
        let connected = tungstenite::client(format!("ws://{addr}/"), stream);
        let (socket, _) = connected.map_err(|error| io::Error::other(error.to_string()))?;
        let mut client = Client(socket);
        client.say(Message::text(name))?;
        assert_eq!(client.hear()?, format!("* welcome, {name}"));
        Ok(client)
    }

    #[inline(never)]
    fn say(&mut self, message: Message) -> tungstenite::Result<()> {
        self.0.send(message)
    }

    fn hear(&mut self) -> tungstenite::Result<String> {
        Ok(self.0.read()?.to_text()?.to_owned())
    }

    /// Says goodbye, and waits for the answer.
    #[inline(never)]
    fn leave(mut self) -> tungstenite::Result<()> {
        self.0.close(None)?;
        loop {
            match self.0.read() {
                Ok(_) => {}
                Err(tungstenite::Error::ConnectionClosed) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}

const MEMBERS: usize = 50;
const LINES: usize = 20;
// Nobody can fall behind by more than all there is to hear.
const _: () = assert!(MEMBERS * (LINES + 2) < room::PATIENCE);

/// Everybody says some lines, and hears those of all others, each one's in order.
fn load_test(addr: SocketAddr) -> tungstenite::Result<()> {
    let mut host = Client::enter(addr, "host")?;
    let (starter, gate) = bounded::<()>(0);
    let members: Vec<JoinHandle<tungstenite::Result<()>>> = (0..MEMBERS)
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
    println!(
        "{MEMBERS} members heard {} lines of each other in {total:.0?}",
        grouped(lines * MEMBERS)
    );
    println!("  {threads} threads, GOMAXPROCS is {}", gmp::gomaxprocs(0));
    assert_eq!(lines, MEMBERS * LINES);
    assert!(threads < MEMBERS, "{threads} threads");

    host.say(Message::Ping("are you there?".into()))?;
    assert_eq!(host.0.read()?, Message::Pong("are you there?".into()));
    host.leave()
}

fn member(addr: SocketAddr, number: usize, gate: &Receiver<()>) -> tungstenite::Result<()> {
    let mut client = Client::enter(addr, &number.to_string())?;
    assert!(gate.recv().is_err());
    for line in 0..LINES {
        client.say(Message::text(line.to_string()))?;
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
    client.leave()
}
