//! `emporion doctor`: where everything lies, and what is wrong with it.

use std::path::Path;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::cli::Format;
use crate::config::Config;
use crate::opening;
use crate::output::print;
use crate::redaction::redacted;

pub fn run(config: &Config, format: Format) -> Result<()> {
    let mut findings: Vec<Value> = Vec::new();
    let mut sick = false;
    let mut note = |what: &str, state: Result<String>| {
        let (ok, text) = match state {
            Ok(text) => (true, text),
            Err(error) => (false, format!("{error:#}")),
        };
        sick |= !ok;
        findings.push(json!({"check": what, "ok": ok, "finding": redacted(&text)}));
    };
    let exists = Path::new(&config.store).is_dir();
    note(
        "store",
        if exists {
            Ok(config.store.clone())
        } else {
            Err(anyhow::anyhow!("{} does not exist; run init or serve", config.store))
        },
    );
    if exists {
        note(
            "seal key",
            opening::keyring(config, false).and_then(|ring| match ring.has_old() {
                true => bail!("{}; an exchange was broken off: run `emporion rotate seal` again", ring.describe()),
                false => Ok(ring.describe()),
            }),
        );
        note("signing key", opening::describe_signing_key(config));
        let verified = opening::verify(config);
        if let Ok(report) = &verified {
            let outlived = match report.outlived.as_slice() {
                [] => String::new(),
                some => format!("; lent by somebody who no longer holds them: {}", some.join("; ")),
            };
            note(
                "rows",
                Ok(format!(
                    "the rows of {} assets are lent to their products, those of {} are not yet{outlived}",
                    report.granted, report.waiting
                )),
            );
        }
        note(
            "contents",
            verified.and_then(|report| match report.faults.as_slice() {
                [] => Ok(format!("{} records, {} events, no fault", report.records, report.events)),
                faults => bail!("{}", faults.join("; ")),
            }),
        );
    }
    print(format, &Value::Array(findings))?;
    if sick {
        bail!("something is wrong, see above");
    }
    Ok(())
}
