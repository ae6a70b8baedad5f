//! Making a store of a backup: unpacked and looked through beside the place where it is to be, and put there last.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use emporion_authz::keyring::{Keyring, SEAL_KEY_FILE, SEAL_KEY_VARIABLE};
use emporion_authz::signing::{SIGNING_KEY_FILE, SigningKey};

use super::archive::{Backup, KeyFiles, Manifest};
use super::{Progress, STORE_FILE};
use crate::directory::make_directory;
use crate::storage;

/// Where the store lies while it is looked through, below the place where it is to be: a mounted directory can be restored
/// to as well, and nothing has to be copied to put it there.
const UNFINISHED: &str = ".restoring";
/// Faults that an error lists.
const LISTED: usize = 5;

/// What was restored.
pub struct Restored {
    pub manifest: Manifest,
    /// What the operator has to know, in words.
    pub notes: Vec<String>,
}

/// Restores a backup to an empty directory, or to one that is not there yet. Whatever goes wrong, it is as empty after it.
///
/// Errors: the place is used; the file is no backup, or not a whole one; the keys are missing or are others; the store in
/// it is not whole.
pub fn restore(from: &Path, to: &Path, keys_from: Option<&Path>, progress: Progress<'_>) -> Result<Restored> {
    let backup = Backup::open(from)?;
    let manifest = backup.manifest.clone();
    let given = keys_from.map(Keys::of_directory).transpose()?;
    if given.is_none() && !manifest.with_keys {
        bail!(
            "{} holds no keys, and without those that the store had its secrets do not open and its tokens are refused: \
             --keys-from DIR says where its {SEAL_KEY_FILE} and {SIGNING_KEY_FILE} are",
            from.display()
        );
    }
    let place = Destination::take(to)?;
    let file = place.unfinished.join(STORE_FILE);
    let mut out = private(&file).with_context(|| format!("making {}", file.display()))?;
    let held = backup.unpack(&mut out, progress)?;
    out.flush()?;
    drop(out);
    let keys = match (given, &held) {
        (Some(keys), _) => keys,
        (None, Some(held)) => Keys::of_backup(held)?,
        (None, None) => bail!("{} holds no keys", from.display()),
    };
    progress("verifying", 0, 0);
    verify(&file)?;
    let sealed = emporion_store::sealed_texts(&file)?;
    if let Some(ring) = keys.ring.as_ref().or(keys.environment.as_ref())
        && !sealed.iter().all(|sealed| ring.has_sealed(sealed))
    {
        bail!("the secrets of the store were sealed with another key than the one at hand: {}", ring.describe());
    }
    let notes = keys.notes(&manifest);
    place.put(&keys)?;
    Ok(Restored { manifest, notes })
}

/// Looks through the store as `emporion verify` does, which brings it to the shape of this version.
fn verify(file: &Path) -> Result<()> {
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

/// The keys of the store, wherever they come from.
struct Keys {
    /// Those that a file is made of.
    ring: Option<Keyring>,
    /// Those that stay in the environment.
    environment: Option<Keyring>,
    signing: Option<SigningKey>,
}

impl Keys {
    fn of_directory(directory: &Path) -> Result<Keys> {
        if !directory.is_dir() {
            bail!("--keys-from: {} is not a directory", directory.display());
        }
        let file = directory.join(SEAL_KEY_FILE);
        let signing = SigningKey::read(&directory.join(SIGNING_KEY_FILE)).context("the key that signs tokens")?;
        let variable = std::env::var(SEAL_KEY_VARIABLE).unwrap_or_default();
        if !file.exists() && !variable.trim().is_empty() {
            let environment = Some(Keyring::from_environment(&variable)?);
            return Ok(Keys { ring: None, environment, signing });
        }
        Ok(Keys { ring: Some(Keyring::open(&file, None, false)?), environment: None, signing })
    }

    fn of_backup(held: &KeyFiles) -> Result<Keys> {
        let ring = Keyring::from_file_text(Path::new(SEAL_KEY_FILE), held.seal.expose())?;
        let signing = SigningKey::from_pkcs8_pem(held.signing.expose())?;
        Ok(Keys { ring: Some(ring), environment: None, signing: Some(signing) })
    }

    fn notes(&self, manifest: &Manifest) -> Vec<String> {
        let mut notes = Vec::new();
        let kid = self.signing.as_ref().map(|key| key.public().kid());
        if kid.is_none() || manifest.signing_key.as_deref().is_some_and(|signed| kid != Some(signed)) {
            notes.push(
                "the key that signed the store's tokens is not among the keys: they are refused; bots get new \
                 ones when the store is served, and people log in"
                    .into(),
            );
        }
        if self.ring.is_none() {
            notes.push(format!("the sealing key stays in {SEAL_KEY_VARIABLE}"));
        }
        notes
    }
}

/// The directory that is restored to. Dropped before the store is put there, it is as empty as before.
struct Destination {
    directory: PathBuf,
    unfinished: PathBuf,
    is_new: bool,
}

impl Destination {
    fn take(directory: &Path) -> Result<Destination> {
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
        let place = Destination { directory: directory.to_owned(), unfinished: directory.join(UNFINISHED), is_new };
        let made = fs::DirBuilder::new().mode(0o700).create(&place.unfinished);
        made.with_context(|| format!("making {}", place.unfinished.display()))?;
        Ok(place)
    }

    /// The keys first: a store that is there can be opened.
    fn put(self, keys: &Keys) -> Result<()> {
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

impl Drop for Destination {
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
