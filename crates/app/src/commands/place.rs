//! Where a verb does its work that can do it over a running server and over the store of a stopped one.

use anyhow::{Result, bail};

use super::Misuse;
use crate::cli::{DEFAULT_URL, PlaceArgs, Remote};
use crate::config::Config;
use crate::wiring::{self, Open};

pub enum Place {
    Running(Remote),
    Stopped(Box<Config>),
}

impl Place {
    /// A store that is named goes first; else a token means a server, and nothing at all the store of the configuration.
    ///
    /// Errors: `Misuse` for a server without a token.
    pub fn of(config: Config, args: PlaceArgs) -> Result<Place> {
        match (args.url, args.token) {
            _ if args.store.store.is_some() => Ok(Place::Stopped(Box::new(config.at(args.store.store)))),
            (None, None) => Ok(Place::Stopped(Box::new(config))),
            (url, Some(token)) => {
                Ok(Place::Running(Remote { url: url.unwrap_or_else(|| DEFAULT_URL.to_owned()), token }))
            }
            _ => Err(Misuse("a running server needs --token too; a stopped store needs --store".into()).into()),
        }
    }
}

/// Everything below the doors, over a store that nobody serves.
pub async fn open_stopped(config: &Config) -> Result<Open> {
    let open = wiring::open(config, false)?;
    if !open.catalog.is_initialised().await? {
        bail!("{} is not initialised", config.store);
    }
    Ok(open)
}
