//! Addresses of Unix sockets, for rustix. From rustix there is no way back: it reads some
//! that the kernel may say in another way, or panics.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::SocketAddr;

use rustix::net::SocketAddrUnix;

/// What rustix connects to.
pub(super) fn from_std(address: &SocketAddr) -> io::Result<SocketAddrUnix> {
    let address = match (address.as_pathname(), address.as_abstract_name()) {
        (Some(path), _) => SocketAddrUnix::new(path)?,
        (_, Some(name)) => SocketAddrUnix::new_abstract_name(name)?,
        _ => SocketAddrUnix::new_unnamed(),
    };
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_stay_what_they_are() {
        let path = SocketAddr::from_pathname("/a/path").unwrap();
        assert_eq!(from_std(&path).unwrap().path_bytes(), Some(&b"/a/path"[..]));
        let name = SocketAddr::from_abstract_name(b"a\0name").unwrap();
        assert_eq!(from_std(&name).unwrap().abstract_name(), Some(&b"a\0name"[..]));
        let nameless = SocketAddr::from_pathname("").unwrap();
        assert!(nameless.is_unnamed() && from_std(&nameless).unwrap().is_unnamed());
    }
}
