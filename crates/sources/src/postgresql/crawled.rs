//! What the rows mean that the system's own tables are asked for.

use std::collections::HashMap;

use emporion_semantic::guard::{Dialect, TableName, tables_read};

use crate::bounds::{Allowance, Cells, MOST_COLUMNS, Told, too_many_columns};
use crate::derived;
use crate::error::SourceError;
use crate::metadata::{Column, ForeignKey, Key, Partition, Schema, Table, TableKind};
use crate::types;

/// What a crawl was told, query by query.
pub struct Catalogue {
    pub tables: Told,
    pub schemas: Told,
    pub columns: Told,
    pub keys: Told,
    /// Where a table is split.
    pub partitions: Option<Told>,
}

impl Catalogue {
    /// The schemas that it tells of. Takes long where there is much.
    pub fn read(self, mut allowance: Allowance) -> Result<Vec<Schema>, SourceError> {
        let (mut schemas, ids) = relations(&self.tables);
        complete(&mut schemas, &ids, &self.columns, &self.keys, &mut allowance)?;
        if let Some(partitions) = &self.partitions {
            split(&mut schemas, &ids, partitions, &mut allowance)?;
        }
        add_schemas(&mut schemas, &self.schemas);
        derived::tell(&mut schemas, Dialect::PostgreSql);
        Ok(schemas)
    }
}

/// Whether a row of tables.sql is of a table that lies in parts.
pub fn is_split(row: &Cells) -> bool {
    row.get(3).is_some_and(|kind| kind.as_deref() == Some("p"))
}

/// The rows of tables.sql, which come sorted; with the tables' oids in the same order.
pub fn relations(told: &Told) -> (Vec<Schema>, Vec<String>) {
    let mut schemas: Vec<Schema> = Vec::new();
    let mut ids = Vec::with_capacity(told.len());
    for row in told.rows() {
        let Ok([id, schema, name, kind, estimate, comment, definition]) = <[Option<String>; 7]>::try_from(row) else {
            continue;
        };
        ids.push(id.unwrap_or_default());
        let schema = schema.unwrap_or_default();
        if schemas.last().is_none_or(|last| last.name != schema) {
            schemas.push(Schema { name: schema, ..Schema::default() });
        }
        let kind = match kind.as_deref() {
            Some("v") => TableKind::View,
            Some("m") => TableKind::MaterializedView,
            Some("f") => TableKind::Foreign,
            Some("p") => TableKind::Partitioned,
            _ => TableKind::Table,
        };
        let mut table = Table::new(name.unwrap_or_default(), kind);
        table.comment = comment;
        // -1 where the server has not counted yet.
        table.rows = estimate.and_then(|estimate| estimate.parse().ok()).filter(|_| kind != TableKind::View);
        if let Some(definition) = definition {
            table.reads = tables_read(&definition, Dialect::PostgreSql);
            table.definition = Some(definition);
        }
        if let Some(schema) = schemas.last_mut() {
            schema.tables.push(table);
        }
    }
    (schemas, ids)
}

/// The rows of schemas.sql: comments, and the schemas without tables.
fn add_schemas(schemas: &mut Vec<Schema>, told: &Told) {
    let mut bare = Vec::new();
    for row in told.rows() {
        let Ok([name, comment]) = <[Option<String>; 2]>::try_from(row) else { continue };
        let name = name.unwrap_or_default();
        match schemas.binary_search_by(|schema| schema.name.cmp(&name)) {
            Ok(at) => schemas[at].comment = comment,
            Err(_) => bare.push(Schema { name, comment, tables: Vec::new() }),
        }
    }
    schemas.append(&mut bare);
    schemas.sort_by(|a, b| a.name.cmp(&b.name));
}

