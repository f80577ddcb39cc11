//! TLS with rustls: a server that sends back what it is sent, encrypted. rustls reads from and
//! writes to anything that is `Read` and `Write`, so a goroutine gives it a socket of ours and
//! has blocking code.
//!
//! ```text
//! cargo run --release -p gmp-ecosystem --example tls_echo
//! cargo run --release -p gmp-ecosystem --example tls_echo 127.0.0.1:7000
//! openssl s_client -quiet -connect 127.0.0.1:7000
//! ```
//!
//! Without an address the example is its own client. The certificate is made anew each time.

#[path = "../../support/leftover.rs"]
mod leftover;
#[path = "../../support/percentiles.rs"]
mod percentiles;
#[path = "../../support/mod.rs"]
mod support;

use std::env;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gmp::net::{TcpListener, TcpStream};
use gmp::{JoinHandle, go, num_goroutine};
use percentiles::Percentiles;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
};
use support::{figure, grouped};

/// For a client who says nothing, or takes nothing.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Until the listener is shut down.
fn serve(listener: &TcpListener, config: &Arc<ServerConfig>) {
    for stream in listener.incoming().flatten() {
        let config = config.clone();
        go! {
            if let Err(error) = echo(config, stream) {
                eprintln!("server: {error}");
            }
        };
    }
}

fn echo(config: Arc<ServerConfig>, stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let connection = ServerConnection::new(config).map_err(io::Error::other)?;
    // Shakes hands with the client as it is first used.
    let mut tls = StreamOwned::new(connection, stream);
    let mut buf = [0; 4096];
    loop {
        let n = tls.read(&mut buf)?;
        if n == 0 {
            tls.conn.send_close_notify();
            return tls.flush();
        }
        tls.write_all(&buf[..n])?;
    }
}

/// A certificate for `localhost` that nobody has signed, and its key.
fn certificate() -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    (made.cert.der().clone(), key)
}

#[gmp::main]
fn main() -> io::Result<()> {
    let (certificate, key) = certificate();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .map_err(io::Error::other)?;
    let config = Arc::new(config);
    if let Some(addr) = env::args().nth(1) {
        let listener = TcpListener::bind(addr)?;
        println!("echo over TLS at {}", listener.local_addr()?);
        serve(&listener, &config);
        return Ok(());
    }

    let goroutines = num_goroutine();
    let listener = Arc::new(TcpListener::bind("127.0.0.1:0")?);
    let addr = listener.local_addr()?;
    let serving = listener.clone();
    let served = go!(move || serve(&serving, &config));

    // Who does not know the certificate does not talk to its owner.
    let stranger = client(addr, trusting(None)).unwrap_err();
    println!("client without the certificate: {stranger}");
    assert_eq!(stranger.kind(), io::ErrorKind::InvalidData);
    // Nor does the server talk to who does not talk TLS.
    let mut plain = TcpStream::connect(addr)?;
    plain.write_all(b"is there anybody?\n")?;
    plain.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    plain.read_to_end(&mut answer)?;
    // An alert, in the clear.
    assert_eq!(answer.first(), Some(&21), "{answer:?}");

    load_test(addr, &trusting(Some(certificate)));
    listener.shutdown()?;
    served.join().unwrap();
    leftover::assert_no_more_than(goroutines);
    Ok(())
}

/// What a client trusts.
fn trusting(certificate: Option<CertificateDer<'static>>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificate);
    Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}

const CLIENTS: usize = 200;
const MESSAGES: usize = 20;
const SIZE: usize = 1024;

fn load_test(addr: SocketAddr, config: &Arc<ClientConfig>) {
    let start = Instant::now();
    let clients: Vec<JoinHandle<io::Result<Duration>>> =
        (0..CLIENTS).map(|_| go!(client(addr, config.clone()))).collect();
    let threads = figure("/proc/self/status", "Threads") as usize;
    let handshakes: Vec<Duration> =
        clients.into_iter().map(|client| client.join().unwrap().unwrap()).collect();
    let total = start.elapsed();
    println!(
        "{CLIENTS} connections, {} messages of {SIZE} bytes there and back in {total:.0?}",
        grouped(CLIENTS * MESSAGES)
    );
    println!("  until the first is back: {}", Percentiles::of(handshakes));
    println!("  {threads} threads, GOMAXPROCS is {}", gmp::gomaxprocs(0));
    assert!(threads < CLIENTS / 2, "{threads} threads");
}

/// Returns how long it took until it was connected, and had its first message back.
fn client(addr: SocketAddr, config: Arc<ClientConfig>) -> io::Result<Duration> {
    let start = Instant::now();
    let mut first = None;
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(config, name).map_err(io::Error::other)?;
    let mut tls = StreamOwned::new(connection, TcpStream::connect(addr)?);
    let mut echo = [0; SIZE];
    for message in 0..MESSAGES {
        let sent = [message as u8; SIZE];
        tls.write_all(&sent)?;
        tls.read_exact(&mut echo)?;
        first.get_or_insert_with(|| start.elapsed());
        assert_eq!(echo, sent);
    }
    tls.conn.send_close_notify();
    tls.flush()?;
    // The server says goodbye, too: nothing was cut off.
    assert_eq!(tls.read(&mut echo)?, 0);
    Ok(first.unwrap())
}
