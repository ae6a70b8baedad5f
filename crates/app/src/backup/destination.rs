//! Where a store is to be that was copied or unpacked: an empty directory, or a database that holds nothing. The file lies
//! beside it, or in a directory that goes away, until it is known to be whole.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use emporion_authz::keyring::SEAL_KEY_FILE;
use emporion_authz::shared::MasterKey;
use emporion_authz::signing::SIGNING_KEY_FILE;
use emporion_store::PostgresStore;
use emporion_store::postgres::StoredKeys;
use tokio::runtime::Handle;

use super::keys::Keys;
use super::{Progress, STORE_FILE};
use crate::config::Config;
use crate::directory::make_directory;
use crate::shared_keys;
use crate::storage::{self, Place, Storage};

/// Where the store lies while it is looked through, below the place where it is to be: a mounted directory can be restored
/// to as well, and nothing has to be copied to put it there.
const UNFINISHED: &str = ".restoring";
/// Faults that an error lists.
const LISTED: usize = 5;

pub enum Destination {
    Directory(Directory),
    Database { store: Arc<PostgresStore>, master: MasterKey, scratch: Scratch },
}

impl Destination {
    /// Takes the place. What goes into a database lies in a directory below `beside` until then.
    ///
    /// Errors: it is used; the database cannot be reached, or its master key is missing.
    pub fn take(config: &Config, beside: &Path, runtime: &Handle) -> Result<Destination> {
        match config.place() {
            Place::Directory(directory) => Ok(Destination::Directory(Directory::take(&directory)?)),
            place @ Place::Database(_) => {
                let master = shared_keys::master(config, true)?;
                let store = runtime.block_on(Storage::open(&place, true, Arc::default()))?.database()?;
                if runtime.block_on(store.keys())?.is_some() {
                    bail!("{} is used already; a store is put to an empty place", config.shown_store());
                }
                Ok(Destination::Database { store, master, scratch: Scratch::below(beside)? })
            }
        }
    }

    /// Where the store's file is to be written.
    pub fn file(&self) -> PathBuf {
        match self {
            Destination::Directory(place) => place.unfinished.join(STORE_FILE),
            Destination::Database { scratch, .. } => scratch.0.join(STORE_FILE),
        }
    }

    /// Looks through the file, and puts it and its keys where they are to be: whole, or not at all.
    pub fn put(self, keys: Keys, runtime: &Handle, progress: Progress<'_>) -> Result<()> {
        progress("verifying", 0, 0);
        let file = self.file();
        verify(&file)?;
        keys.open_all(&emporion_store::sealed_texts(&file)?)?;
        match self {
            Destination::Directory(place) => place.put(&keys),
            Destination::Database { store, master, scratch } => {
                let wrapped = keys.into_set()?.wrap(&master, 1);
                let rows = |done, all| progress("filling", done, all);
                runtime.block_on(store.fill(&file, &StoredKeys { version: 1, wrapped }, &rows))?;
                drop(scratch);
                Ok(())
            }
        }
    }
}

/// A directory that its owner alone may open, and that goes away with this.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn below(directory: &Path) -> Result<Scratch> {
        let path = directory.join(format!(".emporion-{:08x}", rand::random::<u32>()));
        fs::DirBuilder::new().mode(0o700).create(&path).with_context(|| format!("making {}", path.display()))?;
        Ok(Scratch(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is no part of any store.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Looks through the store as `emporion verify` does, which brings it to the shape of this version.
pub fn verify(file: &Path) -> Result<()> {
    let report = storage::verify_unserved(file)?;
    if !report.faults.is_empty() {
        let listed: Vec<&str> = report.faults.iter().take(LISTED).map(String::as_str).collect();
        bail!("the store in it is not whole, {} faults: {}", report.faults.len(), listed.join("; "));
    }
    // Closing has brought the log into the file; what is moved is the file alone.
    let log = file.with_file_name(format!("{STORE_FILE}-wal"));
    if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        bail!("the log of the restored store could not be brought into its file");
    }
    Ok(())
}

/// The directory that is restored to. Dropped before the store is put there, it is as empty as before.
pub struct Directory {
    directory: PathBuf,
    unfinished: PathBuf,
    is_new: bool,
}

impl Directory {
    pub fn take(directory: &Path) -> Result<Directory> {
        let is_new = !directory.exists();
        if is_new {
            make_directory(directory)?;
        }
        let mut found = fs::read_dir(directory).with_context(|| format!("reading {}", directory.display()))?;
        if let Some(entry) = found.next().transpose()? {
            let name = entry.file_name().display().to_string();
            let why = match name == UNFINISHED {
                true => "another restore is at work there, or was broken off: then remove it",
                false => "a backup is restored to an empty place",
            };
            bail!("{} is used, it holds {name}; {why}", directory.display());
        }
        let place = Directory { directory: directory.to_owned(), unfinished: directory.join(UNFINISHED), is_new };
        let made = fs::DirBuilder::new().mode(0o700).create(&place.unfinished);
        made.with_context(|| format!("making {}", place.unfinished.display()))?;
        Ok(place)
    }

    /// The keys first: a store that is there can be opened.
    pub fn put(self, keys: &Keys) -> Result<()> {
        let (seal, signing) = (self.directory.join(SEAL_KEY_FILE), self.directory.join(SIGNING_KEY_FILE));
        let put = || -> Result<()> {
            if let Some(ring) = &keys.ring {
                ring.write_to(&seal)?;
            }
            if let Some(key) = &keys.signing {
                key.write_to(&signing)?;
            }
            let file = self.unfinished.join(STORE_FILE);
            File::open(&file)?.sync_all()?;
            fs::rename(&file, self.directory.join(STORE_FILE))?;
            Ok(())
        };
        if let Err(error) = put() {
            for key in [seal, signing] {
                let _ = fs::remove_file(key);
            }
            return Err(error.context(format!("putting the store to {}", self.directory.display())));
        }
        fs::remove_dir_all(&self.unfinished)?;
        for directory in [Some(self.directory.as_path()), self.directory.parent().filter(|_| self.is_new)] {
            let directory = directory.filter(|path| *path != Path::new("")).unwrap_or(Path::new("."));
            File::open(directory).and_then(|directory| directory.sync_all())?;
        }
        Ok(())
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What cannot be removed is found by the next try, which says so.
        let _ = fs::remove_dir_all(&self.unfinished);
        if self.is_new {
            // Only while it is empty.
            let _ = fs::remove_dir(&self.directory);
        }
    }
}

/// A new file that its owner alone reads.
pub fn private(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}
