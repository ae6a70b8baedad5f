//! `emporion verify`: is the store whole?

use anyhow::{Result, bail};
use serde_json::json;

use crate::cli::Format;
use crate::config::Config;
use crate::output::print;
use crate::runtime::runtime;
use crate::storage;

pub fn run(config: &Config, format: Format) -> Result<()> {
    let report = runtime()?.block_on(storage::verify(&config.place()))?;
    let faults: Vec<String> = report.faults.clone();
    print(
        format,
        &json!({
            "store": config.shown_store(),
            "records": report.records,
            "edges": report.edges,
            "events": report.events,
            "observations": report.observations,
            "faults": faults,
        }),
    )?;
    if !faults.is_empty() {
        bail!("{} faults found", faults.len());
    }
    Ok(())
}
