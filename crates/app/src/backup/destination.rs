//! Where a store is to be that was copied or unpacked: an empty directory, or a database that holds nothing. The file lies
//! beside it, or in a directory that goes away, until it is known to be whole.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use emporion_authz::keyring::SEAL_KEY_FILE;
use emporion_authz::signing::SIGNING_KEY_FILE;
use emporion_store::PostgresStore;
use emporion_store::postgres::{Shape, StoredKeys};
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;

use super::keys::Keys;
use super::unfinished::{self, Unfinished};
use super::{Progress, STORE_FILE};
use crate::config::Config;
use crate::directory::make_directory;
use crate::shared_keys;
use crate::storage::{self, Place, Storage};

/// Where the store lies while it is looked through, below the place where it is to be: a mounted directory can be restored
/// to as well, and nothing has to be copied to put it there.
const UNFINISHED: &str = ".restoring";
/// Stands in it from when keys are put to their place until the store is: those keys are left-overs then.
const KEYS_PUT: &str = "keys-put";
/// Faults that an error lists.
const LISTED: usize = 5;

pub enum Destination {
    Directory(Directory),
    Database(Database),
}

impl Destination {
    /// Takes the place. What goes into a database lies in a directory below `beside` until then.
    ///
    /// Errors: it is used, and left as it is; the database cannot be reached, or no master key is named.
    pub fn take(config: &Config, beside: &Path, runtime: &Handle) -> Result<Destination> {
        match config.place() {
            Place::Directory(directory) => Ok(Destination::Directory(Directory::take(&directory)?)),
            place @ Place::Database(_) => {
                shared_keys::named(config)?;
                let (config, scratch) = (Box::new(config.clone()), Unfinished::below(beside)?);
                let store = runtime.block_on(Storage::open(&place, Shape::OfEmpty, Arc::default()))?.database()?;
                Ok(Destination::Database(Database { store, config, scratch, runtime: runtime.clone() }))
            }
        }
    }

    /// Where the store's file is to be written.
    pub fn file(&self) -> PathBuf {
        match self {
            Destination::Directory(place) => place.unfinished.path.join(STORE_FILE),
            Destination::Database(place) => place.scratch.path.join(STORE_FILE),
        }
    }

    /// Looks through the file, and puts it and its keys where they are to be: whole, or not at all.
    pub fn put(self, keys: Keys, progress: Progress<'_>) -> Result<()> {
        progress("verifying", 0, 0);
        let file = self.file();
        verify(&file)?;
        keys.open_all(&emporion_store::sealed_texts(&file)?)?;
        match self {
            Destination::Directory(place) => place.put(&keys),
            Destination::Database(place) => {
                // One that is missing is made only now that nothing else is.
                let wrapped = keys.into_set()?.wrap(&shared_keys::master(&place.config, true)?, 1);
                let rows = |done, all| progress("filling", done, all);
                Ok(place.runtime.block_on(place.store.fill(&file, &StoredKeys { version: 1, wrapped }, &rows))?)
            }
        }
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

/// The database that is filled. Dropped before anything has come there, it is open to all again.
pub struct Database {
    store: Arc<PostgresStore>,
    config: Box<Config>,
    scratch: Unfinished,
    runtime: Handle,
}

impl Drop for Database {
    fn drop(&mut self) {
        // Where this fails, the next command takes the place all the same.
        let _ = self.runtime.block_on(self.store.give_up_filling());
    }
}

/// The directory that is restored to. Dropped before the store is put there, it is as empty as before.
pub struct Directory {
    directory: PathBuf,
    unfinished: Unfinished,
    is_new: bool,
}

impl Directory {
    pub fn take(directory: &Path) -> Result<Directory> {
        let is_new = !directory.exists();
        if is_new {
            make_directory(directory)?;
        }
        let unfinished = directory.join(UNFINISHED);
        if let Some(_lock) = unfinished::abandoned(&unfinished) {
            remove_keys_put(directory, &unfinished)?;
            fs::remove_dir_all(&unfinished)?;
        }
        let mut found = fs::read_dir(directory).with_context(|| format!("reading {}", directory.display()))?;
        if let Some(entry) = found.next().transpose()? {
            let name = entry.file_name().display().to_string();
            let why = match name == UNFINISHED {
                true => "another command is at work there; where none is, remove it",
                false => "a store is put to an empty place",
            };
            bail!("{} is used, it holds {name}; {why}", directory.display());
        }
        Ok(Directory { directory: directory.to_owned(), unfinished: Unfinished::make(unfinished)?, is_new })
    }

    /// The keys first: a store that is there can be opened.
    pub fn put(self, keys: &Keys) -> Result<()> {
        let mut linked = Vec::new();
        let mut put = || -> Result<()> {
            let below = |name: &str| self.unfinished.path.join(name);
            if let Some(ring) = &keys.ring {
                ring.write_to(&below(SEAL_KEY_FILE))?;
            }
            if let Some(key) = &keys.signing {
                key.write_to(&below(SIGNING_KEY_FILE))?;
            }
            let made: Vec<&str> =
                [SEAL_KEY_FILE, SIGNING_KEY_FILE].into_iter().filter(|name| below(name).exists()).collect();
            let mut mark = File::create(below(KEYS_PUT))?;
            for name in &made {
                writeln!(mark, "{name} {}", fingerprint(&below(name))?)?;
            }
            mark.sync_all()?;
            for name in made {
                // Never in the place of one that is there.
                fs::hard_link(below(name), self.directory.join(name))?;
                linked.push(self.directory.join(name));
            }
            let file = self.unfinished.path.join(STORE_FILE);
            File::open(&file)?.sync_all()?;
            fs::rename(&file, self.directory.join(STORE_FILE))?;
            Ok(())
        };
        if let Err(error) = put() {
            for key in linked {
                let _ = fs::remove_file(key);
            }
            return Err(error.context(format!("putting the store to {}", self.directory.display())));
        }
        fs::remove_dir_all(&self.unfinished.path)?;
        for directory in [Some(self.directory.as_path()), self.directory.parent().filter(|_| self.is_new)] {
            let directory = directory.filter(|path| *path != Path::new("")).unwrap_or(Path::new("."));
            File::open(directory).and_then(|directory| directory.sync_all())?;
        }
        Ok(())
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What cannot be removed is found by the next try.
        let _ = fs::remove_dir_all(&self.unfinished.path);
        if self.is_new {
            // Only while it is empty.
            let _ = fs::remove_dir(&self.directory);
        }
    }
}

/// Takes away the keys that a command has put there which was killed before the store was.
fn remove_keys_put(directory: &Path, unfinished: &Path) -> Result<()> {
    if unfinished.join(KEYS_PUT).exists() && !directory.join(STORE_FILE).exists() {
        let mark = fs::read_to_string(unfinished.join(KEYS_PUT)).unwrap_or_default();
        for (name, of) in mark.lines().filter_map(|line| line.split_once(' ')) {
            let key = directory.join(name);
            // One that somebody has put there himself stays.
            if [SEAL_KEY_FILE, SIGNING_KEY_FILE].contains(&name) && fingerprint(&key).is_ok_and(|now| now == of) {
                fs::remove_file(&key).with_context(|| format!("removing {}", key.display()))?;
            }
        }
    }
    Ok(())
}

fn fingerprint(key: &Path) -> Result<String> {
    let content = fs::read(key).with_context(|| format!("reading {}", key.display()))?;
    Ok(Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A new file that its owner alone reads.
pub fn private(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}
