//! The text whose words are counted: read block by block, each of whole words.

use std::fs::File;
use std::io::{ErrorKind, Read};

use crate::work::last_gap;

/// How many bytes are read at a time.
pub const BLOCK: usize = 1 << 20;

/// A text that is being read.
#[derive(Debug)]
pub struct Text {
    file: File,
    /// The beginning of a word, to go in front of the next block.
    rest: Vec<u8>,
}

impl Text {
    /// Opens the text at `path`.
    pub fn open(path: &str) -> Text {
        let file = File::open(path).expect("the text can be opened");
        Text { file, rest: Vec::new() }
    }

    /// Puts the next words in place of what is in `block`; `false` where there are none.
    pub fn read(&mut self, block: &mut Vec<u8>) -> bool {
        block.resize(BLOCK, 0);
        let rest = self.rest.len();
        block[..rest].copy_from_slice(&self.rest);
        let end = rest + read(&mut self.file, &mut block[rest..]);
        // The last word need not be followed by a space.
        let gap = if end == rest { end } else { last_gap(&block[..end]) };
        assert!(gap > 0 || end < BLOCK, "a word as long as a block");
        self.rest.clear();
        self.rest.extend_from_slice(&block[gap..end]);
        block.truncate(gap);
        end > rest || gap > 0
    }
}

fn read(file: &mut File, into: &mut [u8]) -> usize {
    loop {
        match file.read(into) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => return read.expect("the text can be read"),
        }
    }
}

/// How many words are in the text at `path`, which is written down beside it.
pub fn counted(path: &str) -> u64 {
    let count = std::fs::read_to_string(format!("{path}.count")).expect("FILE.count is there");
    count.trim().parse().expect("FILE.count is a number")
}
