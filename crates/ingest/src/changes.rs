//! How the columns of a table differ from those that the catalogue has.

use std::collections::{HashMap, HashSet};

use emporion_catalog::record::Record;
use serde_json::Value;

use crate::described::{Column, Described, OF_THE_SOURCE};

/// A table that is no longer what the catalogue has. Without columns, something else of it has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableChange {
    pub fqn: String,
    pub added: Vec<String>,
    pub removed: Vec<String>,
    pub changed: Vec<ColumnChange>,
}

/// What a column was, and is, as the source writes types: `varchar(20) not null`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnChange {
    pub name: String,
    pub before: String,
    pub after: String,
}

impl TableChange {
    /// `None` for what is no table.
    pub fn of(wanted: &Described, present: &Record) -> Option<TableChange> {
        let wanted = &wanted.table.as_ref()?.columns;
        let present = present.body.get("columns").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut change = TableChange { fqn: String::new(), ..TableChange::default() };
        // Of columns with one name the first counts.
        let stored: HashMap<&str, &Value> =
            present.iter().rev().filter_map(|stored| Some((stored["name"].as_str()?, stored))).collect();
        let found: HashSet<&str> = wanted.iter().map(|column| column.name.as_str()).collect();
        for column in wanted {
            match stored.get(column.name.as_str()).copied() {
                None => change.added.push(column.name.clone()),
                Some(stored) if differs(column, stored) => change.changed.push(ColumnChange {
                    name: column.name.clone(),
                    before: told(|member| stored.get(member)),
                    after: told(|member| column.members.get(member)),
                }),
                Some(_) => {}
            }
        }
        let names = present.iter().filter_map(|stored| stored["name"].as_str());
        change.removed = names.filter(|name| !found.contains(name)).map(str::to_owned).collect();
        Some(change)
    }
}

/// Whether the column itself is another one; that others came before it is no change of it.
fn differs(column: &Column, stored: &Value) -> bool {
    let members = OF_THE_SOURCE.iter().filter(|member| **member != "ordinal_position");
    members.into_iter().any(|member| column.members.get(*member).unwrap_or(&Value::Null) != &stored[*member])
}

fn told<'a>(member: impl Fn(&str) -> Option<&'a Value>) -> String {
    let text = |name: &str| member(name).and_then(Value::as_str);
    let kind = text("data_type_display").or_else(|| text("data_type")).unwrap_or_default();
    match text("constraint").filter(|constraint| *constraint != "NULL") {
        Some(constraint) => format!("{kind} {}", constraint.to_lowercase().replace('_', " ")),
        None => kind.to_owned(),
    }
}
