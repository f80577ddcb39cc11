//! Hashes one file.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest as _, Sha256};

pub(crate) type Digest = [u8; 32];

/// On the heap: a goroutine's stack is small.
pub(crate) fn buffer() -> Vec<u8> {
    vec![0; 128 * 1024]
}

/// The SHA-256 of the file at `path`, read piece by piece through `buffer`.
pub(crate) fn file(path: &Path, buffer: &mut [u8]) -> io::Result<Digest> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    loop {
        match file.read(buffer) {
            Ok(0) => return Ok(hasher.finalize().into()),
            Ok(n) => hasher.update(&buffer[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
