//! Closing and shutting down: who waits is woken, and who comes later is told.

use std::io;
use std::net::Shutdown;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use gmp_net::{TcpListener, TcpStream, UdpSocket, UnixDatagram, UnixStream};

use crate::conns::*;
use crate::run;

/// Go: TestCloseUnblocksRead
#[test]
fn closing_ends_a_read_that_waits() {
    run(|| {
        for (_, (near, _far)) in pairs() {
            let reader = Arc::clone(&near);
            let waiting = beside(move || reader.read(&mut [0; 100]));
            let_them_wait();
            near.close().unwrap();
            assert_ended(waiting.join());
        }
    });
}

/// Go: TestConnClose
#[test]
fn a_closed_connection_says_so_and_the_other_side_reads_the_end() {
    run(|| {
        for (kind, (near, far)) in pairs() {
            near.close().unwrap();
            assert_ended(near.read(&mut [0]));
            assert_ended(near.write(&[0]));
            assert_eq!(near.close().is_err(), kind != "memory");
            assert_eq!(far.read(&mut [0]).unwrap(), 0, "{kind}");
        }
        let (near, _far) = tcp_pair();
        near.close().unwrap();
        assert_closed(near.read(&mut [0]));
        assert_closed(near.write(&[0]));
        assert_closed(near.close());
        assert_closed(near.nodelay());
        assert_closed(near.set_read_timeout(None));
        assert_closed(near.set_deadline(None));
        assert_closed(near.try_clone());
        assert_closed(near.shutdown(Shutdown::Both));
        assert_closed(near.peek(&mut [0]));
    });
}

/// Go: TestMutexCloseUnblock
#[test]
fn closing_ends_those_who_queue_to_read() {
    run(|| {
        for (_, (near, _far)) in pairs() {
            let readers: Vec<_> = (0..4)
                .map(|_| {
                    let reader = Arc::clone(&near);
                    beside(move || reader.read(&mut [0]))
                })
                .collect();
            let_them_wait();
            near.close().unwrap();
            readers.into_iter().for_each(|reader| assert_ended(reader.join()));
        }
    });
}

/// Go: TestListenerClose
#[test]
fn closing_ends_accepting_and_frees_the_address() {
    run(|| {
        let mut listener = Arc::new(tcp_listener());
        let address = listener.local_addr().unwrap();
        for _ in 0..10 {
            let acceptor = Arc::clone(&listener);
            let waiting = beside(move || acceptor.accept().map(drop));
            let_them_wait();
            listener.close().unwrap();
            // At once, though the old one is not dropped yet.
            let again = TcpListener::bind(address).unwrap();
            assert_closed(waiting.join());
            assert_closed(listener.accept());
            assert_closed(listener.close());
            assert!(listener.incoming().next().is_none());
            listener = Arc::new(again);
        }

        let listener = Arc::new(unix_listener());
        let acceptor = Arc::clone(&listener);
        let waiting = beside(move || acceptor.accept().map(drop));
        let_them_wait();
        listener.close().unwrap();
        assert_closed(waiting.join());
    });
}

/// `shutdown` ends accepting for clones, too, whether they wait or come later.
#[test]
fn shutting_down_ends_accepting_on_all_handles() {
    run(|| {
        let listener = tcp_listener();
        let clone = listener.try_clone().unwrap();
        let waiting = beside(move || (clone.incoming().count(), clone.accept().unwrap_err()));
        let_them_wait();
        listener.shutdown().unwrap();
        let (count, error) = waiting.join();
        assert_eq!((count, error.kind()), (0, io::ErrorKind::InvalidInput));

        let listener = unix_listener();
        let clone = listener.try_clone().unwrap();
        let waiting = beside(move || clone.into_iter().count());
        let_them_wait();
        listener.shutdown().unwrap();
        assert_eq!(waiting.join(), 0);
        assert!(UnixStream::connect_addr(&listener.local_addr().unwrap()).is_err());
    });
}

/// Go: TestPacketConnClose
#[test]
fn closing_ends_datagrams() {
    run(|| {
        let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").unwrap());
        let receiver = Arc::clone(&socket);
        let waiting = beside(move || receiver.recv_from(&mut [0; 10]));
        let_them_wait();
        let address = socket.local_addr().unwrap();
        socket.close().unwrap();
        assert_closed(waiting.join());
        assert_closed(socket.send_to(b"x", address));
        assert_closed(socket.close());

        let (near, _far) = UnixDatagram::pair().unwrap();
        let near = Arc::new(near);
        let receiver = Arc::clone(&near);
        let waiting = beside(move || receiver.recv(&mut [0; 10]));
        let_them_wait();
        near.close().unwrap();
        assert_closed(waiting.join());
        assert_closed(near.send(b"x"));
    });
}

