//! SQL that something else proposes: what it is told of the tables, and which of their columns it may name.
//!
//! Whether the statement may run is the guard's to say, over these columns only.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};
use sqlparser::ast::{Expr, Ident, SelectItem, SetExpr, TableWithJoins};

use super::{Offer, Unread};
use crate::chat::ground::{Dataset, DatasetId, Ground, plain_column};
use crate::guard::{self, Dialect, Refusal, TableName};

/// Longer statements are not looked at.
const MOST_SQL: usize = 4_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    sql: Option<String>,
    #[serde(default)]
    cannot: bool,
}

impl Ground {
    /// The columns of a dataset's table that questions can be about: those that fields show as they are, and those that
    /// it is joined by. None that is personal, or behind a hidden field.
    pub fn nameable(&self, dataset: DatasetId) -> BTreeSet<String> {
        let shown = self.fields_of(dataset).filter_map(|field| plain_column(&self.field(field).expression));
        let joined = self.joins.iter().flat_map(|join| {
            let own = |side: DatasetId| side == dataset;
            let from = join.on.iter().map(|(from, _)| from).filter(move |_| own(join.from));
            from.chain(join.on.iter().map(|(_, to)| to).filter(move |_| own(join.to))).cloned()
        });
        let Dataset { redacted, masked, .. } = self.dataset(dataset);
        let masked = masked.iter().map(|column| &column.name);
        let kept_back = redacted.iter().chain(masked);
        let is_redacted = |column: &String| kept_back.clone().any(|other| other.eq_ignore_ascii_case(column));
        shown.chain(joined).filter(|column| !is_redacted(column)).collect()
    }
}

impl Offer {
    /// The tables of the datasets, as statements call them: names, descriptions and types, and no values.
    pub fn print_tables(&self, ground: &Ground) -> Value {
        let offered: Vec<DatasetId> = self.datasets.clone();
        let tables = offered.iter().map(|id| {
            let dataset = ground.dataset(*id);
            let columns = ground.nameable(*id).into_iter().map(|column| {
                let field = ground.fields_of(*id).map(|field| ground.field(field));
                let mut shown = field.filter(|field| plain_column(&field.expression).as_ref() == Some(&column));
                let Some(field) = shown.next() else { return json!({"name": column}) };
                let mut printed = super::named(&field.names);
                printed["name"] = column.into();
                printed["type"] = super::word(field.ty).into();
                printed
            });
            let mut printed = super::named(&dataset.names);
            printed["name"] = called(ground, *id).into();
            printed["dialect"] = dataset.dialect.name().into();
            printed["columns"] = columns.collect();
            printed
        });
        let joins = ground.joins.iter().filter(|join| {
            let (from, to) = (ground.nameable(join.from), ground.nameable(join.to));
            let is_told = join.on.iter().all(|(own, other)| from.contains(own) && to.contains(other));
            is_told && offered.contains(&join.from) && offered.contains(&join.to)
        });
        let joins =
            joins.map(|join| json!({"from": called(ground, join.from), "to": called(ground, join.to), "on": join.on}));
        let metrics = self.metrics.iter().map(|id| super::named(&ground.metric(*id).names));
        json!({
            "tables": tables.collect::<Vec<_>>(),
            "joins": joins.collect::<Vec<_>>(),
            "figures": metrics.collect::<Vec<_>>(),
        })
    }
}

/// What statements call the table of a dataset: its name alone where that says which one.
fn called(ground: &Ground, dataset: DatasetId) -> String {
    let TableName { schema, name } = &ground.dataset(dataset).table;
    let is_other = |other: &TableName| other.name.eq_ignore_ascii_case(name) && other.schema != *schema;
    match schema {
        Some(schema) if ground.datasets.iter().any(|other| is_other(&other.table)) => format!("{schema}.{name}"),
        _ => name.clone(),
    }
}

/// The schema of an answer.
pub fn schema() -> Value {
    let members = json!({"sql": {"type": "string", "maxLength": MOST_SQL}, "cannot": {"type": "boolean"}});
    json!({"type": "object", "properties": members, "additionalProperties": false})
}

/// The statement that a proposal holds.
pub fn read(proposal: &str) -> Result<String, Unread> {
    let written: Written = serde_json::from_str(proposal.trim()).map_err(|error| Unread::Wrong(error.to_string()))?;
    match written {
        Written { cannot: true, .. } => Err(Unread::Cannot),
        Written { sql: Some(sql), .. } if sql.len() <= MOST_SQL && !sql.trim().is_empty() => Ok(sql),
        Written { .. } => Err("there is no statement of a length that is read".into()),
    }
}

/// A statement as it is shown: without comments and odd spelling. Where it asks for all columns of one table, those are
/// named that it answers: elsewhere the same words could mean more of them.
///
/// Errors: what keeps the text from being one query.
pub fn printed(sql: &str, dialect: Dialect, columns: Option<&[String]>) -> Result<String, Refusal> {
    guard::read(sql, dialect, |mut query| {
        if let SetExpr::Select(select) = query.body.as_mut()
            && let [SelectItem::Wildcard(_)] = select.projection.as_slice()
            && let [TableWithJoins { joins, .. }] = select.from.as_slice()
            && joins.is_empty()
        {
            let names: Option<Vec<String>> =
                columns.unwrap_or_default().iter().map(|column| dialect.written(column)).collect();
            if let Some(names) = names.filter(|names| !names.is_empty()) {
                let name = |name: &String| SelectItem::UnnamedExpr(Expr::Identifier(Ident::new(name)));
                select.projection = names.iter().map(name).collect();
            }
        }
        query.to_string()
    })
}
