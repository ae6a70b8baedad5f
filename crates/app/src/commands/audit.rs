//! `emporion audit`: the trail of reads, sign-ins and refusals of a running server.

use std::io::Write;

use anyhow::Result;
use emporion_catalog::audit_trail::{COLUMNS, cells};
use emporion_export::Column;
use serde_json::{Map, Value};

use super::remote::{call, encode};
use crate::audit::MOST;
use crate::cli::{AuditArgs, AuditFormat};

/// Prints the lines as they come, the newest first.
pub fn run(args: &AuditArgs) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let (mut left, mut before, mut is_first) = (args.limit.map_or(usize::MAX, |limit| limit as usize), None, true);
    while left > 0 {
        let mut found = call(&args.remote, "GET", &path(args, left.min(MOST), before.as_deref()), None)?;
        let lines = match found["lines"].take() {
            Value::Array(lines) => lines,
            _ => Vec::new(),
        };
        left = left.saturating_sub(lines.len());
        match args.format {
            AuditFormat::Json => lines.iter().try_for_each(|line| writeln!(out, "{line}"))?,
            AuditFormat::Csv => write(&mut out, &lines, is_first)?,
        }
        is_first = false;
        before = found["next"].as_str().map(str::to_owned);
        if before.is_none() {
            break;
        }
    }
    Ok(out.flush()?)
}

fn path(args: &AuditArgs, limit: usize, before: Option<&str>) -> String {
    let mut path = format!("/audit?limit={limit}");
    let asked = [
        ("by", &args.by),
        ("what", &args.what),
        ("door", &args.door),
        ("about", &args.about),
        ("from", &args.from),
        ("until", &args.until),
    ];
    let asked = asked.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
    for (name, value) in asked.chain(before.map(|before| ("before", before))) {
        path.push_str(&format!("&{name}={}", encode(value)));
    }
    path
}

/// No cell is a formula; the headings stand once.
fn write(out: &mut impl Write, lines: &[Value], is_first: bool) -> Result<()> {
    let empty = Map::new();
    let rows: Vec<Vec<Value>> = lines.iter().map(|line| cells(line.as_object().unwrap_or(&empty))).collect();
    let columns = COLUMNS.map(Column::named);
    Ok(out.write_all(&emporion_export::csv_piece(&columns, rows.into_iter(), is_first)?)?)
}