/// Go: TestCloseUnblocksReadUDP
#[test]
fn closing_ends_a_receive_of_no_length() {
    run(|| {
        let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").unwrap());
        let receiver = Arc::clone(&socket);
        let waiting = beside(move || receiver.recv(&mut []));
        let_them_wait();
        assert!(!waiting.is_finished(), "a datagram is waited for, however little of it is wanted");
        socket.close().unwrap();
        assert_closed(waiting.join());
    });
}

/// Go: TestCloseRead
#[test]
fn shutting_down_reading_ends_reads_only() {
    run(|| {
        macro_rules! check {
            ($pair:expr) => {
                let (near, far) = $pair;
                let near = Arc::new(near);
                let reader = Arc::clone(&near);
                let waiting = beside(move || reader.read(&mut [0]));
                let_them_wait();
                near.shutdown(Shutdown::Read).unwrap();
                assert_eq!(waiting.join().unwrap(), 0);
                assert_eq!(near.read(&mut [0]).unwrap(), 0);
                near.write_all(b"x").unwrap();
                assert_eq!(far.read(&mut [0]).unwrap(), 1);
            };
        }
        check!(tcp_pair());
        check!(UnixStream::pair().unwrap());
    });
}

/// Go: TestCloseWrite
#[test]
fn shutting_down_writing_lets_the_other_side_read_to_the_end() {
    run(|| {
        macro_rules! check {
            ($pair:expr) => {
                let (near, mut far) = $pair;
                let near = Arc::new(near);
                near.write_all(b"the rest").unwrap();
                let reader = Arc::clone(&near);
                let waiting = beside(move || io::read_to_string(&*reader));
                near.shutdown(Shutdown::Write).unwrap();
                assert_eq!(near.write(b"x").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
                assert_eq!(io::read_to_string(&mut far).unwrap(), "the rest");
                far.write_all(b"an answer").unwrap();
                drop(far);
                assert_eq!(waiting.join().unwrap(), "an answer");
            };
        }
        check!(tcp_pair());
        check!(UnixStream::pair().unwrap());
    });
}

/// Go: TestZeroByteRead
#[test]
fn a_read_of_no_length_returns_at_once() {
    run(|| {
        for (kind, (near, _far)) in pairs() {
            assert_eq!(near.read(&mut []).unwrap(), 0, "{kind}");
            near.close().unwrap();
            assert_ended(near.read(&mut []));
        }
    });
}

/// Go: TestAcceptIgnoreAbortedConnRequest
#[test]
fn aborted_connections_do_not_end_accepting() {
    run(|| {
        let listener = tcp_listener();
        let address = listener.local_addr().unwrap();
        let done = beside(move || {
            for stream in listener.incoming() {
                let mut last = [0];
                if stream.unwrap().read(&mut last).is_ok_and(|n| n == 1) && last == *b"!" {
                    return;
                }
            }
        });
        for _ in 0..10 {
            let stream = TcpStream::connect(address).unwrap();
            let now = Some(std::time::Duration::ZERO);
            rustix::net::sockopt::set_socket_linger(&stream, now).unwrap();
        }
        TcpStream::connect(address).unwrap().write_all(b"!").unwrap();
        done.join();
    });
}

/// Go: TestTCPConcurrentAccept
#[test]
fn ten_accept_at_once_and_all_leave_when_it_closes() {
    run(|| {
        let listener = Arc::new(tcp_listener());
        let address = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let acceptors: Vec<_> = (0..10)
            .map(|_| {
                let (listener, accepted) = (Arc::clone(&listener), Arc::clone(&accepted));
                beside(move || {
                    for stream in listener.incoming() {
                        drop(stream.unwrap());
                        accepted.fetch_add(1, SeqCst);
                    }
                })
            })
            .collect();
        let streams: Vec<_> = (0..100).map(|_| TcpStream::connect(address).unwrap()).collect();
        // Each was accepted, for each reads the end.
        streams.iter().for_each(|stream| assert_eq!(stream.read(&mut [0]).unwrap(), 0));
        listener.close().unwrap();
        acceptors.into_iter().for_each(Beside::join);
        assert_eq!(accepted.load(SeqCst), 100);
    });
}
