//! A first model out of what the catalogue knows: keys, types, times, foreign keys, samples.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::source::part;
use super::{AiContext, Common, Dataset, Expression, Field, Metric, Model, Relationship};

/// A table as the catalogue describes it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SourceTable {
    pub schema: Option<String>,
    pub name: String,
    pub description: Option<String>,
    pub columns: Vec<SourceColumn>,
    pub primary_key: Vec<String>,
    pub unique_keys: Vec<Vec<String>>,
    pub foreign_keys: Vec<SourceForeignKey>,
    pub rows: Option<u64>,
    pub data_asset_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct SourceColumn {
    pub name: String,
    /// The catalogue's word, `VARCHAR`.
    pub data_type: String,
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

/// A draft that a person completes. It holds no sums: which numbers may be added is not for types to say.
pub fn generate(name: &str, tables: &[SourceTable]) -> Model {
    let names = dataset_names(tables);
    let datasets = tables.iter().zip(&names).map(|(table, name)| dataset(table, name)).collect();
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
    let metrics = tables.iter().zip(&names).filter_map(|(table, name)| count(table, name)).collect();
    Model { common: Common { name: name.to_owned(), ..Common::default() }, datasets, relationships, metrics }
}

/// Table names; with the schema before those that two schemas share.
fn dataset_names(tables: &[SourceTable]) -> Vec<String> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for table in tables {
        *counts.entry(table.name.to_lowercase()).or_default() += 1;
    }
    let mut taken = HashSet::new();
    let unique = |table: &SourceTable| {
        let mut name = match &table.schema {
            Some(schema) if counts[&table.name.to_lowercase()] > 1 => format!("{schema}_{}", table.name),
            _ => table.name.clone(),
        };
        while !taken.insert(name.to_lowercase()) {
            name.push('_');
        }
        name
    };
    tables.iter().map(unique).collect()
}

fn dataset(table: &SourceTable, name: &str) -> Dataset {
    let times: Vec<&SourceColumn> = table.columns.iter().filter(|column| is_time(&column.data_type)).collect();
    let mut extension = Map::new();
    if let Some(id) = &table.data_asset_id {
        extension.insert("dataAssetId".to_owned(), json!(id));
    }
    // With two times somebody has to say which one questions mean.
    if let [time] = times.as_slice() {
        extension.insert("defaultTimeField".to_owned(), json!(time.name));
    }
    if let Some(rows) = table.rows {
        extension.insert("rowCountHint".to_owned(), json!(rows));
    }
    let source = match &table.schema {
        Some(schema) => format!("{}.{}", part(schema), part(&table.name)),
        None => part(&table.name),
    };
    Dataset {
        common: Common {
            name: name.to_owned(),
            description: table.description.clone(),
            extension: object(extension),
            ..Common::default()
        },
        source,
        primary_key: table.primary_key.clone(),
        unique_keys: table.unique_keys.clone(),
        fields: table.columns.iter().map(|column| field(column, table)).collect(),
    }
}

fn field(column: &SourceColumn, table: &SourceTable) -> Field {
    let time = is_time(&column.data_type);
    let mut extension = Map::new();
    if !column.sample_values.is_empty() && !time {
        let samples: Vec<&Value> = column.sample_values.iter().take(MAX_SAMPLES).collect();
        extension.insert("sampleValues".to_owned(), json!(samples));
        if column.complete && column.sample_values.len() <= MAX_SAMPLES {
            extension.insert("enumerated".to_owned(), json!(true));
        }
    }
    if time {
        extension.insert("grains".to_owned(), json!(["day", "week", "month", "quarter", "year"]));
    }
    let is_key = table.primary_key.contains(&column.name)
        || table.foreign_keys.iter().any(|key| key.columns.contains(&column.name));
    // Numbers that are no keys are facts; everything else groups and filters.
    let fact = is_number(&column.data_type) && !is_key;
    Field {
        common: Common {
            name: column.name.clone(),
            description: column.description.clone(),
            ai: AiContext::default(),
            extension: object(extension),
            ..Common::default()
        },
        expression: Expression::ansi(plain(&column.name)),
        label: Some(label(&column.name)),
        data_type: None,
        time_dimension: (!fact).then_some(time),
    }
}

fn count(table: &SourceTable, dataset: &str) -> Option<Metric> {
    let key = table.primary_key.first()?;
    let extension = json!({"additivity": "additive", "format": "#,##0"});
    Some(Metric {
        common: Common {
            name: format!("{dataset}_count"),
            description: Some(format!("Number of {}", label(dataset).to_lowercase())),
            extension,
            ..Common::default()
        },
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

fn is_time(data_type: &str) -> bool {
    matches!(data_type, "DATE" | "DATETIME" | "TIMESTAMP" | "TIMESTAMPZ")
}

fn is_number(data_type: &str) -> bool {
    matches!(
        data_type,
        "NUMBER" | "TINYINT" | "SMALLINT" | "INT" | "BIGINT" | "FLOAT" | "DOUBLE" | "DECIMAL" | "NUMERIC" | "MONEY"
    )
}

/// `order_date` and `orderDate` are both "Order date".
fn label(name: &str) -> String {
    let mut words = String::new();
    let mut before = ' ';
    for c in name.chars() {
        if matches!(c, '_' | '-' | ' ' | '.') {
            words.push(' ');
        } else {
            if c.is_uppercase() && before.is_lowercase() {
                words.push(' ');
            }
            words.extend(c.to_lowercase());
        }
        before = c;
    }
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_quoted_where_a_name_is_no_word() {
        let of = |schema: &str, name: &str| {
            let table =
                SourceTable { schema: Some(schema.to_owned()), name: name.to_owned(), ..SourceTable::default() };
            dataset(&table, "x").source
        };
        assert_eq!(of("sales", "Orders"), "sales.Orders");
        assert_eq!(of("o.ther dß", "ships"), "\"o.ther dß\".ships");
        assert_eq!(of("a", "b\"c"), "a.\"b\\\"c\"");
    }
}
