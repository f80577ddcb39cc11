//! Deadlines: they end calls, stay, and may be moved.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gmp_net::{TcpStream, UdpSocket, UnixDatagram, UnixStream};

use crate::conns::*;
use crate::run;

const MS: Duration = Duration::from_millis(1);

/// Go: TestReadTimeout, and that of nettest for pipes
#[test]
fn a_passed_deadline_ends_reads_though_there_is_data() {
    run(|| {
        for (kind, (near, far)) in pairs() {
            let writer = beside(move || far.write_all(b"READ TIMEOUT TEST"));
            near.set_read_deadline(now()).unwrap();
            let mut buf = [0; 100];
            for _ in 0..3 {
                let_them_wait();
                assert_timed_out(near.read(&mut buf));
            }
            near.set_read_deadline(after(MS * 2000)).unwrap();
            assert_eq!(near.read(&mut buf).unwrap(), 17, "{kind}");
            writer.join().unwrap();
        }
    });
}

/// Go: TestReadTimeout
#[test]
fn a_deadline_ends_a_read_that_waits_and_all_later_ones() {
    run(|| {
        for (_, (near, _far)) in pairs() {
            near.set_read_deadline(after(MS * 20)).unwrap();
            for _ in 0..3 {
                assert_timed_out(near.read(&mut [0; 100]));
            }
        }
    });
}

/// Go: TestWriteTimeout
#[test]
fn a_deadline_ends_writes() {
    run(|| {
        for (_, (near, _far)) in pairs() {
            near.set_write_deadline(now()).unwrap();
            for _ in 0..3 {
                assert_timed_out(near.write(b"WRITE TIMEOUT TEST"));
            }
            near.set_write_deadline(after(MS * 30)).unwrap();
            let full = loop {
                if let Err(error) = near.write(&[0; 1 << 16]) {
                    break error;
                }
            };
            assert_timed_out(Err::<(), _>(full));
            assert_timed_out(near.write(b"x"));
        }
    });
}

/// Go: TestAcceptTimeout
#[test]
fn a_deadline_ends_accepting() {
    run(|| {
        let listener = tcp_listener();
        let _connected = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        listener.set_deadline(now()).unwrap();
        assert_timed_out(listener.accept());
        assert_timed_out(listener.accept());
        listener.set_deadline(after(MS * 2000)).unwrap();
        listener.accept().unwrap();
        listener.set_deadline(after(MS * 20)).unwrap();
        assert_timed_out(listener.accept());
        assert_timed_out(listener.accept());

        let listener = unix_listener();
        let address = listener.local_addr().unwrap();
        let _connected = UnixStream::connect_addr(&address).unwrap();
        listener.set_deadline(now()).unwrap();
        assert_timed_out(listener.accept());
        listener.set_deadline(None).unwrap();
        listener.accept().unwrap();
        listener.set_deadline(after(MS * 20)).unwrap();
        assert_timed_out(listener.accept());
    });
}

/// Go: TestReadFromTimeout
#[test]
fn a_deadline_ends_receiving() {
    run(|| {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.send_to(b"PACKET", socket.local_addr().unwrap()).unwrap();
        socket.set_read_deadline(now()).unwrap();
        assert_timed_out(socket.recv_from(&mut [0; 10]));
        socket.set_read_deadline(after(MS * 2000)).unwrap();
        assert_eq!(socket.recv_from(&mut [0; 10]).unwrap().0, 6);
        socket.set_read_deadline(after(MS * 20)).unwrap();
        assert_timed_out(socket.recv_from(&mut [0; 10]));
        assert_timed_out(socket.recv_from(&mut [0; 10]));

        let (near, far) = UnixDatagram::pair().unwrap();
        far.send(b"PACKET").unwrap();
        near.set_deadline(now()).unwrap();
        assert_timed_out(near.recv_from(&mut [0; 10]));
        near.set_deadline(None).unwrap();
        assert_eq!(near.recv_from(&mut [0; 10]).unwrap().0, 6);
        near.set_deadline(after(MS * 20)).unwrap();
        assert_timed_out(near.recv(&mut [0; 10]));
    });
}

