//! A directory for what is not yet where it belongs. It is locked while its command lives, so that what a killed one has left
//! is told from what another is at work on.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Held in it.
const LOCK: &str = "lock";
/// What the names of those begin with that lie beside something else.
const BESIDE: &str = ".emporion-";

/// A directory that its owner alone may open, and that goes away with this.
pub struct Unfinished {
    pub path: PathBuf,
    _lock: File,
}

impl Unfinished {
    pub fn make(path: PathBuf) -> Result<Unfinished> {
        let made = || -> std::io::Result<File> {
            fs::DirBuilder::new().mode(0o700).create(&path)?;
            let lock = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path.join(LOCK))?;
            lock.try_lock()?;
            Ok(lock)
        };
        let lock = made().with_context(|| format!("making {}", path.display()))?;
        Ok(Unfinished { path, _lock: lock })
    }

    /// A new one in a directory, from which those are removed that were left there.
    pub fn below(directory: &Path) -> Result<Unfinished> {
        let found = fs::read_dir(directory).with_context(|| format!("reading {}", directory.display()))?;
        for entry in found.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(BESIDE)) {
            if is_abandoned(&entry.path()) {
                // It is somebody else's, mostly.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        Unfinished::make(directory.join(format!("{BESIDE}{:08x}", rand::random::<u32>())))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // What cannot be removed is no part of any store.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Whether nobody is at work on it any more.
pub fn is_abandoned(path: &Path) -> bool {
    // Through a link, something else would be taken for it.
    let is_directory = fs::symlink_metadata(path).is_ok_and(|found| found.is_dir());
    let lock = || OpenOptions::new().write(true).open(path.join(LOCK));
    is_directory && lock().is_ok_and(|lock| lock.try_lock().is_ok())
}
