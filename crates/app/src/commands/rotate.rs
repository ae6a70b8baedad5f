//! `emporion rotate`: new keys, over a running server or a stopped store.

use anyhow::{Result, bail};
use serde_json::Value;

use super::{Misuse, remote};
use crate::cli::{DEFAULT_URL, Format, KeyName, Remote, RotateArgs};
use crate::config::Config;
use crate::wiring;

pub fn run(config: Config, args: RotateArgs, format: Format) -> Result<()> {
    let RotateArgs { key, store, url, token } = args;
    let answer = match (url, token) {
        _ if store.store.is_some() => stopped(&config.at(store.store), key)?,
        (None, None) => stopped(&config, key)?,
        (url, Some(token)) => {
            let url = url.unwrap_or_else(|| DEFAULT_URL.to_owned());
            remote::call(&Remote { url, token }, "POST", &format!("/keys/{}/rotate", key.text()), None)?
        }
        _ => return Err(Misuse("a running server needs --token too; a stopped store needs --store".into()).into()),
    };
    super::print(format, &answer)
}

/// Over the directory of a store that nobody serves.
fn stopped(config: &Config, key: KeyName) -> Result<Value> {
    super::runtime()?.block_on(async {
        let open = wiring::open(config, false)?;
        if !open.catalog.is_initialised().await? {
            bail!("{} is not initialised", config.store);
        }
        Ok(match key {
            KeyName::Seal => open.keys.rotate_sealing(&open.catalog).await?,
            KeyName::Signing => open.keys.rotate_signing(&open.catalog).await?,
        })
    })
}
