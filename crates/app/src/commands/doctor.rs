//! `emporion doctor`: where everything lies, and what is wrong with it.

use anyhow::{Result, anyhow, bail};
use serde_json::{Value, json};

use crate::cli::Format;
use crate::config::Config;
use crate::opening;
use crate::output::print;
use crate::redaction::redacted;
use crate::runtime::runtime;
use crate::storage::{self, Place};

pub fn run(config: &Config, format: Format) -> Result<()> {
    let findings = runtime()?.block_on(examine(config));
    let sick = findings.0.iter().any(|finding| finding["ok"] == false);
    print(format, &Value::Array(findings.0))?;
    if sick {
        bail!("something is wrong, see above");
    }
    Ok(())
}

/// What was looked at, and what was found.
#[derive(Default)]
struct Findings(Vec<Value>);

impl Findings {
    fn note(&mut self, what: &str, state: Result<String>) {
        let (ok, text) = match state {
            Ok(text) => (true, text),
            Err(error) => (false, format!("{error:#}")),
        };
        self.0.push(json!({"check": what, "ok": ok, "finding": redacted(&text)}));
    }
}

async fn examine(config: &Config) -> Findings {
    let mut findings = Findings::default();
    let place = config.place();
    match &place {
        Place::Directory(directory) if directory.is_dir() => {
            findings.note("store", Ok(config.store.clone()));
            findings.note(
                "seal key",
                opening::keyring(directory).and_then(|ring| match ring.has_old() {
                    true => bail!("{}; an exchange was broken off: run `emporion rotate seal` again", ring.describe()),
                    false => Ok(ring.describe()),
                }),
            );
            findings.note("signing key", opening::describe_signing_key(directory));
        }
        Place::Directory(_) => {
            findings.note("store", Err(anyhow!("{} does not exist; run init or serve", config.store)));
            return findings;
        }
        Place::Database(_) => match opening::open(config, false).await {
            Ok(open) => {
                findings.note("store", Ok(config.shown_store()));
                for (what, state) in open.keys.described(&open.catalog) {
                    findings.note(what, state);
                }
            }
            Err(error) => {
                findings.note("store", Err(error));
                return findings;
            }
        },
    }
    let verified = storage::verify(&place).await;
    if let Ok(report) = &verified {
        let outlived = match report.outlived.as_slice() {
            [] => String::new(),
            some => format!("; lent by somebody who no longer holds them: {}", some.join("; ")),
        };
        findings.note(
            "rows",
            Ok(format!(
                "the rows of {} assets are lent to their products, those of {} are not yet{outlived}",
                report.granted, report.waiting
            )),
        );
    }
    findings.note(
        "contents",
        verified.and_then(|report| match report.faults.as_slice() {
            [] => Ok(format!("{} records, {} events, no fault", report.records, report.events)),
            faults => bail!("{}", faults.join("; ")),
        }),
    );
    findings
}
