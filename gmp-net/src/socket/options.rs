//! What the kernel knows of a socket: options and addresses.

/// An option that std's type has by the same names: two calls of std's.
macro_rules! option {
    ($name:ident, $make:literal, $get:ident, $set:ident, $value:ty, $example:literal,
     $(#[$doc:meta])*) => {
        impl $name {
            $(#[$doc])*
            ///
            /// # Errors
            /// The socket was closed.
            ///
            /// ```
            #[doc = $make]
            #[doc = concat!("let value: ", stringify!($value), " = handle.", stringify!($get), "()?;")]
            /// # Ok::<(), std::io::Error>(())
            /// ```
            pub fn $get(&self) -> std::io::Result<$value> {
                self.socket.quick(|inner| inner.$get())
            }

            #[doc = concat!("Sets what [`", stringify!($get), "`](Self::", stringify!($get), ") says.")]
            ///
            /// # Errors
            /// The kernel refuses it, or the socket was closed.
            ///
            /// ```
            #[doc = $make]
            #[doc = concat!("handle.", stringify!($set), "(", $example, ")?;")]
            #[doc = concat!("assert_eq!(handle.", stringify!($get), "()?, ", $example, ");")]
            /// # Ok::<(), std::io::Error>(())
            /// ```
            pub fn $set(&self, value: $value) -> std::io::Result<()> {
                self.socket.quick(|inner| inner.$set(value))
            }
        }
    };
}

/// An address, as std's type has it.
macro_rules! address {
    ($name:ident, $make:literal, $get:ident, $address:ty, $what:literal) => {
        impl $name {
            #[doc = $what]
            ///
            /// # Errors
            /// There is none, or the socket was closed.
            ///
            /// ```
            #[doc = $make]
            #[doc = concat!("println!(\"{:?}\", handle.", stringify!($get), "());")]
            /// # Ok::<(), std::io::Error>(())
            /// ```
            pub fn $get(&self) -> std::io::Result<$address> {
                self.socket.quick(|inner| inner.$get())
            }
        }
    };
}

macro_rules! ip_addr {
    ($name:ident, $std:ty, $make:literal) => {
        $crate::socket::address!(
            $name,
            $make,
            local_addr,
            std::net::SocketAddr,
            "The address of this side, which it is bound to."
        );
    };
}

macro_rules! ip_peer {
    ($name:ident, $std:ty, $make:literal) => {
        $crate::socket::address!(
            $name,
            $make,
            peer_addr,
            std::net::SocketAddr,
            "The address of the other side, which it is connected to."
        );
    };
}

macro_rules! unix_addr {
    ($name:ident, $std:ty, $make:literal) => {
        $crate::socket::address!(
            $name,
            $make,
            local_addr,
            std::os::unix::net::SocketAddr,
            "The address of this side, which it is bound to; it may have no name."
        );
    };
}

macro_rules! unix_peer {
    ($name:ident, $std:ty, $make:literal) => {
        $crate::socket::address!(
            $name,
            $make,
            peer_addr,
            std::os::unix::net::SocketAddr,
            "The address of the other side, which it is connected to; it may have no name."
        );
    };
}

/// Ending a connection in one direction or both.
macro_rules! shutdown {
    ($name:ident, $std:ty, $make:literal) => {
        impl $name {
            /// Ends reading, writing or both, for all handles: who waits to read finds the end,
            /// who writes fails with [`BrokenPipe`](std::io::ErrorKind::BrokenPipe). The other
            /// side of a stream reads to the end of what was written.
            ///
            /// # Errors
            /// It is not connected, or was closed.
            ///
            /// ```
            /// use std::net::Shutdown;
            ///
            #[doc = $make]
            /// handle.shutdown(Shutdown::Write)?;
            /// # Ok::<(), std::io::Error>(())
            /// ```
            pub fn shutdown(&self, how: std::net::Shutdown) -> std::io::Result<()> {
                self.socket.quick(|inner| inner.shutdown(how))
            }
        }
    };
}

pub(crate) use {address, ip_addr, ip_peer, option, shutdown, unix_addr, unix_peer};
