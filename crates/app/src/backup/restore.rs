//! Making a store of a backup: unpacked and looked through beside the place where it is to be, and put there last.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use emporion_authz::keyring::SEAL_KEY_FILE;
use emporion_authz::signing::SIGNING_KEY_FILE;
use tokio::runtime::Handle;

use super::Progress;
use super::archive::{Backup, Manifest};
use super::destination::{Destination, private};
use super::keys::Keys;
use crate::config::Config;

/// What was restored.
pub struct Restored {
    pub manifest: Manifest,
    /// What the operator has to know, in words.
    pub notes: Vec<String>,
}

/// Restores a backup to an empty directory, or to one that is not there yet, or to an empty database. Whatever goes wrong, it
/// is as empty after it.
///
/// Errors: the place is used; the file is no backup, or not a whole one; the keys are missing or are others; the store in
/// it is not whole.
pub fn restore(
    from: &Path,
    to: &Config,
    keys_from: Option<&Path>,
    runtime: &Handle,
    progress: Progress<'_>,
) -> Result<Restored> {
    let backup = Backup::open(from)?;
    let manifest = backup.manifest.clone();
    let given = keys_from.map(Keys::of_directory).transpose().context("--keys-from")?;
    if given.is_none() && !manifest.with_keys {
        bail!(
            "{} holds no keys, and without those that the store had its secrets do not open and its tokens are refused: \
             --keys-from DIR says where its {SEAL_KEY_FILE} and {SIGNING_KEY_FILE} are",
            from.display()
        );
    }
    let beside = from.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    let place = Destination::take(to, beside, runtime)?;
    let file = place.file();
    let mut out = private(&file).with_context(|| format!("making {}", file.display()))?;
    let held = backup.unpack(&mut out, progress)?;
    out.flush()?;
    drop(out);
    let keys = match (given, &held) {
        (Some(keys), _) => keys,
        (None, Some(held)) => Keys::of_backup(held)?,
        (None, None) => bail!("{} holds no keys", from.display()),
    };
    let notes = keys.notes(manifest.signing_key.as_deref(), &to.place());
    place.put(keys, progress)?;
    Ok(Restored { manifest, notes })
}
