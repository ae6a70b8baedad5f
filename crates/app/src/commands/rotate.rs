//! `emporion rotate`: new keys, over a running server or a stopped store.

use anyhow::Result;
use serde_json::Value;

use super::place::{Place, open_stopped};
use super::{Settings, remote};
use crate::cli::{Format, KeyName, RotateArgs};
use crate::config::Config;

pub fn run(settings: Settings<'_>, args: RotateArgs, format: Format) -> Result<()> {
    let answer = match Place::of(settings, args.place)? {
        Place::Running(server) => remote::call(&server, "POST", &format!("/keys/{}/rotate", args.key.text()), None)?,
        Place::Stopped(config) => stopped(&config, args.key)?,
    };
    super::print(format, &answer)
}

fn stopped(config: &Config, key: KeyName) -> Result<Value> {
    super::runtime()?.block_on(async {
        let open = open_stopped(config).await?;
        Ok(match key {
            KeyName::Seal => open.keys.rotate_sealing(&open.catalog).await?,
            KeyName::Signing => open.keys.rotate_signing(&open.catalog).await?,
        })
    })
}
