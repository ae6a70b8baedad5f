//! `emporion init`: the store and its first administrator.

use anyhow::{Result, bail};

use crate::cli::Format;
use crate::config::Config;
use crate::lifetime::Lifetime;
use crate::new_account;
use crate::opening;
use crate::output::print;
use crate::runtime::runtime;

pub fn run(config: Config, expires: Lifetime, format: Format) -> Result<()> {
    let made = runtime()?.block_on(async {
        let open = opening::open(&config, true).await?;
        if open.catalog.is_initialised().await? {
            bail!("{} is initialised already; nothing was changed", config.shown_store());
        }
        anyhow::Ok(open.catalog.initialise_until(expires.ends(open.catalog.now())).await?)
    })?;
    print(format, &new_account::shown(&made))
}
