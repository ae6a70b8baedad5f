//! Generation of a first model out of what the catalogue knows: keys, types, times, foreign keys, samples.

mod proposals;
mod roles;
mod words;

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::datatype;
use super::parts::{AiContext, Common, Dataset, Expression, Field, Metric, Model, Relationship};
use super::source::part;
pub use roles::is_called_time;
use roles::{Role, Roles};
pub use words::label;
use words::plain_name;
pub(crate) use words::plural;
pub(crate) use words::words as name_words;

/// A table as the catalogue describes it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SourceTable {
    /// Where its schema and name do not tell it from another.
    pub database: Option<String>,
    pub schema: Option<String>,
    pub name: String,
    pub description: Option<String>,
    pub columns: Vec<SourceColumn>,
    pub primary_key: Vec<String>,
    pub unique_keys: Vec<Vec<String>>,
    pub foreign_keys: Vec<SourceForeignKey>,
    pub rows: Option<u64>,
    pub data_asset_id: Option<String>,
    pub is_view: bool,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct SourceColumn {
    pub name: String,
    /// The catalogue's word, `VARCHAR`.
    pub data_type: String,
    /// The source's own, `tinyint(1)`.
    pub native_type: Option<String>,
    pub is_required: bool,
    pub description: Option<String>,
    /// Distinct values that were seen; `complete` says that there are no others.
    pub sample_values: Vec<Value>,
    pub complete: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceForeignKey {
    pub columns: Vec<String>,
    pub to_schema: Option<String>,
    pub to_table: String,
    pub to_columns: Vec<String>,
}

const MAX_SAMPLES: usize = 50;

/// A draft that a person completes. Its sums are proposals, marked as such: which numbers may be added is not for names
/// alone to say.
pub fn generate(name: &str, tables: &[SourceTable]) -> Model {
    let names = dataset_names(tables);
    let roles = Roles::among(tables);
    // A view over tables that are here repeats their amounts, often more than once in each of its rows.
    let only_views = tables.iter().all(|table| table.is_view);
    let (mut datasets, mut metrics) = (Vec::new(), Metrics::default());
    for (table, name) in tables.iter().zip(&names) {
        let (sums, hint) = match table.is_view && !only_views {
            true => (Vec::new(), None),
            false => proposals::sums(table, name, &roles),
        };
        let is_event = roles::default_time(table).is_some_and(|time| roles::audit(&time.name).is_none());
        let counts = if is_event { &mut metrics.events } else { &mut metrics.counts };
        counts.extend(count(table, name));
        metrics.sums.extend(sums);
        datasets.push(dataset(table, name, hint, &roles));
    }
    let mut relationships: Vec<Relationship> = Vec::new();
    for (table, from) in tables.iter().zip(&names) {
        for key in &table.foreign_keys {
            let target = tables.iter().position(|other| {
                other.name == key.to_table
                    && (key.to_schema.is_none() || other.schema.is_none() || other.schema == key.to_schema)
            });
            let Some(to) = target.and_then(|at| names.get(at)) else { continue };
            if key.columns.is_empty() || key.columns.len() != key.to_columns.len() {
                continue;
            }
            let wanted = format!("{from}_to_{to}");
            let taken = |name: &str| relationships.iter().any(|other| other.common.name == name);
            let name = if taken(&wanted) { format!("{wanted}_by_{}", key.columns.join("_")) } else { wanted };
            if taken(&name) {
                continue;
            }
            relationships.push(Relationship {
                common: Common { name, ..Common::default() },
                from: from.clone(),
                to: to.clone(),
                from_columns: key.columns.clone(),
                to_columns: key.to_columns.clone(),
            });
        }
    }
    let metrics = metrics.named();
    // Whoever has completed it takes the mark away.
    let common = Common { name: name.to_owned(), extension: json!({"generated": true}), ..Common::default() };
    Model { common, datasets, relationships, metrics }
}

/// Sums come first, then counts of what happened at some time: who asks how a product is doing asks for them.
#[derive(Default)]
struct Metrics {
    sums: Vec<Metric>,
    events: Vec<Metric>,
    counts: Vec<Metric>,
}

impl Metrics {
    /// Each under a name of its own.
    fn named(self) -> Vec<Metric> {
        let mut taken = HashSet::new();
        let mut metrics: Vec<Metric> = self.sums.into_iter().chain(self.events).chain(self.counts).collect();
        for metric in &mut metrics {
            while !taken.insert(metric.common.name.clone()) {
                metric.common.name.push_str(if metric.common.name.ends_with("_count") { "_of_rows" } else { "_sum" });
            }
        }
        metrics
    }
}

/// Table names; with the schema before those that two schemas share, and the database before that.
fn dataset_names(tables: &[SourceTable]) -> Vec<String> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for table in tables {
        *counts.entry(table.name.to_lowercase()).or_default() += 1;
    }
    let mut taken = HashSet::new();
    let unique = |table: &SourceTable| {
        let mut name = match &table.schema {
            Some(schema) if counts[&table.name.to_lowercase()] > 1 => {
                let above: Vec<&str> = table.database.iter().chain([schema]).map(String::as_str).collect();
                format!("{}_{}", above.join("_"), table.name)
            }
            _ => table.name.clone(),
        };
        while !taken.insert(name.to_lowercase()) {
            name.push('_');
        }
        name
    };
    tables.iter().map(unique).collect()
}

