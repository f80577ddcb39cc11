//! What std's types can do, ours can: modes, timeouts, clones, conversions, options.

use std::fmt::Debug;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::{self, Ipv4Addr, Shutdown};
use std::os::fd::{AsFd, AsRawFd, IntoRawFd, OwnedFd};
use std::os::unix;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::time::{Duration, Instant};

use gmp_net::{
    Incoming, Pipe, PipeReader, PipeWriter, TcpListener, TcpStream, UdpSocket, UnixDatagram,
    UnixListener, UnixStream,
};

use crate::conns::*;
use crate::run;

const MS: Duration = Duration::from_millis(1);

#[track_caller]
fn assert_would_block<T: Debug>(result: io::Result<T>) {
    let error = result.expect_err("there is nothing");
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    assert!(error.raw_os_error().is_some());
}

#[test]
fn traits_are_those_of_std() {
    fn all<T: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug>() {}
    fn both<T, Std>()
    where
        T: From<Std> + Into<Std> + From<OwnedFd> + Into<OwnedFd> + AsFd + AsRawFd + IntoRawFd,
        T: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Debug,
    {
        all::<T>();
    }
    fn stream<T: Read + Write>()
    where
        for<'a> &'a T: Read + Write,
    {
    }
    both::<TcpStream, net::TcpStream>();
    both::<TcpListener, net::TcpListener>();
    both::<UdpSocket, net::UdpSocket>();
    both::<UnixStream, unix::net::UnixStream>();
    both::<UnixListener, unix::net::UnixListener>();
    both::<UnixDatagram, unix::net::UnixDatagram>();
    both::<PipeReader, io::PipeReader>();
    both::<PipeWriter, io::PipeWriter>();
    all::<Incoming<'_>>();
    all::<Incoming<'_, UnixListener>>();
    stream::<TcpStream>();
    stream::<UnixStream>();
    stream::<Pipe>();
}

#[test]
fn non_blocking_calls_do_not_wait() {
    run(|| {
        let (near, far) = tcp_pair();
        let clone = near.try_clone().unwrap();
        near.set_nonblocking(true).unwrap();
        assert_would_block(near.read(&mut [0]));
        assert_would_block(near.read(&mut [0]));
        // The mode is the socket's, not the handle's.
        assert_would_block(clone.read(&mut [0]));
        far.write_all(b"x").unwrap();
        let mut tries = 0;
        while near.read(&mut [0; 10]).is_err() {
            tries += 1;
            assert!(tries < 10_000_000, "what is there is found without waiting");
        }
        near.set_nonblocking(false).unwrap();
        clone.set_read_timeout(Some(MS)).unwrap();
        assert_would_block(clone.read(&mut [0]));

        let listener = tcp_listener();
        listener.set_nonblocking(true).unwrap();
        assert_would_block(listener.accept());
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        assert_would_block(socket.recv(&mut [0]));
        let listener = unix_listener();
        listener.set_nonblocking(true).unwrap();
        assert_would_block(listener.accept());
    });
}

#[test]
fn timeouts_of_std_are_for_each_call() {
    run(|| {
        let (near, far) = tcp_pair();
        let clone = near.try_clone().unwrap();
        near.set_read_timeout(Some(MS * 20)).unwrap();
        assert_eq!(clone.read_timeout().unwrap(), Some(MS * 20));
        for _ in 0..3 {
            let start = Instant::now();
            assert_would_block(near.read(&mut [0]));
            assert!(start.elapsed() >= MS * 20);
        }
        far.write_all(b"x").unwrap();
        assert_eq!(near.read(&mut [0]).unwrap(), 1);
        let zero = near.set_write_timeout(Some(Duration::ZERO)).unwrap_err();
        assert_eq!(zero.kind(), io::ErrorKind::InvalidInput);
        near.set_write_timeout(Some(MS * 20)).unwrap();
        let full = std::iter::repeat_with(|| near.write(&[0; 1 << 16]));
        assert_would_block(
            full.filter(io::Result::is_err).map(|full| full.map(drop)).next().unwrap(),
        );
        near.set_read_timeout(None).unwrap();
        assert_eq!(near.read_timeout().unwrap(), None);
    });
}

