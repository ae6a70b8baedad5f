//! `emporion rotate`: new keys, over a running server or a stopped store.

use anyhow::Result;
use serde_json::{Value, json};

use super::remote;
use super::store_target::{StoreTarget, open_stopped};
use crate::cli::{Format, KeyName, RotateArgs};
use crate::command_error::UsageError;
use crate::config::Config;
use crate::config::Settings;
use crate::output::print;
use crate::runtime::runtime;

pub fn run(settings: Settings<'_>, args: RotateArgs, format: Format) -> Result<()> {
    let answer = match (StoreTarget::of(settings, args.place)?, args.key) {
        (StoreTarget::Running(server), KeyName::Signing) => {
            let body = remote::lasting(json!({}), args.expires);
            remote::call(&server, "POST", "/keys/signing/rotate", Some(body))?
        }
        _ if args.expires.is_some() => {
            let why = "--expires: only `rotate signing` over a running server makes a token";
            return Err(UsageError(why.into()).into());
        }
        (StoreTarget::Running(server), KeyName::Seal) => remote::call(&server, "POST", "/keys/seal/rotate", None)?,
        (StoreTarget::Stopped(config), key) => stopped(&config, key)?,
    };
    print(format, &answer)
}

fn stopped(config: &Config, key: KeyName) -> Result<Value> {
    runtime()?.block_on(async {
        let open = open_stopped(config).await?;
        Ok(match key {
            KeyName::Seal => open.keys.rotate_sealing(&open.catalog).await?,
            KeyName::Signing => open.keys.rotate_signing(&open.catalog).await?,
        })
    })
}