fn dataset(table: &SourceTable, name: &str, hint: Option<String>, roles: &Roles) -> Dataset {
    let mut extension = Map::new();
    if let Some(id) = &table.data_asset_id {
        extension.insert("dataAssetId".to_owned(), json!(id));
    }
    if let Some(time) = roles::default_time(table) {
        extension.insert("defaultTimeField".to_owned(), json!(time.name));
    }
    if let Some(rows) = table.rows {
        extension.insert("rowCountHint".to_owned(), json!(rows));
    }
    let above = table.schema.as_ref().map(|schema| table.database.iter().chain([schema]));
    let names: Vec<String> = above.into_iter().flatten().chain([&table.name]).map(|name| part(name)).collect();
    let source = names.join(".");
    Dataset {
        common: Common {
            name: name.to_owned(),
            description: table.description.clone(),
            ai: AiContext { instructions: hint, ..AiContext::default() },
            extension: object(extension),
            ..Common::default()
        },
        source,
        primary_key: table.primary_key.clone(),
        unique_keys: table.unique_keys.clone(),
        fields: table.columns.iter().map(|column| field(column, table, roles.of(column, table))).collect(),
    }
}

/// Columns that are called as if they told when, in tables of which no column does: of each the table and the column, as they
/// are called. What stands in them is no time by its type, and is written in no one way that is known.
pub fn unread_times(tables: &[SourceTable]) -> Vec<(&str, &str)> {
    let mut unread = Vec::new();
    for table in tables.iter().filter(|table| roles::default_time(table).is_none()) {
        let is_unread = |column: &&SourceColumn| {
            let is_text = datatype::may_be_text(Some(&column.data_type)) && !column.sample_values.is_empty();
            is_text && roles::is_called_time(&column.name) && !column.sample_values.iter().all(is_word)
        };
        unread.extend(table.columns.iter().filter(is_unread).map(|column| (table.name.as_str(), column.name.as_str())));
    }
    unread
}

/// `Monday`, which is no more than a name.
fn is_word(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.contains(|c: char| c.is_ascii_digit()))
}

fn field(column: &SourceColumn, table: &SourceTable, role: Role) -> Field {
    let time = role == Role::Time;
    let written = roles::written_time(table).filter(|_| time).map(|(_, format)| format);
    let mut extension = Map::new();
    let is_text = datatype::may_be_text(Some(&column.data_type));
    if !column.sample_values.is_empty() && !time && (is_text || !roles::is_number(column)) {
        let samples: Vec<&Value> = column.sample_values.iter().take(MAX_SAMPLES).collect();
        extension.insert("sampleValues".to_owned(), json!(samples));
        if column.complete && column.sample_values.len() <= MAX_SAMPLES {
            extension.insert("enumerated".to_owned(), json!(true));
        }
    }
    if time {
        let grains: &[&str] = match datatype::logical(&column.data_type) {
            _ if let Some(format) = &written => format.finest().grains(),
            Some(datatype::DATE) => &["day", "week", "month", "quarter", "year"],
            _ => &["hour", "day", "week", "month", "quarter", "year"],
        };
        extension.insert("grains".to_owned(), json!(grains));
    }
    if let Some(format) = &written {
        extension.insert("timeFormat".to_owned(), json!(format.pattern()));
    }
    if role == Role::Opaque {
        extension.insert("hidden".to_owned(), json!(true));
    }
    Field {
        common: Common {
            name: column.name.clone(),
            description: column.description.clone(),
            ai: AiContext::default(),
            extension: object(extension),
            ..Common::default()
        },
        expression: Expression::ansi(plain(&column.name)),
        label: Some(label(&called(&column.name, &table.name))),
        data_type: datatype::logical(&column.data_type).map(str::to_owned),
        time_dimension: match role {
            Role::Time | Role::Dimension => Some(time),
            Role::Fact | Role::Opaque => None,
        },
    }
}

/// "Distributor name", which says more than "Name" beside those of others.
fn called(column: &str, table: &str) -> String {
    match name_words(column).as_slice() {
        [only] if only == "name" || only == "label" => {
            let mut thing = name_words(table);
            let last = thing.pop().map(|last| words::singular(&last));
            thing.into_iter().chain(last).chain([only.clone()]).collect::<Vec<_>>().join("_")
        }
        _ => column.to_owned(),
    }
}

/// The number of rows, counted over a column that each of them has.
fn count(table: &SourceTable, dataset: &str) -> Option<Metric> {
    let required = || table.columns.iter().find(|column| column.is_required).map(|column| &column.name);
    let key = table.primary_key.first().or_else(required)?;
    let label = format!("Number of {}", words::plural(&label(dataset).to_lowercase()));
    let extension = json!({"additivity": "additive", "format": "#,##0", "label": label});
    Some(Metric {
        common: Common { name: plain_name(&format!("{dataset}_count")), extension, ..Common::default() },
        expression: Expression::ansi(format!("COUNT({}.{})", plain(dataset), plain(key))),
    })
}

fn object(fields: Map<String, Value>) -> Value {
    if fields.is_empty() { Value::Null } else { Value::Object(fields) }
}

/// A name as SQL writes it: quoted unless it is a plain word.
pub(super) fn plain(name: &str) -> String {
    let word = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if word { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_quoted_where_a_name_is_no_word() {
        let of = |schema: &str, name: &str| {
            let table =
                SourceTable { schema: Some(schema.to_owned()), name: name.to_owned(), ..SourceTable::default() };
            dataset(&table, "x", None, &Roles::among(&[])).source
        };
        assert_eq!(of("sales", "Orders"), "sales.Orders");
        assert_eq!(of("o.ther dß", "ships"), "\"o.ther dß\".ships");
        assert_eq!(of("a", "b\"c"), "a.\"b\\\"c\"");
    }
}
