//! Values in texts that whoever sees a product reads, compared with columns that are personal.

use std::collections::{BTreeSet, HashMap};

use emporion_catalog::id::RecordId;
use emporion_catalog::name;
use emporion_catalog::record::Record;
use emporion_catalog::rows::personal::Personal;
use emporion_catalog::spelling::encode;
use emporion_semantic::guard::{Dialect, TableName};
use emporion_semantic::lineage::{Known, columns_compared};

use crate::asking::Decided;
use crate::assets::relations::Relation;
use crate::failure::Failure;
use crate::message::Message;
use crate::read_context::ReadContext;
use crate::warning::Warning;

pub const LITERAL_OF_PERSONAL_COLUMN: &str = "LITERAL_OF_PERSONAL_COLUMN";
/// A text that compares more of them is told of these.
const MOST_WARNINGS: usize = 100;

/// A column of a table that a text compares with a value.
pub struct Compared<'a> {
    /// Where the text stands.
    pub path: String,
    pub table: &'a Relation,
    pub column: String,
}

/// A warning for each of the columns that is personal. It names the table to those who see it, and never the value.
pub async fn warnings(cx: &ReadContext<'_>, compared: &[Compared<'_>]) -> Result<Vec<Warning>, Failure> {
    let mut records: HashMap<RecordId, &Record> = HashMap::new();
    records.extend(compared.iter().filter_map(|it| it.table.record.as_deref()).map(|record| (record.id, record)));
    let mut warnings: Vec<Warning> = Vec::new();
    if records.is_empty() {
        return Ok(warnings);
    }
    let records: Vec<&Record> = records.into_values().collect();
    let personal = cx.reading.rows().personal(&records).await?;
    let personal: HashMap<RecordId, Personal> = records.iter().map(|record| record.id).zip(personal).collect();
    for Compared { path, table, column } in compared {
        let Some(record) = &table.record else { continue };
        let is_column = table.column_names().iter().any(|own| own.eq_ignore_ascii_case(column));
        let is_personal = |personal: &Personal| personal.is_masked(&name::quote(&encode(column)));
        if !is_column || !personal.get(&record.id).is_some_and(is_personal) {
            continue;
        }
        let message = match cx.reading.sees(record).await? {
            true => Message::with(
                "a value is compared with the personal column \"{}\" of \"{}\"; whoever sees the {product} reads it",
                [column.clone(), table.called()],
            ),
            false => "a value is compared with a personal column; whoever sees the {product} reads it".into(),
        };
        let warning = Warning::new(LITERAL_OF_PERSONAL_COLUMN, message, Some(path.clone()));
        if !warnings.contains(&warning) && warnings.len() < MOST_WARNINGS {
            warnings.push(warning);
        }
    }
    Ok(warnings)
}

/// A statement that is kept for others.
pub struct Statement<'a> {
    pub sql: &'a str,
    /// Parameters that are kept with values: defaults, and what may be chosen.
    pub given: BTreeSet<String>,
}

/// The same of a statement that the guard let through, which stands at `path`.
pub async fn of_statement(
    cx: &ReadContext<'_>,
    tables: &[Relation],
    statement: Statement<'_>,
    decided: &Decided<'_>,
    path: &str,
) -> Result<Vec<Warning>, Failure> {
    let service = decided.source.service.as_ref().map(|service| service.name.as_str());
    let is_read = |table: &&Relation| {
        let is_here = table.service.is_none() || table.service.as_deref() == service;
        is_here && decided.plan.tables.iter().any(|read| is_same(table, read))
    };
    let read = Read { dialect: decided.policy.dialect(), tables: tables.iter().filter(is_read).collect() };
    let compared = columns_compared(statement.sql, read.dialect, &read, statement.given);
    let compared = compared.into_iter().filter_map(|found| {
        let table = read.tables.iter().find(|table| is_same(table, &found.table))?;
        Some(Compared { path: path.to_owned(), table, column: found.column })
    });
    warnings(cx, &compared.collect::<Vec<_>>()).await
}

fn is_same(table: &Relation, name: &TableName) -> bool {
    table.name == name.name && table.schema == name.schema
}

/// The tables that a statement reads, by the names that it gives them.
struct Read<'a> {
    dialect: Dialect,
    tables: Vec<&'a Relation>,
}

impl Known for Read<'_> {
    fn table(&self, named: &TableName) -> Option<(TableName, Vec<String>)> {
        let same = |own: &str, wanted: &str| self.dialect.stored_key(own) == self.dialect.stored_key(wanted);
        let is_named = |table: &&&Relation| {
            let schemas = table.schema.as_deref().zip(named.schema.as_deref());
            same(&table.name, &named.name) && schemas.is_none_or(|(own, wanted)| same(own, wanted))
        };
        let table = self.tables.iter().find(is_named)?;
        Some((TableName { schema: table.schema.clone(), name: table.name.clone() }, table.column_names()))
    }
}
