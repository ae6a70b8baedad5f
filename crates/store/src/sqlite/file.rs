//! The file of a store, and what lies beside it.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use emporion_model::ports::{StoreError, StoreResult};

pub fn lock(file: &Path) -> StoreResult<File> {
    let path = beside(file, ".lock");
    let unusable = |error: std::io::Error| StoreError::Unavailable(format!("{}: {error}", path.display()));
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let lock = options.open(&path).map_err(unusable)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            Err(StoreError::Unavailable(format!("{} is already open in another process", file.display())))
        }
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

pub fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Makes the file, readable by its owner only: it holds hashes of passwords. Answers whether it was missing.
pub fn create(file: &Path) -> StoreResult<bool> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(StoreError::Unavailable(format!("{}: {error}", file.display()))),
    }
}

/// A new file outlives a power loss only once its directory is on disk, and a new directory only with the one above.
pub fn make_durable(file: &Path) -> StoreResult<()> {
    let directory = directory_of(file);
    let unusable = |error: std::io::Error| StoreError::Unavailable(format!("{}: {error}", directory.display()));
    sync_directory(file).map_err(unusable)?;
    let whole = directory.canonicalize().map_err(unusable)?;
    match sync_directory(&whole) {
        // Where we may not even look, we have not made a directory either.
        Err(error) if error.kind() != std::io::ErrorKind::PermissionDenied => Err(unusable(error)),
        _ => Ok(()),
    }
}

/// Brings the name of a file, or of a directory, to disk.
pub fn sync_directory(path: &Path) -> std::io::Result<()> {
    File::open(directory_of(path)).and_then(|directory| directory.sync_all())
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
