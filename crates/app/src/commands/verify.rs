//! `emporion verify`: is the store whole?

use anyhow::{Result, bail};
use serde_json::json;

use crate::cli::Format;
use crate::config::Config;
use crate::opening;
use crate::output::print;

pub fn run(config: &Config, format: Format) -> Result<()> {
    let report = opening::verify(config)?;
    let faults: Vec<String> = report.faults.clone();
    print(
        format,
        &json!({
            "store": config.store,
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