/// Go: TestWriteToTimeout
#[test]
fn a_deadline_ends_sending() {
    run(|| {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        socket.set_write_deadline(now()).unwrap();
        assert_timed_out(socket.send_to(b"PACKET", address));
        assert_timed_out(socket.send_to(b"PACKET", address));
        socket.set_write_deadline(after(MS * 2000)).unwrap();
        socket.send_to(b"PACKET", address).unwrap();

        // A receiver who does not receive: connected senders are told, others look.
        let (near, far) = UnixDatagram::pair().unwrap();
        near.set_write_deadline(after(MS * 30)).unwrap();
        assert_timed_out(
            std::iter::repeat_with(|| near.send(b"x")).find(io::Result::is_err).unwrap(),
        );
        drop(far);
        let name = unix_name();
        let _full = UnixDatagram::bind_addr(&name).unwrap();
        let sender = UnixDatagram::unbound().unwrap();
        sender.set_write_deadline(after(MS * 30)).unwrap();
        let mut sent = std::iter::repeat_with(|| sender.send_to_addr(b"x", &name));
        assert_timed_out(sent.find(io::Result::is_err).unwrap());
    });
}

/// Calls `f` beside, when one of its deadlines has passed and was taken away: it must wait
/// until `end` ends it.
#[track_caller]
fn must_not_return(f: impl FnOnce() -> io::Result<()> + Send + 'static, end: impl FnOnce()) {
    let waiting = beside(f);
    pause(MS * 60);
    assert!(!waiting.is_finished());
    end();
    assert_timed_out(waiting.join());
}

/// Go: TestReadTimeoutMustNotReturn
#[test]
fn a_deadline_taken_away_does_not_end_reads() {
    run(|| {
        for (_, (near, _far)) in pairs() {
            near.set_deadline(now()).unwrap();
            assert_timed_out(near.read(&mut [0]));
            near.set_read_deadline(None).unwrap();
            let reader = Arc::clone(&near);
            let read = move || reader.read(&mut [0]).map(drop);
            must_not_return(read, || near.set_read_deadline(now()).unwrap());
        }
    });
}

/// Go: TestWriteTimeoutMustNotReturn
#[test]
fn a_deadline_taken_away_does_not_end_writes() {
    run(|| {
        for (_, (near, _far)) in pairs() {
            near.set_deadline(now()).unwrap();
            assert_timed_out(near.write(&[0]));
            near.set_write_deadline(None).unwrap();
            let writer = Arc::clone(&near);
            let write = move || writer.write_all(&vec![0; 16 << 20]);
            must_not_return(write, || near.set_write_deadline(now()).unwrap());
        }
    });
}

/// Go: TestAcceptTimeoutMustNotReturn
#[test]
fn a_deadline_taken_away_does_not_end_accepting() {
    run(|| {
        let listener = Arc::new(tcp_listener());
        listener.set_deadline(now()).unwrap();
        assert_timed_out(listener.accept());
        listener.set_deadline(None).unwrap();
        let acceptor = Arc::clone(&listener);
        let accept = move || acceptor.accept().map(drop);
        must_not_return(accept, || listener.set_deadline(now()).unwrap());
    });
}

/// Calls `f` with deadlines of growing distance, until one is kept within 10 %. None may be
/// early.
#[track_caller]
fn fluctuates_little(mut f: impl FnMut(Instant) -> io::Result<()>) {
    let mut distance = MS;
    loop {
        let start = Instant::now();
        assert_timed_out(f(start + distance));
        let took = start.elapsed();
        assert!(took >= distance, "after {took:?} of {distance:?}");
        if took <= distance + distance / 10 {
            return;
        }
        assert!(distance < MS * 4000, "{took:?} for {distance:?}");
        distance *= 2;
    }
}

/// Go: TestReadTimeoutFluctuation
#[test]
fn reads_end_on_time() {
    run(|| {
        for (_, (near, _far)) in pairs() {
            fluctuates_little(|deadline| {
                near.set_read_deadline(Some(deadline)).unwrap();
                near.read(&mut [0]).map(drop)
            });
        }
    });
}

/// Go: TestWriteTimeoutFluctuation
#[test]
fn writes_end_on_time() {
    run(|| {
        for (_, (near, _far)) in pairs() {
            near.set_write_deadline(after(MS * 10)).unwrap();
            while near.write(&[0; 1 << 16]).is_ok() {}
            fluctuates_little(|deadline| {
                near.set_write_deadline(Some(deadline)).unwrap();
                near.write(&[0]).map(drop)
            });
        }
    });
}

