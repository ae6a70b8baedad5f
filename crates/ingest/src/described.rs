//! What a crawl found of one thing, in the core's words.

use emporion_catalog::name;
use emporion_sources as sources;
use emporion_sources::{ForeignKey, TableKind};
use serde_json::{Map, Value, json};

/// Longer texts are no queries that people read.
const MOST_SQL: usize = 1_000_000;

/// What the source says of a schema, a database or a table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Described {
    pub comment: Option<String>,
    /// Of tables and views only.
    pub table: Option<Relation>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Relation {
    /// Fields that are the source's alone; null where it has none.
    pub fields: Vec<(&'static str, Value)>,
    pub columns: Vec<Column>,
    pub constraints: Vec<Value>,
    pub rows: Option<u64>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub name: String,
    /// Members that are the source's alone.
    pub members: Map<String, Value>,
    pub comment: Option<String>,
}

/// Members of a stored column that the source decides about, also by leaving them out.
pub const OF_THE_SOURCE: &[&str] = &[
    "name",
    "data_type",
    "array_data_type",
    "data_length",
    "precision",
    "scale",
    "data_type_display",
    "constraint",
    "ordinal_position",
];

impl Described {
    pub fn container(comment: Option<&str>) -> Described {
        Described { comment: comment.map(str::to_owned), table: None }
    }

    /// `database` is the FQN of the database that the table stands in, `schema` the name of its schema.
    pub fn table(table: &sources::Table, database: &str, schema: &str) -> Described {
        let kind = match table.kind {
            TableKind::Table => "Regular",
            TableKind::Partitioned => "Partitioned",
            TableKind::Foreign => "Foreign",
            TableKind::View => "View",
            TableKind::MaterializedView => "MaterializedView",
        };
        let definition = table.definition.as_deref().filter(|text| text.len() <= MOST_SQL);
        let mut fields = vec![("table_type", kind.into()), ("schema_definition", definition.into())];
        fields.extend(partition(table).map(|partition| ("table_partition", partition)));
        let columns = table.columns.iter().map(|found| column(found, table)).collect();
        let relation =
            Relation { fields, columns, constraints: constraints(table, database, schema), rows: table.rows };
        Described { comment: table.comment.clone(), table: Some(relation) }
    }
}

/// How the table lies in parts, in the words of OpenMetadata's own crawler: a range is taken for one of time. `None` where
/// the source does not say, and what people have said stays.
fn partition(table: &sources::Table) -> Option<Value> {
    let Some(partition) = &table.partition else { return (table.kind == TableKind::Table).then_some(Value::Null) };
    let interval = if partition.by_range { "TIME-UNIT" } else { "COLUMN-VALUE" };
    let column = |name: &String| json!({"column_name": name, "interval_type": interval});
    Some(json!({"columns": partition.columns.iter().map(column).collect::<Vec<_>>()}))
}

fn column(found: &sources::Column, table: &sources::Table) -> Column {
    let (data_type, length) = with_length(found);
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            members.insert(name.to_owned(), value);
        }
    };
    put("name", found.name.as_str().into());
    put("data_type", data_type.into());
    put("array_data_type", found.array_data_type.into());
    put("data_length", length.and_then(|length| i64::try_from(length).ok()).into());
    put("precision", found.precision.into());
    put("scale", found.scale.into());
    let native = found.native_type.to_lowercase();
    put("data_type_display", if native.is_empty() { data_type.to_lowercase() } else { native }.into());
    put("constraint", constraint(found, table).into());
    put("ordinal_position", found.ordinal.into());
    Column { name: found.name.clone(), members, comment: found.comment.clone() }
}

/// Types that say nothing without a length have one, or become what the source means by them.
fn with_length(found: &sources::Column) -> (&'static str, Option<u64>) {
    match (found.data_type, found.length) {
        ("VARCHAR", None) => ("TEXT", None),
        ("VARBINARY", None) => ("BLOB", None),
        ("CHAR" | "BINARY", None) => (found.data_type, Some(1)),
        (data_type, length) => (data_type, length),
    }
}

/// Keys over one column stand at the column, others at the table.
fn constraint(found: &sources::Column, table: &sources::Table) -> &'static str {
    let is_alone = |key: &[String]| matches!(key, [only] if *only == found.name);
    if is_alone(&table.primary_key) {
        "PRIMARY_KEY"
    } else if table.unique_keys.iter().any(|key| is_alone(&key.columns)) {
        "UNIQUE"
    } else if found.nullable {
        "NULL"
    } else {
        "NOT_NULL"
    }
}

fn constraints(table: &sources::Table, database: &str, schema: &str) -> Vec<Value> {
    let mut constraints = Vec::new();
    let over_many = |kind: &str, columns: &[String]| json!({"constraint_type": kind, "columns": columns});
    if table.primary_key.len() > 1 {
        constraints.push(over_many("PRIMARY_KEY", &table.primary_key));
    }
    let unique = table.unique_keys.iter().filter(|key| key.columns.len() > 1);
    constraints.extend(unique.map(|key| over_many("UNIQUE", &key.columns)));
    constraints.extend(table.foreign_keys.iter().map(|key| foreign_key(key, database, schema)));
    constraints
}

fn foreign_key(key: &ForeignKey, database: &str, schema: &str) -> Value {
    let schema = name::join(Some(database), key.to.schema.as_deref().unwrap_or(schema));
    let table = name::join(Some(&schema), &key.to.name);
    let referred: Vec<String> = key.to_columns.iter().map(|column| name::join(Some(&table), column)).collect();
    json!({
        "constraint_type": "FOREIGN_KEY",
        "columns": key.columns,
        "referred_columns": referred,
        "relationship_type": "MANY_TO_ONE",
    })
}

#[cfg(test)]
mod tests {
    use emporion_sources::{Partition, Table};

    use super::*;

    #[test]
    fn a_partition_is_told_where_the_source_tells_it_and_taken_off_where_there_is_none() {
        let told = |kind, partition: Option<Partition>| {
            let table = Table { partition, ..Table::new("t".to_owned(), kind) };
            let fields = Described::table(&table, "s.d", "public").table.expect("a table").fields;
            fields.into_iter().find(|(name, _)| *name == "table_partition").map(|(_, value)| value)
        };
        let by = |by_range| Some(Partition { by_range, columns: vec!["day".to_owned()] });
        let expected = |interval: &str| Some(json!({"columns": [{"column_name": "day", "interval_type": interval}]}));
        assert_eq!(told(TableKind::Partitioned, by(true)), expected("TIME-UNIT"));
        assert_eq!(told(TableKind::Partitioned, by(false)), expected("COLUMN-VALUE"));
        assert_eq!(told(TableKind::Table, None), Some(Value::Null));
        for silent in [TableKind::Partitioned, TableKind::Foreign, TableKind::View] {
            assert_eq!(told(silent, None), None);
        }
    }
}
