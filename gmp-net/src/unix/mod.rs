//! Unix domain sockets, and std's address of them: it has the name of the one for IP.
//!
//! ```
//! use gmp_net::unix::{SocketAddr, UnixListener};
//! use std::os::linux::net::SocketAddrExt;
//!
//! let name = format!("gmp-doc-{}", std::process::id());
//! let listener = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name)?)?;
//! assert_eq!(listener.local_addr()?.as_abstract_name(), Some(name.as_bytes()));
//! # Ok::<(), std::io::Error>(())
//! ```

mod address;
mod datagram;
mod listener;
mod stream;

pub use crate::accept::Incoming;
pub use datagram::UnixDatagram;
pub use listener::UnixListener;
pub use std::os::unix::net::SocketAddr;
pub use stream::UnixStream;
