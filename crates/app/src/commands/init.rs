//! `emporion init`: the store and its first administrator.

use anyhow::{Result, bail};

use crate::cli::Format;
use crate::config::Config;
use crate::lifetime::Lifetime;
use crate::wiring;

pub fn run(config: Config, expires: Lifetime, format: Format) -> Result<()> {
    let made = super::runtime()?.block_on(async {
        let open = wiring::open(&config, true)?;
        if open.catalog.is_initialised().await? {
            bail!("{} is initialised already; nothing was changed", config.store);
        }
        anyhow::Ok(open.catalog.initialise_until(expires.ends(open.catalog.now())).await?)
    })?;
    super::print(format, &wiring::shown_account(&made))
}
