//! Where a verb does its work that can do it over a running server and over the store of a stopped one.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::cli::{DEFAULT_URL, Remote, StoreTargetArgs};
use crate::command_error::UsageError;
use crate::config::Config;
use crate::config::Settings;
use crate::opening::{self, Open};

pub enum StoreTarget {
    Running(Remote),
    Stopped(Box<Config>),
}

impl StoreTarget {
    /// A store that is named goes before what the environment says; else a token means a server, and nothing at all the
    /// store of the configuration.
    ///
    /// Errors: `UsageError` for a server without a token.
    pub fn of(settings: Settings<'_>, args: StoreTargetArgs) -> Result<StoreTarget> {
        if args.store.store.is_some() {
            return Ok(StoreTarget::Stopped(Box::new(settings()?.at(&args.store)?)));
        }
        match (args.url.or_else(|| variable("EMPORION_URL")), args.token.or_else(|| variable("EMPORION_TOKEN"))) {
            (None, None) => Ok(StoreTarget::Stopped(Box::new(settings()?.at(&args.store)?))),
            (url, Some(token)) => Ok(StoreTarget::Running(Remote {
                url: url.unwrap_or_else(|| DEFAULT_URL.to_owned()),
                token,
                cacert: args.cacert.or_else(|| variable("EMPORION_CACERT").map(PathBuf::from)),
            })),
            _ => Err(UsageError("a running server needs --token too; a stopped store needs --store".into()).into()),
        }
    }
}

/// What the environment says; an empty variable says nothing.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

/// Everything below the doors, over a store that nobody serves.
pub async fn open_stopped(config: &Config) -> Result<Open> {
    let open = opening::open(config, false).await?;
    if !open.catalog.is_initialised().await? {
        bail!("{} is not initialised", config.shown_store());
    }
    Ok(open)
}
