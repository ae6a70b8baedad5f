//! The directory of one node over a database: what it makes of the log for itself, and nobody else writes to.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use rustix::fs::{FlockOperation, flock};

use crate::directory::make_directory;

/// Where the indexes of searches lie. All that is in them can be made of the store.
pub const SEARCH_DIRECTORY: &str = "search";
/// Says of which store the directory's contents are, and is locked while a node uses it.
const FILE: &str = "node";

/// A node's directory while the node uses it.
pub struct NodeDirectory {
    _locked: File,
}

impl NodeDirectory {
    /// Takes the directory for a node of this store. What another store has left in it is thrown away: it was made of its
    /// log, and can be again.
    ///
    /// Errors: another node uses it; it is the directory of an embedded store; what lies where the index would is not of a
    /// node.
    pub fn take(directory: &Path, store: &str) -> Result<NodeDirectory> {
        make_directory(directory)?;
        if directory.join(crate::backup::STORE_FILE).exists() {
            bail!("--data: {} holds a store of its own; name another directory for this node", directory.display());
        }
        let (file, index) = (directory.join(FILE), directory.join(SEARCH_DIRECTORY));
        // It may be anybody's.
        let foreign = || {
            anyhow!(
                "--data: {} is not a node's directory, and has a folder {SEARCH_DIRECTORY}; name another one",
                directory.display()
            )
        };
        if !file.exists() && index.exists() {
            return Err(foreign());
        }
        let told = || format!("opening {}", file.display());
        let mut locked = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&file)
            .with_context(told)?;
        if flock(&locked, FlockOperation::NonBlockingLockExclusive).is_err() {
            bail!("--data: another node uses {}; each needs a directory of its own", directory.display());
        }
        let mut of = String::new();
        locked.read_to_string(&mut of).with_context(told)?;
        if of.trim() != store {
            if !of.trim().is_empty() {
                tracing::warn!(directory = %directory.display(), "it was a node's of another store; its index is made anew");
                match fs::remove_dir_all(&index) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).with_context(told),
                    _ => {}
                }
            } else if index.exists() {
                return Err(foreign());
            }
            fs::write(&file, store).with_context(told)?;
        }
        Ok(NodeDirectory { _locked: locked })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_somebody_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let index = folder.path().join(SEARCH_DIRECTORY);
        fs::create_dir(&index).unwrap();
        fs::write(index.join("notes"), "mine").unwrap();
        let refused = NodeDirectory::take(folder.path(), "a").err().map(|error| error.to_string());
        assert!(refused.is_some_and(|why| why.contains("is not a node's directory")));
        assert!(index.join("notes").exists() && !folder.path().join(FILE).exists());
        // A file that was never written says as little.
        fs::write(folder.path().join(FILE), "").unwrap();
        assert!(NodeDirectory::take(folder.path(), "a").is_err());
        assert!(index.join("notes").exists());
    }

    #[test]
    fn a_directory_is_one_nodes_and_holds_what_is_of_its_store() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("node");
        let index = directory.join(SEARCH_DIRECTORY);
        let node = NodeDirectory::take(&directory, "a").unwrap();
        fs::create_dir(&index).unwrap();
        assert!(NodeDirectory::take(&directory, "a").is_err(), "two nodes");
        drop(node);
        drop(NodeDirectory::take(&directory, "a").unwrap());
        assert!(index.exists());
        drop(NodeDirectory::take(&directory, "b").unwrap());
        assert!(!index.exists());
        fs::write(directory.join(crate::backup::STORE_FILE), "").unwrap();
        assert!(NodeDirectory::take(&directory, "b").is_err(), "a store's own directory");
    }
}