#[test]
fn a_timeout_and_a_deadline_are_told_apart() {
    run(|| {
        let (near, _far) = UnixStream::pair().unwrap();
        near.set_read_timeout(Some(MS * 10)).unwrap();
        near.set_read_deadline(after(MS * 60_000)).unwrap();
        assert_would_block(near.read(&mut [0]));
        near.set_read_timeout(Some(MS * 60_000)).unwrap();
        near.set_read_deadline(after(MS * 10)).unwrap();
        assert_timed_out(near.read(&mut [0]));
    });
}

#[test]
fn clones_have_their_own_deadlines_and_ends() {
    run(|| {
        let (near, far) = tcp_pair();
        let clone = near.try_clone().unwrap();
        near.set_deadline(now()).unwrap();
        far.write_all(b"xy").unwrap();
        assert_timed_out(near.read(&mut [0]));
        assert_eq!(clone.read(&mut [0]).unwrap(), 1);
        near.close().unwrap();
        assert_eq!(clone.read(&mut [0]).unwrap(), 1);
        let waiting = beside(move || clone.read(&mut [0]));
        let_them_wait();
        drop(near);
        far.write_all(b"z").unwrap();
        assert_eq!(waiting.join().unwrap(), 1);
    });
}

#[test]
fn conversions_keep_modes_and_timeouts() {
    run(|| {
        let listener = net::TcpListener::bind("127.0.0.1:0").unwrap();
        let far = net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        far.set_read_timeout(Some(MS * 20)).unwrap();
        let ours = TcpStream::from(far);
        assert_eq!(ours.read_timeout().unwrap(), Some(MS * 20));
        assert_would_block(ours.read(&mut [0]));
        ours.set_read_timeout(Some(MS * 40)).unwrap();

        // Ours waits on a non-blocking descriptor; std's must find a blocking one.
        let (mut theirs, _) = listener.accept().unwrap();
        let theirs_too = theirs.try_clone().unwrap();
        let mut back = net::TcpStream::from(ours);
        // The kernel counts in ticks, of 4 or 10 ms for instance.
        assert_eq!(back.read_timeout().unwrap(), Some(MS * 40));
        back.set_read_timeout(None).unwrap();
        let waiting = beside(move || gmp_core::blocking(|| back.read(&mut [0])));
        let_them_wait();
        theirs.write_all(b"x").unwrap();
        assert_eq!(waiting.join().unwrap(), 1);

        // Who wants it non-blocking gets it like that.
        theirs_too.set_nonblocking(true).unwrap();
        let ours = TcpStream::from(OwnedFd::from(theirs_too));
        drop(theirs);
        assert!(matches!(ours.read(&mut [0]), Ok(0) | Err(_)), "it does not wait");
        let mut back = net::TcpStream::from(TcpStream::from(net::TcpStream::from(ours)));
        assert!(matches!(back.read(&mut [0]), Ok(0) | Err(_)));

        let (near, far) = UnixStream::pair().unwrap();
        near.set_nonblocking(true).unwrap();
        assert_would_block(unix::net::UnixStream::from(near).read(&mut [0]));
        drop(far);
    });
}

#[test]
fn reads_and_writes_may_be_scattered_and_looked_ahead() {
    run(|| {
        let (mut near, mut far) = tcp_pair();
        let parts = [IoSlice::new(b"ab"), IoSlice::new(b""), IoSlice::new(b"cde")];
        assert_eq!(near.write_vectored(&parts).unwrap(), 5);
        let mut buf = [0; 10];
        assert_eq!(far.peek(&mut buf).unwrap(), 5);
        let (mut first, mut second) = ([0; 3], [0; 3]);
        let mut parts = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
        assert_eq!(far.read_vectored(&mut parts).unwrap(), 5);
        assert_eq!((&first, &second[..2]), (b"abc", &b"de"[..]));
        assert_eq!(far.read_vectored(&mut []).unwrap(), 0);
    });
}

