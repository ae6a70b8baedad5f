//! The names of a crawl as the catalogue spells them: with its tokens, unless a record or a column stands there under the
//! raw name already. That one keeps its name, and with it its id, its tags and what people wrote.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use emporion_catalog::id::RecordId;
use emporion_catalog::record::Record;
use emporion_catalog::spelling::encode;
use emporion_sources::{Database, Schema, Table, TableName};
use serde_json::Value;

use crate::present::Present;

/// What was crawled under the names that it has, or gets, in the catalogue.
pub fn spelled<'a>(crawled: &'a Database, present: &Present) -> Cow<'a, Database> {
    if !needs_spelling(crawled) {
        return Cow::Borrowed(crawled);
    }
    let mut spelled = crawled.clone();
    spelled.name = present.database.as_ref().map_or_else(|| encode(&crawled.name).into(), |found| found.name.clone());
    let mut names = Names::default();
    let tables = by_name(&present.tables);
    for schema in &mut spelled.schemas {
        let of_schema = pick(&present.schemas, &schema.name);
        let parent = of_schema.map(|record| record.id);
        let schema_name = std::mem::take(&mut schema.name);
        for table in &mut schema.tables {
            let found = parent.and_then(|parent| tables.get(&(Some(parent), encode(&table.name))).copied());
            let columns = raw_columns(found);
            let key = (schema_name.clone(), table.name.clone());
            let name = found.map_or_else(|| encode(&table.name).into_owned(), |record| record.name.clone());
            table.name.clone_from(&name);
            names.tables.insert(key.clone(), name);
            names.columns.extend((!columns.is_empty()).then_some((key, columns)));
        }
        schema.name = of_schema.map_or_else(|| encode(&schema_name).into_owned(), |record| record.name.clone());
        names.schemas.insert(schema_name, schema.name.clone());
    }
    for (schema, from) in spelled.schemas.iter_mut().zip(&crawled.schemas) {
        refer(schema, from, &names);
    }
    if let Some(only) = &mut spelled.only_schema {
        *only = names.schema(only);
    }
    Cow::Owned(spelled)
}

/// Whether the catalogue spells the name otherwise.
fn is_raw(name: &str) -> bool {
    matches!(encode(name), Cow::Owned(_))
}

fn needs_spelling(crawled: &Database) -> bool {
    is_raw(&crawled.name)
        || crawled.only_schema.as_deref().is_some_and(is_raw)
        || crawled.schemas.iter().any(|schema| {
            let is_special =
                |table: &Table| is_raw(&table.name) || table.columns.iter().any(|column| is_raw(&column.name));
            is_raw(&schema.name) || schema.tables.iter().any(is_special)
        })
}

/// The one of the records below one parent that stands for a name of the source.
pub fn pick<'a>(records: &'a [Record], name: &str) -> Option<&'a Record> {
    let wanted = encode(name);
    records.iter().filter(|record| encode(&record.name) == wanted).max_by_key(|record| worth(record))
}

/// A living record stands for a name before a deleted one, then the one in the catalogue's spelling.
fn worth(record: &Record) -> (bool, bool) {
    (record.state.is_alive(), !is_raw(&record.name))
}

fn by_name(records: &[Record]) -> HashMap<(Option<RecordId>, Cow<'_, str>), &Record> {
    let mut by_name: HashMap<_, &Record> = HashMap::with_capacity(records.len());
    for record in records {
        let best = by_name.entry((record.parent, encode(&record.name))).or_insert(record);
        if worth(record) > worth(best) {
            *best = record;
        }
    }
    by_name
}

/// The columns of a record that stand under the source's own names.
fn raw_columns(table: Option<&Record>) -> HashSet<String> {
    let columns = table.and_then(|record| record.body.get("columns")?.as_array());
    let names = columns.into_iter().flatten().filter_map(|column| column.get("name").and_then(Value::as_str));
    names.filter(|name| is_raw(name)).map(str::to_owned).collect()
}

/// The catalogue's names by the source's.
#[derive(Default)]
struct Names {
    schemas: HashMap<String, String>,
    /// By schema and table.
    tables: HashMap<(String, String), String>,
    columns: HashMap<(String, String), HashSet<String>>,
}

impl Names {
    fn schema(&self, name: &str) -> String {
        self.schemas.get(name).cloned().unwrap_or_else(|| encode(name).into_owned())
    }

    /// Spells the name by which something in the schema `from` calls a table.
    fn spell_table(&self, table: &mut TableName, from: &str) {
        let named = self.tables.get(&place(table, from)).cloned();
        table.name = named.unwrap_or_else(|| encode(&table.name).into_owned());
        table.schema = table.schema.as_deref().map(|name| self.schema(name));
    }

    fn spell_columns<'a>(&self, place: &(String, String), columns: impl Iterator<Item = &'a mut String>) {
        let raw = self.columns.get(place);
        for column in columns.filter(|column| raw.is_none_or(|raw| !raw.contains(*column))) {
            if let Cow::Owned(name) = encode(column) {
                *column = name;
            }
        }
    }
}

/// Schema and name of a table that something in the schema `from` names.
fn place(table: &TableName, from: &str) -> (String, String) {
    (table.schema.clone().unwrap_or_else(|| from.to_owned()), table.name.clone())
}

/// Spells the columns of a schema's tables, and what the tables refer to.
fn refer(schema: &mut Schema, crawled: &Schema, names: &Names) {
    for (table, from) in schema.tables.iter_mut().zip(&crawled.tables) {
        let own = (crawled.name.clone(), from.name.clone());
        let keys = table.unique_keys.iter_mut().flat_map(|key| &mut key.columns);
        let keys = keys.chain(table.foreign_keys.iter_mut().flat_map(|key| &mut key.columns));
        let keys = keys.chain(table.partition.iter_mut().flat_map(|partition| &mut partition.columns));
        let columns = table.columns.iter_mut().map(|column| &mut column.name);
        names.spell_columns(&own, columns.chain(&mut table.primary_key).chain(keys));
        for key in &mut table.foreign_keys {
            names.spell_columns(&place(&key.to, &own.0), key.to_columns.iter_mut());
            names.spell_table(&mut key.to, &own.0);
        }
        for read in &mut table.reads {
            names.spell_table(read, &own.0);
        }
        for derived in &mut table.derived {
            names.spell_columns(&own, std::iter::once(&mut derived.column));
            for origin in &mut derived.from {
                let to = place(&origin.table, &own.0);
                names.spell_columns(&to, std::iter::once(&mut origin.column));
                names.spell_table(&mut origin.table, &own.0);
            }
        }
    }
}
