//! The text whose words are counted: made once, the same on every machine.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::site::Site;

const MIB: usize = 1 << 20;
const WORDS: &str = "\
a an and as at be before by channel chapter each every first for from great hand he her his in \
into is it its, little long machine made many more morning. night no not nothing of on or other \
people place power question rather river said same scheduler she should slow so such than that \
the their then there they this though through time to too under was water, we were what when \
which who will with without work world. would written year yesterday you";

/// The text in `home`, with the number of its words beside it in `FILE.count`.
pub(super) fn file(site: &Site, home: &Path, quick: bool) -> Outcome<PathBuf> {
    let size = if quick { 16 * MIB } else { 256 * MIB };
    let path = home.join(format!("text-{}.txt", size / MIB));
    let count = path.with_extension("txt.count");
    let made = |path: &Path| fs::metadata(path).map(|file| file.len());
    if made(&path).ok() != Some(size as u64) || !count.is_file() {
        site.say(&format!("making a text of {} MiB", size / MIB));
        make(&path, &count, size)
            .map_err(|error| format!("cannot make {}: {error}", path.display()))?;
    }
    Ok(path)
}

fn make(path: &Path, count: &Path, size: usize) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    // Under its own name only when it is whole.
    let part = path.with_extension("part");
    let mut out = BufWriter::with_capacity(MIB, File::create(&part)?);
    let words = write(&mut out, size)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?;
    fs::write(count, format!("{words}\n"))?;
    fs::rename(&part, path)
}

/// Writes `size` bytes; returns how many words are in them.
fn write(out: &mut impl Write, size: usize) -> io::Result<u64> {
    let words: Vec<&[u8]> = WORDS.split_whitespace().map(str::as_bytes).collect();
    let (mut left, mut count, mut column) = (size, 0, 0);
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    loop {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let word = words[(random >> 32) as usize % words.len()];
        if word.len() >= left {
            out.write_all(&vec![b'\n'; left])?;
            return Ok(count);
        }
        column += word.len() + 1;
        out.write_all(word)?;
        out.write_all(if column > 80 { b"\n" } else { b" " })?;
        column = if column > 80 { 0 } else { column };
        left -= word.len() + 1;
        count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_counted() {
        for size in [1, 10, 1000, 100_000] {
            let mut text = Vec::new();
            let count = write(&mut text, size).unwrap();
            assert_eq!(text.len(), size);
            let text = String::from_utf8(text).unwrap();
            assert_eq!(text.split_whitespace().count() as u64, count, "{size} bytes");
            assert!(text.lines().all(|line| line.len() < 100));
        }
    }
}
