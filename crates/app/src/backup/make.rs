//! Taking a backup of a store's directory, served or not.

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Result, bail};
use emporion_authz::keyring::{Keyring, SEAL_KEY_FILE, SEAL_KEY_VARIABLE};
use emporion_authz::signing::{SIGNING_KEY_FILE, SigningKey};
use emporion_store::Copied;
use tokio::runtime::Handle;

use super::archive::{Image, KeyFiles, Manifest};
use super::migrate::copy_database;
use super::{Progress, STORE_FILE};
use crate::config::Config;

/// How often it is begun anew when a key is exchanged meanwhile.
const TRIES: usize = 3;

/// Takes a backup. `scratch` is where the store's copy lies until the backup is dropped; it must be a new name, in a
/// directory with room for the store, and bears the name only while the copy is made.
pub fn make(directory: &Path, scratch: &Path, with_keys: bool, progress: Progress<'_>) -> Result<Image> {
    let file = directory.join(STORE_FILE);
    if !file.exists() {
        bail!("there is no store at {}", directory.display());
    }
    for _ in 0..TRIES {
        let signing = signing_key(directory)?;
        let copied = emporion_store::copy_file(&file, scratch, &|done, all| progress("copying", done, all))
            .with_context(|| format!("copying {}", file.display()))?;
        let copy = File::open(scratch);
        // From here on it lives as long as it is open, and no longer.
        fs::remove_file(scratch)?;
        // Keys that were exchanged while the store was copied need not be those of the copy.
        if signing_key(directory)?.as_ref().map(kid) != signing.as_ref().map(kid) {
            continue;
        }
        let keys = match with_keys {
            true => match keys_of(directory, &copied, signing.as_ref())? {
                Some(keys) => Some(keys),
                None => continue,
            },
            false => None,
        };
        let manifest = Manifest::of(&copied, with_keys, signing.as_ref().map(kid));
        return Image::new(manifest, copy?, keys.as_ref(), progress);
    }
    bail!("the keys at hand are not those of the store, or were exchanged while it was copied; try again");
}

/// The same of a database, with the keys: they lie in it, and nowhere else.
pub fn make_of_database(config: &Config, scratch: &Path, runtime: &Handle, progress: Progress<'_>) -> Result<Image> {
    let (copied, set) = copy_database(config, scratch, runtime, progress)?;
    let copy = File::open(scratch);
    fs::remove_file(scratch)?;
    if !copied.sealed.iter().all(|sealed| set.ring.has_sealed(sealed)) {
        bail!("the keys in the database are not those that its secrets were sealed with");
    }
    let manifest = Manifest::of(&copied, true, Some(kid(&set.signing)));
    let keys = KeyFiles { seal: set.ring.to_file_text(), signing: set.signing.to_pkcs8_pem().clone() };
    Image::new(manifest, copy?, Some(&keys), progress)
}

/// The keys with which all can be opened that the copy holds.
fn keys_of(directory: &Path, copied: &Copied, signing: Option<&SigningKey>) -> Result<Option<KeyFiles>> {
    let environment = std::env::var(SEAL_KEY_VARIABLE).ok();
    let ring = Keyring::open(&directory.join(SEAL_KEY_FILE), environment.as_deref(), false)?;
    let Some(signing) = signing else {
        bail!("{} is missing in {}", SIGNING_KEY_FILE, directory.display());
    };
    let all = copied.sealed.iter().all(|sealed| ring.has_sealed(sealed));
    Ok(all.then(|| KeyFiles { seal: ring.to_file_text(), signing: signing.to_pkcs8_pem().clone() }))
}

fn signing_key(directory: &Path) -> Result<Option<SigningKey>> {
    SigningKey::read(&directory.join(SIGNING_KEY_FILE)).context("the key that signs tokens")
}

fn kid(key: &SigningKey) -> String {
    key.public().kid().to_owned()
}
