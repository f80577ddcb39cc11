//! Finds the files.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// Calls `found` for every regular file at or below `root`, and `failed` for
/// whatever cannot be looked at.
pub(crate) fn files(root: PathBuf, found: impl Fn(PathBuf), failed: impl Fn(PathBuf, io::Error)) {
    match fs::symlink_metadata(&root) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(metadata) if metadata.is_file() => return found(root),
        Ok(_) => return,
        Err(error) => return failed(root, error),
    }
    // No recursion: a tree may be deeper than a goroutine's stack.
    let mut directories = vec![root];
    while let Some(directory) = directories.pop() {
        if let Err(error) = list(&directory, &mut directories, &found) {
            failed(directory, error);
        }
    }
}

fn list(
    directory: &Path,
    directories: &mut Vec<PathBuf>,
    found: impl Fn(PathBuf),
) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let file_type = entry.file_type()?;
        if file_type.is_dir() {
            directories.push(entry.path());
        } else if file_type.is_file() {
            found(entry.path());
        }
    }
    Ok(())
}
