//! UDP.

use std::io;
use std::net::{self, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

use gmp_core::rt::Dir;

use crate::resolve::first_addr;
use crate::socket::{Socket, methods};

/// A UDP socket; [`std::net::UdpSocket`], except that whoever waits parks if he is a goroutine.
///
/// Several goroutines and threads may use it at once: one of them at a time in each direction,
/// the others in the order in which they came. Calls that wait are ended by
/// [`close`](Self::close), a deadline or a timeout.
///
/// ```
/// use gmp_net::UdpSocket;
///
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// # rt.block_on_goroutine(|| -> std::io::Result<()> {
/// let server = UdpSocket::bind("127.0.0.1:0")?;
/// let address = server.local_addr()?;
/// gmp_core::spawn(move || -> std::io::Result<()> {
///     let mut buf = [0; 1500];
///     let (len, from) = server.recv_from(&mut buf)?; // parks
///     server.send_to(&buf[..len], from)?;
///     Ok(())
/// });
/// let client = UdpSocket::bind("127.0.0.1:0")?;
/// client.send_to(b"ping", address)?;
/// let mut buf = [0; 1500];
/// assert_eq!(client.recv(&mut buf)?, 4);
/// # Ok(())
/// # }).unwrap();
/// ```
pub struct UdpSocket {
    socket: Socket<net::UdpSocket>,
}

impl UdpSocket {
    /// Makes a socket that is bound to `addr`; port 0 asks the kernel for a free one. Of several
    /// addresses the first that works is taken.
    ///
    /// # Errors
    /// Those of the last address, and those of looking up a name.
    ///
    /// ```
    /// let socket = gmp_net::UdpSocket::bind("127.0.0.1:0")?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn bind<A: ToSocketAddrs>(addr: A) -> io::Result<UdpSocket> {
        let socket = gmp_core::blocking(|| net::UdpSocket::bind(addr))?;
        socket.set_nonblocking(true)?;
        Ok(UdpSocket::of(socket))
    }

    /// Sets where [`send`](Self::send) sends to; what comes from elsewhere is not received any
    /// more. Of several addresses the first that works is taken. Does not wait.
    ///
    /// # Errors
    /// Those of the last address, and those of looking up a name.
    ///
    /// ```
    /// let socket = gmp_net::UdpSocket::bind("127.0.0.1:0")?;
    /// socket.connect(socket.local_addr()?)?;
    /// socket.send(b"myself")?;
    /// assert_eq!(socket.recv(&mut [0; 100])?, 6);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn connect<A: ToSocketAddrs>(&self, addr: A) -> io::Result<()> {
        self.socket.quick(|inner| gmp_core::blocking(|| inner.connect(addr)))
    }

    /// Sends one datagram to `addr`, the first if it is several. Returns how many bytes it has.
    ///
    /// # Errors
    /// The datagram is too long, there is no way to the address, an earlier datagram was refused
    /// by its receiver; the socket was closed; those of looking up a name.
    ///
    /// ```
    /// let socket = gmp_net::UdpSocket::bind("127.0.0.1:0")?;
    /// assert_eq!(socket.send_to(b"hello", socket.local_addr()?)?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn send_to<A: ToSocketAddrs>(&self, buf: &[u8], addr: A) -> io::Result<usize> {
        let addr = first_addr(addr)?;
        self.socket.message(Dir::Write, |inner| inner.send_to(buf, addr))
    }

    /// Sends one datagram to the address this is connected to.
    ///
    /// # Errors
    /// As for [`send_to`](Self::send_to); the socket is not connected.
    ///
    /// ```
    /// let socket = gmp_net::UdpSocket::bind("127.0.0.1:0")?;
    /// assert!(socket.send(b"to whom?").is_err());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.socket.message(Dir::Write, |inner| inner.send(buf))
    }

    /// Waits for one datagram; returns how many bytes of it are in `buf`, and where it comes
    /// from. What `buf` has no room for is lost.
    ///
    /// # Errors
    /// The socket was closed, its deadline has passed, its timeout is over, it is non-blocking
    /// and there is none.
    ///
    /// ```
    /// let socket = gmp_net::UdpSocket::bind("127.0.0.1:0")?;
    /// socket.send_to(b"hello", socket.local_addr()?)?;
    /// assert_eq!(socket.recv_from(&mut [0; 100])?, (5, socket.local_addr()?));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.socket.message(Dir::Read, |inner| inner.recv_from(buf))
    }

    /// As [`recv_from`](Self::recv_from); the datagram stays.
    ///
    /// # Errors
    /// Those of receiving.
    ///
    /// ```
    /// let socket = gmp_net::UdpSocket::bind("127.0.0.1:0")?;
    /// socket.send_to(b"hello", socket.local_addr()?)?;
    /// assert_eq!(socket.peek_from(&mut [0; 100])?.0, 5);
    /// assert_eq!(socket.recv_from(&mut [0; 100])?.0, 5);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.socket.message(Dir::Read, |inner| inner.peek_from(buf))
    }

    /// As [`recv_from`](Self::recv_from), without the address.
    ///
    /// # Errors
    /// Those of [`recv_from`](Self::recv_from); of a connected socket also: a datagram that was
    /// sent was refused.
    ///
    /// ```
    /// let socket = gmp_net::UdpSocket::bind("127.0.0.1:0")?;
    /// socket.send_to(b"hello", socket.local_addr()?)?;
    /// let mut buf = [0; 3];
    /// assert_eq!(socket.recv(&mut buf)?, 3);
    /// assert_eq!(&buf, b"hel"); // the rest is lost
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.socket.message(Dir::Read, |inner| inner.recv(buf))
    }

    /// As [`recv`](Self::recv); the datagram stays.
    ///
    /// # Errors
    /// Those of receiving.
    ///
    /// ```
    /// let socket = gmp_net::UdpSocket::bind("127.0.0.1:0")?;
    /// socket.send_to(b"hello", socket.local_addr()?)?;
    /// assert_eq!(socket.peek(&mut [0; 100])?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.socket.message(Dir::Read, |inner| inner.peek(buf))
    }
}