#[test]
fn udp_has_peers_and_options() {
    run(|| {
        let [near, far] = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
        let address = far.local_addr().unwrap();
        let answers = beside(move || {
            let mut buf = [0; 10];
            let (len, from) = far.recv_from(&mut buf).unwrap();
            far.connect(from).unwrap();
            far.send(&buf[..len]).unwrap();
        });
        near.connect(address).unwrap();
        assert_eq!(near.peer_addr().unwrap(), address);
        near.send(b"echo").unwrap();
        assert_eq!(near.peek(&mut [0; 10]).unwrap(), 4);
        assert_eq!(near.peek_from(&mut [0; 10]).unwrap(), (4, address));
        assert_eq!(near.recv(&mut [0; 10]).unwrap(), 4);
        answers.join();
        // Nobody is there any more: the kernel says so to a socket that is connected.
        near.send(b"?").unwrap();
        let refused = near.recv(&mut [0; 10]).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    });
}

#[test]
fn unix_sockets_have_names_and_paths() {
    run(|| {
        let path = std::env::temp_dir().join(format!(
            "gmp-net-{}-{}",
            std::process::id(),
            gmp_core::current().is_some()
        ));
        let listener = UnixListener::bind(&path).unwrap();
        let waiting = beside(move || listener.accept().unwrap().0.local_addr().unwrap());
        let stream = UnixStream::connect(&path).unwrap();
        assert_eq!(stream.peer_addr().unwrap().as_pathname(), Some(&*path));
        assert_eq!(waiting.join().as_pathname(), Some(&*path));
        std::fs::remove_file(&path).unwrap();
        assert!(UnixStream::connect(&path).is_err());

        let socket = UnixDatagram::bind(&path).unwrap();
        let other = UnixDatagram::unbound().unwrap();
        other.send_to(b"x", &path).unwrap();
        let (len, from) = socket.recv_from(&mut [0; 2]).unwrap();
        assert!(len == 1 && from.is_unnamed());
        other.connect(&path).unwrap();
        other.send(b"x").unwrap();
        assert_eq!(socket.recv(&mut [0; 2]).unwrap(), 1);
        other.shutdown(Shutdown::Both).unwrap();
        std::fs::remove_file(&path).unwrap();
    });
}

/// Nobody tells an unconnected sender that there is room again.
#[test]
fn a_sender_to_a_full_unix_socket_goes_on_when_there_is_room() {
    run(|| {
        let name = unix_name();
        let receiver = UnixDatagram::bind_addr(&name).unwrap();
        let sender = UnixDatagram::unbound().unwrap();
        let sending = beside(move || {
            (0..2000_u16).all(|n| sender.send_to_addr(&n.to_le_bytes(), &name).is_ok())
        });
        let_them_wait();
        let mut buf = [0; 2];
        for n in 0..2000_u16 {
            assert_eq!(receiver.recv(&mut buf).unwrap(), 2);
            assert_eq!(u16::from_le_bytes(buf), n);
        }
        assert!(sending.join());
    });
}

#[test]
fn names_of_hosts_are_looked_up() {
    run(|| {
        let listener = TcpListener::bind("localhost:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        TcpStream::connect(("localhost", port)).unwrap();
        TcpStream::connect(format!("localhost:{port}")).unwrap();
        let none: &[net::SocketAddr] = &[];
        let error = TcpStream::connect(none).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        // One after the other: nobody listens at the first.
        let closed = tcp_listener().local_addr().unwrap();
        let open = net::SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if listener.local_addr().unwrap().is_ipv4() {
            TcpStream::connect(&[closed, open][..]).unwrap();
        }
        let refused = TcpStream::connect(closed).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    });
}
