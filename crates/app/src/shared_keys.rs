//! The keys of a store in a database, which all its nodes share: made with the store, wrapped by the master key that each
//! node is given, exchanged for all at once.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use emporion_authz::keyring::{KeyringError, SEAL_KEY_VARIABLE};
use emporion_authz::shared::{KeySet, MASTER_KEY_VARIABLE, MasterKey, SharedKeys, SharedKeysError};
use emporion_catalog::Problem;
use emporion_store::postgres::{PostgresStore, StoredKeys};

use crate::command_error::UsageError;
use crate::config::Config;

/// How often an exchange is begun anew that another node was ahead of.
const TRIES: usize = 8;

/// Unwraps the keys with the master key of the configuration; makes both where there is no store yet and it may. From then
/// on newer ones are taken up.
pub async fn open(
    config: &Config,
    store: &PostgresStore,
    may_create: bool,
    trusted: Option<(&str, &str)>,
) -> Result<Arc<SharedKeys>> {
    if variable(SEAL_KEY_VARIABLE).is_some() {
        bail!(
            "{SEAL_KEY_VARIABLE} is for a store in a directory; the keys of a database lie in it, wrapped by its master key"
        );
    }
    let stored = store.keys().await?;
    if stored.is_none() && !may_create {
        bail!("there is no store at {}", config.shown_store());
    }
    let master = master(config, stored.is_none())?;
    let stored = match stored {
        Some(stored) => stored,
        None => make(config, store, &master).await?,
    };
    let keys = Arc::new(SharedKeys::open(master, stored.version, &stored.wrapped, trusted)?);
    let followed = keys.clone();
    let take_up =
        move |newer: &StoredKeys| followed.take_up(newer.version, &newer.wrapped).map_err(|error| error.to_string());
    store.follow_keys(stored.version, Box::new(take_up));
    Ok(keys)
}

/// Looks whether there is a master key, or a place where one may be made.
///
/// Errors: `UsageError` where none is named; one that is there is none.
pub fn named(config: &Config) -> Result<()> {
    let is_to_be_made = config.master_key_file.as_deref().is_some_and(|file| !file.exists());
    if variable(MASTER_KEY_VARIABLE).is_some() || !is_to_be_made {
        master(config, false)?;
    }
    Ok(())
}

/// The master key of the configuration; a new one where it may be made.
///
/// Errors: `UsageError` where none is named.
pub fn master(config: &Config, may_create: bool) -> Result<MasterKey> {
    let environment = variable(MASTER_KEY_VARIABLE);
    let master = MasterKey::open(config.master_key_file.as_deref(), environment.as_deref(), may_create)?;
    let why = "a store in a database needs the master key that all its nodes share: --master-key FILE, \
               EMPORION_MASTER_KEY_FILE, or the key itself in EMPORION_MASTER_KEY; where there is no store yet, \
               `emporion init --master-key FILE` makes it";
    master.ok_or_else(|| UsageError(why.into()).into())
}

/// Whether it is given by itself, and not in a file.
pub fn is_in_environment() -> bool {
    variable(MASTER_KEY_VARIABLE).is_some()
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.trim().is_empty())
}

async fn make(config: &Config, store: &PostgresStore, master: &MasterKey) -> Result<StoredKeys> {
    use emporion_catalog::ports::Store as _;
    if store.snapshot().await?.head().await?.0 > 0 {
        bail!(
            "{} holds a catalogue, and not its keys: without them its secrets cannot be opened",
            config.shown_store()
        );
    }
    let made = tokio::task::spawn_blocking(KeySet::generate).await?;
    store.replace_keys(&StoredKeys { version: 1, wrapped: made.wrap(master, 1) }).await?;
    // Where another node was first, its keys rule.
    match store.keys().await? {
        Some(stored) => Ok(stored),
        None => bail!("the keys of the store could not be kept"),
    }
}

/// As they lie in the store.
pub async fn stored(store: &PostgresStore) -> Result<StoredKeys> {
    store.keys().await?.context("the store has no keys")
}

/// Wraps the keys with the master key that is given first, where one that is given beside it has wrapped them. Answers whether
/// it was so.
pub async fn wrap_anew(store: &PostgresStore, master: &MasterKey) -> Result<bool> {
    for _ in 0..TRIES {
        let stored = stored(store).await?;
        if !master.is_replaced(&stored.wrapped) {
            return Ok(false);
        }
        let keys = KeySet::unwrap(master, stored.version, &stored.wrapped)?;
        let version = stored.version + 1;
        if store.replace_keys(&StoredKeys { version, wrapped: keys.wrap(master, version) }).await? {
            return Ok(true);
        }
    }
    bail!("the keys are being exchanged by other nodes; try again")
}

/// Puts other keys in the place of those in the store, for all nodes. `change` answers none where nothing is to be done; it
/// is asked again where another node was ahead.
pub async fn exchange(
    store: &PostgresStore,
    keys: &SharedKeys,
    change: impl Fn(KeySet) -> Result<Option<KeySet>, SharedKeysError>,
) -> Result<(), Problem> {
    let told = |error: SharedKeysError| match error {
        SharedKeysError::Master(KeyringError::TooMany { .. }) => Problem::conflict(error.to_string()),
        error => Problem::internal(error.to_string()),
    };
    for _ in 0..TRIES {
        let stored = store.keys().await?.ok_or_else(|| Problem::internal("the keys of the store are gone"))?;
        keys.take_up(stored.version, &stored.wrapped).map_err(told)?;
        let present = KeySet::unwrap(&keys.master, stored.version, &stored.wrapped).map_err(told)?;
        let Some(next) = change(present).map_err(told)? else { return Ok(()) };
        let version = stored.version + 1;
        let wrapped = StoredKeys { version, wrapped: next.wrap_as(&stored.wrapped, &keys.master, version) };
        if store.replace_keys(&wrapped).await? {
            return keys.take_up(version, &wrapped.wrapped).map_err(told);
        }
    }
    Err(Problem::Unavailable { reason: "the keys are being exchanged by other nodes; try again".into() })
}
