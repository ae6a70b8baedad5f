//! A directory for what is not yet where it belongs. It is locked while its command lives, so that what a killed one has left
//! is told from what another is at work on.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Held in it.
const LOCK: &str = "emporion.lock";
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
        for entry in found.flatten().filter(|entry| is_beside(&entry.file_name().to_string_lossy())) {
            if let Some(_lock) = abandoned(&entry.path()) {
                // The next command tries again.
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

fn is_beside(name: &str) -> bool {
    name.strip_prefix(BESIDE).is_some_and(|rest| rest.len() == 8 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The lock of one on which nobody is at work any more; held while it is removed. Only what this user alone may enter is one.
pub fn abandoned(path: &Path) -> Option<File> {
    // Through a link, something else would be taken for it.
    let found = fs::symlink_metadata(path).ok()?;
    let is_own = found.uid() == rustix::process::geteuid().as_raw() && found.mode() & 0o077 == 0;
    let lock = OpenOptions::new().write(true).open(path.join(LOCK)).ok().filter(|_| found.is_dir() && is_own)?;
    lock.try_lock().ok().map(|()| lock)
}