/// Go: TestAcceptTimeoutFluctuation
#[test]
fn accepting_ends_on_time() {
    run(|| {
        let listener = tcp_listener();
        fluctuates_little(|deadline| {
            listener.set_deadline(Some(deadline)).unwrap();
            listener.accept().map(drop)
        });
    });
}

/// Go: TestVariousDeadlines
#[test]
fn deadlines_of_all_distances_end_a_stream_of_data() {
    run(various_deadlines);
}

pub(crate) fn various_deadlines() {
    const NS: [u64; 19] = [
        1,
        2,
        5,
        50,
        100,
        200,
        500,
        750,
        1_000,
        5_000,
        25_000,
        250_000,
        500_000,
        1_000_000,
        5_000_000,
        100_000_000,
        250_000_000,
        500_000_000,
        1_000_000_000,
    ];
    for distance in NS.map(Duration::from_nanos) {
        let (client, server) = tcp_pair();
        let server = beside(move || {
            // Until the other side has gone.
            while server.write_all(&[7; 1 << 16]).is_ok() {}
        });
        let start = Instant::now();
        client.set_read_deadline(Some(start + distance)).unwrap();
        let mut buf = vec![0; 1 << 16];
        let end = std::iter::repeat_with(|| client.read(&mut buf)).find(io::Result::is_err);
        assert_timed_out(end.unwrap());
        assert!(start.elapsed() >= distance);
        drop(client);
        server.join();
    }
}

/// Go: TestReadTimeoutUnblocksRead
#[test]
fn a_deadline_that_is_moved_ends_a_read_that_waits() {
    run(|| {
        for (_, (near, _far)) in pairs() {
            near.set_read_deadline(after(MS * 100_000)).unwrap();
            let reader = Arc::clone(&near);
            let waiting = beside(move || reader.read(&mut [0]));
            let_them_wait();
            near.set_read_deadline(now()).unwrap();
            assert_timed_out(waiting.join());
        }
    });
}

/// An address where nobody accepts, and nobody can connect any more.
fn full_address() -> (Vec<TcpStream>, std::net::TcpListener, SocketAddr) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    rustix::net::listen(&listener, 0).unwrap();
    let address = listener.local_addr().unwrap();
    let mut streams = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, MS * 100) {
        streams.push(stream);
        assert!(streams.len() < 1000, "a backlog without end");
    }
    (streams, listener, address)
}

/// Go: TestDialTimeout
#[test]
fn connecting_ends_after_its_timeout() {
    run(|| {
        let (_streams, _listener, address) = full_address();
        let start = Instant::now();
        let error = TcpStream::connect_timeout(&address, MS * 30).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(start.elapsed() >= MS * 30);
        let error = TcpStream::connect_timeout(&address, Duration::ZERO).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);

        // With time left, and without a limit that a clock could hold.
        let listener = tcp_listener();
        let address = listener.local_addr().unwrap();
        for timeout in [MS * 5000, Duration::MAX] {
            let stream = TcpStream::connect_timeout(&address, timeout).unwrap();
            stream.peer_addr().unwrap();
        }
    });
}

/// Go: TestDialContext
#[test]
fn connecting_ends_with_its_context() {
    use gmp_sync::context::{ContextError, background};
    run(|| {
        let (_streams, _listener, full) = full_address();
        let (ctx, cancel) = background().with_cancel();
        let waiting = beside(move || TcpStream::connect_ctx(&ctx, full));
        let_them_wait();
        cancel();
        let error = waiting.join().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Other);
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
        assert_eq!(inner, Some(&ContextError::Canceled));

        let (ctx, _cancel) = background().with_timeout(MS * 20);
        let error = TcpStream::connect_ctx(&ctx, full).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);

        // Cancelled after it has connected: nothing to the stream.
        let listener = tcp_listener();
        let (ctx, cancel) = background().with_cancel();
        let stream = TcpStream::connect_ctx(&ctx, listener.local_addr().unwrap()).unwrap();
        cancel();
        let accepted = listener.accept().unwrap().0;
        Conn::write_all(&stream, b"x").unwrap();
        assert_eq!(Conn::read(&accepted, &mut [0]).unwrap(), 1);
    });
}