/// Adds the rows of columns.sql and keys.sql to the tables, whose oids are `ids`. A few numbers can stand for many long
/// names, so that what they become is charged, too.
fn complete(
    schemas: &mut [Schema],
    ids: &[String],
    columns: &Told,
    keys: &Told,
    allowance: &mut Allowance,
) -> Result<(), SourceError> {
    let tables = schemas.iter_mut().flat_map(|schema| &mut schema.tables);
    let mut tables: HashMap<&str, &mut Table> = ids.iter().map(String::as_str).zip(tables).collect();
    for row in columns.rows() {
        let Ok([id, name, ordinal, native, base, kind, category, modifier, required, default, comment]) =
            <[Option<String>; 11]>::try_from(row)
        else {
            continue;
        };
        let Some(table) = tables.get_mut(id.unwrap_or_default().as_str()) else { continue };
        if table.columns.len() == MOST_COLUMNS {
            return Err(too_many_columns());
        }
        let base = base.unwrap_or_default();
        let (data_type, array_data_type) =
            types::postgresql(&base, &kind.unwrap_or_default(), &category.unwrap_or_default());
        let modifier = modifier.and_then(|modifier| modifier.parse().ok()).unwrap_or(-1);
        let (length, precision, scale) = types::postgresql_modifier(&base, modifier);
        table.columns.push(Column {
            name: name.unwrap_or_default(),
            ordinal: ordinal.and_then(|ordinal| ordinal.parse().ok()).unwrap_or_default(),
            native_type: native.unwrap_or_default(),
            data_type,
            array_data_type,
            length,
            precision,
            scale,
            nullable: required.as_deref() != Some("true"),
            default,
            comment,
        });
    }
    for table in tables.values_mut() {
        table.columns.sort_by_key(|column| column.ordinal);
    }
    for row in keys.rows() {
        let Ok([id, name, kind, numbers, to_id, to_schema, to_table, to_numbers]) =
            <[Option<String>; 8]>::try_from(row)
        else {
            continue;
        };
        let (id, name) = (id.unwrap_or_default(), name.unwrap_or_default());
        let columns = named(tables.get(id.as_str()), numbers, allowance)?;
        // Of a table that the role does not see, the columns are not known.
        let to_columns = named(tables.get(to_id.unwrap_or_default().as_str()), to_numbers, allowance)?;
        let Some(table) = tables.get_mut(id.as_str()) else { continue };
        match kind.as_deref() {
            Some("p") => table.primary_key = columns,
            Some("u") => table.unique_keys.push(Key { name, columns }),
            _ => {
                let to = TableName { schema: to_schema, name: to_table.unwrap_or_default() };
                table.foreign_keys.push(ForeignKey { name, columns, to, to_columns });
            }
        }
    }
    for table in tables.values_mut() {
        table.unique_keys.sort_by(|a, b| a.name.cmp(&b.name));
        table.foreign_keys.sort_by(|a, b| a.name.cmp(&b.name));
    }
    Ok(())
}

/// Adds the rows of partitions.sql to the tables, whose oids are `ids` and whose columns are there.
fn split(schemas: &mut [Schema], ids: &[String], told: &Told, allowance: &mut Allowance) -> Result<(), SourceError> {
    let tables = schemas.iter_mut().flat_map(|schema| &mut schema.tables);
    let mut tables: HashMap<&str, &mut Table> = ids.iter().map(String::as_str).zip(tables).collect();
    for row in told.rows() {
        let Ok([id, by_range, numbers]) = <[Option<String>; 3]>::try_from(row) else { continue };
        let Some(table) = tables.get_mut(id.unwrap_or_default().as_str()) else { continue };
        let numbers: Vec<u32> = numbers.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let mut columns = Vec::new();
        for number in &numbers[..numbers.len().min(MOST_KEY_COLUMNS)] {
            if let Some(column) = table.columns.iter().find(|column| column.ordinal == *number) {
                allowance.charge((size_of::<String>() + column.name.len()) as u64)?;
                columns.push(column.name.clone());
            }
        }
        table.partition = Some(Partition { by_range: by_range.as_deref() == Some("true"), columns });
    }
    Ok(())
}

/// No key of the system has more columns.
const MOST_KEY_COLUMNS: usize = 32;

/// The names of a table's columns by their numbers, `[1,2]`.
fn named(
    table: Option<&&mut Table>,
    numbers: Option<String>,
    allowance: &mut Allowance,
) -> Result<Vec<String>, SourceError> {
    let numbers: Vec<u32> = numbers.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let columns = table.map(|table| table.columns.as_slice()).unwrap_or_default();
    let mut names = Vec::new();
    for number in &numbers[..numbers.len().min(MOST_KEY_COLUMNS)] {
        // Half a key would be a wrong one.
        let Ok(at) = columns.binary_search_by_key(number, |column| column.ordinal) else { return Ok(Vec::new()) };
        allowance.charge((size_of::<String>() + columns[at].name.len()) as u64)?;
        names.push(columns[at].name.clone());
    }
    Ok(names)
}