/// Multicast groups, and the interfaces they are joined at.
impl UdpSocket {
    /// Receives what is sent to the group `multiaddr` from now on, by way of the interface that has the address `interface`; of any, if that is unspecified.
    ///
    /// # Errors
    /// `multiaddr` is no such group, there is no such interface, or the socket was closed.
    ///
    /// ```
    /// use std::net::Ipv4Addr;
    ///
    /// let socket = gmp_net::UdpSocket::bind("127.0.0.1:0")?;
    /// assert!(socket.join_multicast_v4(&Ipv4Addr::LOCALHOST, &Ipv4Addr::UNSPECIFIED).is_err()); // no group
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn join_multicast_v4(&self, multiaddr: &Ipv4Addr, interface: &Ipv4Addr) -> io::Result<()> {
        self.socket.quick(|inner| inner.join_multicast_v4(multiaddr, interface))
    }

    /// Ends what [`join_multicast_v4`](Self::join_multicast_v4) began: by way of the interface that has the address `interface`; of any, if that is unspecified.
    ///
    /// # Errors
    /// `multiaddr` is no such group, there is no such interface, or the socket was closed.
    ///
    /// ```
    /// use std::net::Ipv4Addr;
    ///
    /// let socket = gmp_net::UdpSocket::bind("127.0.0.1:0")?;
    /// assert!(socket.leave_multicast_v4(&Ipv4Addr::LOCALHOST, &Ipv4Addr::UNSPECIFIED).is_err()); // no group
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn leave_multicast_v4(&self, multiaddr: &Ipv4Addr, interface: &Ipv4Addr) -> io::Result<()> {
        self.socket.quick(|inner| inner.leave_multicast_v4(multiaddr, interface))
    }

    /// Receives what is sent to the group `multiaddr` from now on, by way of the interface number `interface`; of any, if that is 0.
    ///
    /// # Errors
    /// `multiaddr` is no such group, there is no such interface, or the socket was closed.
    ///
    /// ```
    /// use std::net::Ipv6Addr;
    ///
    /// let socket = gmp_net::UdpSocket::bind("127.0.0.1:0")?;
    /// assert!(socket.join_multicast_v6(&Ipv6Addr::LOCALHOST, 0).is_err()); // no group
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn join_multicast_v6(&self, multiaddr: &Ipv6Addr, interface: u32) -> io::Result<()> {
        self.socket.quick(|inner| inner.join_multicast_v6(multiaddr, interface))
    }

    /// Ends what [`join_multicast_v6`](Self::join_multicast_v6) began: by way of the interface number `interface`; of any, if that is 0.
    ///
    /// # Errors
    /// `multiaddr` is no such group, there is no such interface, or the socket was closed.
    ///
    /// ```
    /// use std::net::Ipv6Addr;
    ///
    /// let socket = gmp_net::UdpSocket::bind("127.0.0.1:0")?;
    /// assert!(socket.leave_multicast_v6(&Ipv6Addr::LOCALHOST, 0).is_err()); // no group
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn leave_multicast_v6(&self, multiaddr: &Ipv6Addr, interface: u32) -> io::Result<()> {
        self.socket.quick(|inner| inner.leave_multicast_v6(multiaddr, interface))
    }
}

methods! {
    UdpSocket: net::UdpSocket = r#"let handle = gmp_net::UdpSocket::bind("127.0.0.1:0")?;"#;
    handle ip_addr ip_peer modes timeouts deadlines;
    /// Whether datagrams may be sent to broadcast addresses (`SO_BROADCAST`).
    broadcast / set_broadcast: bool = "true"
    /// For how many hops datagrams live (`IP_TTL`).
    ttl / set_ttl: u32 = "64"
    /// Whether what is sent to IPv4 groups comes back to this machine (`IP_MULTICAST_LOOP`).
    multicast_loop_v4 / set_multicast_loop_v4: bool = "false"
    /// For how many hops datagrams to IPv4 groups live (`IP_MULTICAST_TTL`).
    multicast_ttl_v4 / set_multicast_ttl_v4: u32 = "2"
}

// An IPv6 option, so the example has another socket.
methods! {
    UdpSocket: net::UdpSocket = r#"let Ok(handle) = gmp_net::UdpSocket::bind("[::1]:0") else {
    return Ok(()); // no IPv6 here
};"#;
    ;
    /// Whether what is sent to IPv6 groups comes back to this machine (`IPV6_MULTICAST_LOOP`).
    multicast_loop_v6 / set_multicast_loop_v6: bool = "false"
}
