//! Columns of a table: names unique per level, nested columns well formed; losing or narrowing one breaks readers.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use serde_json::Value;

use crate::field;
use crate::kinds::column::COLUMN;
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::{Problem, Violation};

/// How deep columns may stand in columns.
const DEPTH: usize = 32;

pub struct Columns;

#[async_trait]
impl Hooks for Columns {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        let columns = plan.after.field("columns").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut violations = Vec::new();
        level(&columns, "columns", 0, &mut violations);
        plan.violations.extend(violations);
        let before = plan.before.as_ref().and_then(|view| view.field("columns")).and_then(Value::as_array);
        plan.breaking |= before.is_some_and(|before| breaks(before, &columns));
        Ok(())
    }
}

fn level(columns: &[Value], path: &str, depth: usize, out: &mut Vec<Violation>) {
    if depth > DEPTH {
        out.push(Violation::new(path, format!("must be nested at most {DEPTH} deep")));
        return;
    }
    let mut seen = HashSet::new();
    for (index, column) in columns.iter().enumerate() {
        let here = format!("{path}[{index}]");
        if let Some(name) = column.get("name").and_then(Value::as_str)
            && !seen.insert(name)
        {
            out.push(Violation::new(format!("{here}.name"), format!("{name:?} stands twice")));
        }
        // The top level is checked with the body.
        if depth > 0 {
            match column.as_object() {
                Some(object) => {
                    for violation in field::check_body(COLUMN, object) {
                        out.push(Violation::new(format!("{here}.{}", violation.field), violation.rule));
                    }
                }
                None => out.push(Violation::new(&here, "must be an object")),
            }
        }
        match column.get("children") {
            None | Some(Value::Null) => {}
            Some(Value::Array(children)) => level(children, &format!("{here}.children"), depth + 1, out),
            Some(_) => out.push(Violation::new(format!("{here}.children"), "must be a list")),
        }
    }
}

/// A column is gone, of another type, or holds less than before. Crawlers disagree about the case of names.
fn breaks(before: &[Value], after: &[Value]) -> bool {
    let exact: HashMap<&str, &Value> = after.iter().map(|column| (name(column), column)).collect();
    // Of those that differ in case alone the first counts.
    let folded: HashMap<String, &Value> =
        after.iter().rev().map(|column| (name(column).to_ascii_lowercase(), column)).collect();
    before.iter().any(|old| {
        let found = exact.get(name(old)).copied();
        let Some(new) = found.or_else(|| folded.get(&name(old).to_ascii_lowercase()).copied()) else {
            return true;
        };
        let smaller = |key: &str| match (old.get(key).and_then(Value::as_i64), new.get(key).and_then(Value::as_i64)) {
            (Some(old), Some(new)) => new < old,
            (Some(_), None) => key != "data_length",
            // A length where there was none is a limit.
            (None, Some(_)) => key == "data_length",
            (None, None) => false,
        };
        if old.get("data_type") != new.get("data_type") {
            return true;
        }
        ["data_length", "precision", "scale"].into_iter().any(smaller)
    })
}

fn name(column: &Value) -> &str {
    column.get("name").and_then(Value::as_str).unwrap_or("")
}
