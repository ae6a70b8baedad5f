//! The keys that a store needs, wherever they come from and wherever it goes.

use std::path::Path;

use anyhow::{Context, Result, bail};
use emporion_authz::keyring::{Keyring, SEAL_KEY_FILE, SEAL_KEY_VARIABLE};
use emporion_authz::shared::KeySet;
use emporion_authz::signing::{SIGNING_KEY_FILE, SigningKey};

use super::archive::KeyFiles;
use crate::storage::Place;

/// The keys of the store, wherever they come from.
pub struct Keys {
    /// Those that a file is made of.
    pub ring: Option<Keyring>,
    /// Those that stay in the environment.
    pub environment: Option<Keyring>,
    pub signing: Option<SigningKey>,
}

impl Keys {
    pub fn of_directory(directory: &Path) -> Result<Keys> {
        if !directory.is_dir() {
            bail!("{} is not a directory", directory.display());
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

    pub fn of_backup(held: &KeyFiles) -> Result<Keys> {
        let ring = Keyring::from_file_text(Path::new(SEAL_KEY_FILE), held.seal.expose())?;
        let signing = SigningKey::from_pkcs8_pem(held.signing.expose())?;
        Ok(Keys { ring: Some(ring), environment: None, signing: Some(signing) })
    }

    /// Of a database, unwrapped.
    pub fn of_database(set: KeySet) -> Keys {
        Keys { ring: Some(set.ring), environment: None, signing: Some(set.signing) }
    }

    /// For a database, in which both lie. A signing key that is missing is made anew.
    pub fn into_set(self) -> Result<KeySet> {
        let Some(ring) = self.ring.or(self.environment) else { bail!("the sealing key is missing") };
        Ok(KeySet { ring, signing: self.signing.unwrap_or_else(SigningKey::generate) })
    }

    /// Errors: something in the store was sealed with another one.
    pub fn open_all(&self, sealed: &[Vec<u8>]) -> Result<()> {
        match self.ring.as_ref().or(self.environment.as_ref()) {
            Some(ring) if !sealed.iter().all(|sealed| ring.has_sealed(sealed)) => {
                bail!("the secrets of the store were sealed with another key than the one at hand: {}", ring.describe())
            }
            _ => Ok(()),
        }
    }

    /// What the operator has to know, where this key has signed the store's tokens, and the store goes there.
    pub fn notes(&self, signed: Option<&str>, to: &Place) -> Vec<String> {
        let mut notes = Vec::new();
        let kid = self.signing.as_ref().map(|key| key.public().kid());
        if kid.is_none() || signed.is_some_and(|signed| kid != Some(signed)) {
            notes.push(
                "the key that signed the store's tokens is not among the keys: they are refused; bots get new \
                 ones when the store is served, and people log in"
                    .into(),
            );
        }
        if self.ring.is_none() {
            notes.push(match to {
                Place::Directory(_) => format!("the sealing key stays in {SEAL_KEY_VARIABLE}"),
                Place::Database(_) => format!(
                    "the sealing key lies in the database now, wrapped by the master key; no node starts while \
                     {SEAL_KEY_VARIABLE} is set"
                ),
            });
        }
        notes
    }
}
