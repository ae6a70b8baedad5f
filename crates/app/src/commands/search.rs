//! `emporion search` and `emporion reindex`, of a running server.

use std::io::IsTerminal;
use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::bar::{Bar, Unit};
use super::remote;
use super::remote::encode;
use crate::cli::{Format, Remote, SearchArgs};
use crate::command_error::{ExitStatus, UsageError};
use crate::output::print;
use crate::searching::{HEAD, PATH};

/// Longer than a search waits for what it is to know.
const TIME: Duration = Duration::from_secs(30);
/// How much of a fragment stands in the table.
const MOST_SHOWN: usize = 60;
const PAUSE: Duration = Duration::from_millis(200);

pub fn run(args: &SearchArgs, format: Format) -> Result<()> {
    let mut path = format!("{PATH}?q={}", encode(&args.query));
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            path.push_str(&format!("&{name}={}", encode(&value)));
        }
    };
    add("limit", args.limit.map(|limit| limit.to_string()));
    add("sort", args.sort.clone());
    add("after", args.after.clone());
    add("facets", args.facets.clone());
    // What its user has just changed is found; an index that is still being made answers with what it knows.
    let known = format!("{path}&at_least={HEAD}");
    let (status, found) = match remote::exchange(&args.remote, "GET", &known, None, TIME)? {
        (503, _) => {
            eprintln!("emporion: the index is behind what was changed last");
            remote::exchange(&args.remote, "GET", &path, None, TIME)?
        }
        answered => answered,
    };
    match (status, found["at"].as_u64()) {
        (200, _) => {}
        (400, Some(at)) => return broken(&found, at, format),
        _ => bail!(refused(status, &found)),
    }
    match format {
        Format::Table => print(format, &shown(&found)),
        format => print(format, &found),
    }
}

pub fn reindex(remote: &Remote, format: Format) -> Result<()> {
    let path = format!("{PATH}/index");
    let mut told = asked(remote, "POST", &path)?;
    let bar = Bar::new(!std::io::stderr().is_terminal(), Unit::Things, "reading");
    while told["building"] == true {
        bar.show("reading", told["position"].as_u64().unwrap_or(0), told["head"].as_u64().unwrap_or(0));
        std::thread::sleep(PAUSE);
        told = asked(remote, "GET", &path)?;
    }
    bar.end();
    print(format, &told)
}

fn asked(remote: &Remote, method: &str, path: &str) -> Result<Value> {
    match remote::exchange(remote, method, path, None, TIME)? {
        (200, body) => Ok(body),
        (status, body) => bail!(refused(status, &body)),
    }
}

fn refused(status: u16, body: &Value) -> String {
    format!("{status}: {}", body["message"].as_str().unwrap_or("no reason given"))
}

/// A query that cannot be read, which ends with 2: for programs as the server says it, for people in a sentence.
fn broken(told: &Value, at: u64, format: Format) -> Result<()> {
    if format != Format::Table {
        print(format, told)?;
        return Err(ExitStatus(2).into());
    }
    let expected: Vec<&str> = told["expected"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let message = told["message"].as_str().unwrap_or("it cannot be read");
    Err(UsageError(format!("character {}: {message}; expected {}", at + 1, expected.join(", "))).into())
}

/// `column: net_sales`. A longer fragment is cut.
fn reason(field: &str, fragment: &str) -> String {
    let shown: String = fragment.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = shown.chars().take(MOST_SHOWN).collect();
    let more = if cut.len() < shown.len() { "…" } else { "" };
    format!("{field}: {cut}{more}")
}

/// For people: what was found, a line each, and what was counted.
fn shown(found: &Value) -> Value {
    let mut table = json!({"found": match found["total_is_exact"] == true {
        true => found["total"].to_string(),
        false => format!("at least {}", found["total"]),
    }});
    if let Some(corrected) = found["corrected"].as_str() {
        table["showing"] = corrected.into();
    }
    if let Some(after) = found["after"].as_str() {
        table["after"] = after.into();
    }
    let hits = found["hits"].as_array().into_iter().flatten().map(|hit| {
        let why = hit["why"].as_array().into_iter().flatten();
        let why: Vec<String> =
            why.filter_map(|why| Some(reason(why["field"].as_str()?, why["fragment"].as_str()?))).collect();
        json!({"kind": hit["kind"], "name": hit["name"], "fqn": hit["fqn"], "why": why.join("; ")})
    });
    table["hits"] = Value::Array(hits.collect());
    for (field, values) in found["facets"].as_object().into_iter().flatten() {
        table[field] = values.clone();
    }
    if let Some(members) = table.as_object_mut() {
        // Of what there is none, the name alone says nothing.
        members.retain(|_, value| value.as_array().is_none_or(|rows| !rows.is_empty()));
    }
    table
}
