//! Names of hosts: looking them up blocks, so it is handed over.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

/// Tries the addresses in turn, until one is all right.
pub(crate) fn each_addr<T>(
    addr: impl ToSocketAddrs,
    mut attempt: impl FnMut(SocketAddr) -> io::Result<T>,
) -> io::Result<T> {
    let mut failed = None;
    // What is an address already costs next to nothing.
    for addr in gmp_core::blocking(|| addr.to_socket_addrs())? {
        match attempt(addr) {
            Ok(done) => return Ok(done),
            Err(error) => failed = Some(error),
        }
    }
    Err(failed.unwrap_or_else(|| no_addresses("could not resolve to any addresses")))
}

/// The first of the addresses.
pub(crate) fn first_addr(addr: impl ToSocketAddrs) -> io::Result<SocketAddr> {
    let first = gmp_core::blocking(|| addr.to_socket_addrs())?.next();
    first.ok_or_else(|| no_addresses("no addresses to send data to"))
}

fn no_addresses(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}
