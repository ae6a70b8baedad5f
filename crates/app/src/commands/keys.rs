//! `emporion keys`: the master keys that wrap the keys of a store in a database. Which of them wraps is one for all nodes; which
//! of them a node knows says its file.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use emporion_authz::shared::{KeySet, MASTER_KEY_VARIABLE, MasterKey};
use emporion_store::postgres::{PostgresStore, Shape, StoredKeys};
use serde_json::{Value, json};

use crate::cli::{Format, KeysVerb, StoreArgs};
use crate::command_error::UsageError;
use crate::config::{Config, Settings};
use crate::output::print;
use crate::runtime::runtime;
use crate::shared_keys;
use crate::storage::{Place, Storage};

pub fn run(settings: Settings<'_>, verb: KeysVerb, format: Format) -> Result<()> {
    let at = |store: &StoreArgs| settings()?.at(store);
    let answer = match verb {
        KeysVerb::Make { file } => make(&file)?,
        KeysVerb::Show(store) => runtime()?.block_on(show(&at(&store)?))?,
        KeysVerb::Exchange(store) => runtime()?.block_on(exchange(&at(&store)?))?,
        KeysVerb::Forget(store) => runtime()?.block_on(forget(&at(&store)?))?,
    };
    print(format, &answer)
}

fn make(file: &Path) -> Result<Value> {
    let ids: Vec<String> = MasterKey::make(file)?.ids().map(|id| id.to_string()).collect();
    Ok(json!({"file": file.display().to_string(), "masterKey": ids[0], "beside": ids[1..]}))
}

/// All keys, by what they are called.
async fn show(config: &Config) -> Result<Value> {
    let (store, stored) = open(config).await?;
    let (master, wraps) = (shared_keys::master(config, false)?, MasterKey::wrapping(&stored.wrapped)?);
    let row = |what: &str, key: String, state: String| json!({"what": what, "key": key, "state": state});
    let mut rows: Vec<Value> = Vec::new();
    for id in master.ids() {
        let state = match id == wraps {
            true => format!("wraps the keys of the store (version {})", stored.version),
            false => "wraps nothing".to_owned(),
        };
        rows.push(row("master key", id.to_string(), state));
    }
    drop(store);
    let keys = KeySet::unwrap(&master, stored.version, &stored.wrapped)?;
    for (place, id) in keys.ring.ids().enumerate() {
        let state = if place == 0 { "seals secrets" } else { "opens what it has sealed" };
        rows.push(row("seal key", id.to_string(), state.to_owned()));
    }
    rows.push(row("signing key", keys.signing.public().kid().to_owned(), "signs tokens".to_owned()));
    Ok(rows.into())
}

async fn exchange(config: &Config) -> Result<Value> {
    let (store, _) = open(config).await?;
    let exchanged = shared_keys::wrap_anew(&store, &shared_keys::master(config, false)?).await?;
    let stored = shared_keys::stored(&store).await?;
    let wraps = MasterKey::wrapping(&stored.wrapped)?.to_string();
    Ok(json!({"exchanged": exchanged, "masterKey": wraps, "version": stored.version}))
}

async fn forget(config: &Config) -> Result<Value> {
    if shared_keys::is_in_environment() {
        let why =
            format!("the master key comes from {MASTER_KEY_VARIABLE}: what wraps nothing is to be taken out there");
        return Err(UsageError(why).into());
    }
    let (_, stored) = open(config).await?;
    shared_keys::master(config, false)?;
    let file = config.master_key_file.as_deref().context("no file of a master key is named")?;
    let gone = MasterKey::forget_others(file, &stored.wrapped)?;
    if gone.is_empty() {
        bail!("{} holds one master key alone, which wraps the keys of the store", file.display());
    }
    let gone: Vec<String> = gone.iter().map(ToString::to_string).collect();
    Ok(json!({"forgotten": gone, "masterKey": MasterKey::wrapping(&stored.wrapped)?.to_string()}))
}

/// The store in a database, with its keys as they are.
async fn open(config: &Config) -> Result<(Arc<PostgresStore>, StoredKeys)> {
    let place = config.place();
    if let Place::Directory(_) = place {
        let why =
            "master keys are of stores in a database; the keys of one in a directory lie in it (`emporion doctor`)";
        return Err(UsageError(why.into()).into());
    }
    let store = Storage::open(&place, Shape::Required, Arc::default()).await?.database()?;
    let stored = shared_keys::stored(&store).await?;
    Ok((store, stored))
}
