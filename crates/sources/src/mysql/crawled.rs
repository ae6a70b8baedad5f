//! What the rows mean that the system's own tables are asked for.

use std::collections::BTreeMap;

use emporion_semantic::guard::{Dialect, TableName, tables_read};

use crate::bounds::{Cells, MOST_COLUMNS, Told, too_many_columns};
use crate::derived;
use crate::error::SourceError;
use crate::metadata::{Column, ForeignKey, Key, Schema, Table, TableKind};
use crate::types;

pub type Tables = BTreeMap<String, BTreeMap<String, Table>>;

/// What a crawl was told, query by query.
pub struct Catalogue {
    pub tables: Told,
    pub schemas: Told,
    pub columns: Told,
    pub keys: Told,
}

impl Catalogue {
    /// The schemas that it tells of. Takes long where there is much.
    pub fn read(self) -> Result<Vec<Schema>, SourceError> {
        let mut tables = relations(&self.tables);
        complete(&mut tables, &self.columns, &self.keys)?;
        for row in self.schemas.rows() {
            tables.entry(row.into_iter().next().flatten().unwrap_or_default()).or_default();
        }
        let mut schemas = named(tables);
        derived::tell(&mut schemas, Dialect::MySql);
        Ok(schemas)
    }
}

/// The rows of tables.sql. They are sorted here, since the server's order depends on collations.
pub fn relations(told: &Told) -> Tables {
    let mut schemas = Tables::new();
    for row in told.rows() {
        let Ok([schema, name, kind, estimate, comment, definition]) = <[Option<String>; 6]>::try_from(row) else {
            continue;
        };
        let kind = match kind.as_deref() {
            Some("VIEW") => TableKind::View,
            Some("PARTITIONED") => TableKind::Partitioned,
            _ => TableKind::Table,
        };
        let name = name.unwrap_or_default();
        let mut table = Table::new(name.clone(), kind);
        // A view's comment is the word VIEW.
        table.comment = comment.filter(|_| !kind.is_view());
        table.rows = estimate.and_then(|estimate| estimate.parse().ok());
        if let Some(definition) = definition {
            table.reads = tables_read(&definition, Dialect::MySql);
            table.definition = Some(definition);
        }
        schemas.entry(schema.unwrap_or_default()).or_default().insert(name, table);
    }
    schemas
}

fn complete(schemas: &mut Tables, columns: &Told, keys: &Told) -> Result<(), SourceError> {
    for row in columns.rows() {
        let Ok([schema, table, name, ordinal, native, data_type, length, precision, scale, nullable, default, comment]) =
            <[Option<String>; 12]>::try_from(row)
        else {
            continue;
        };
        let Some(table) = find(schemas, schema, table) else { continue };
        if table.columns.len() == MOST_COLUMNS {
            return Err(too_many_columns());
        }
        let data_type = types::mysql(&data_type.unwrap_or_default());
        let number = |text: Option<String>| text.and_then(|text| text.parse::<u64>().ok());
        let exact = matches!(data_type, "DECIMAL" | "NUMERIC");
        table.columns.push(Column {
            name: name.unwrap_or_default(),
            ordinal: number(ordinal).and_then(|ordinal| u32::try_from(ordinal).ok()).unwrap_or_default(),
            native_type: native.unwrap_or_default(),
            data_type,
            array_data_type: None,
            length: number(length),
            precision: number(precision).filter(|_| exact).and_then(|number| u32::try_from(number).ok()),
            scale: number(scale).filter(|_| exact).and_then(|number| i32::try_from(number).ok()),
            nullable: nullable.as_deref() == Some("YES"),
            // MariaDB writes the word where there is no default.
            default: default.filter(|text| text != "NULL"),
            comment,
        });
    }
    // By schema, table, name and kind of the key, then by the place of the column in it.
    let mut keys: Vec<(Cells, u32, Cells)> = keys
        .rows()
        .filter_map(|mut row| {
            let place = row.pop().flatten()?.parse().ok()?;
            let rest = row.split_off(row.len().min(4));
            Some((row, place, rest))
        })
        .collect();
    keys.sort();
    for (mut row, _, rest) in keys {
        row.extend(rest);
        let Ok([schema, table, name, kind, column, to_schema, to_table, to_column]) =
            <[Option<String>; 8]>::try_from(row)
        else {
            continue;
        };
        let Some(table) = find(schemas, schema, table) else { continue };
        let (name, column) = (name.unwrap_or_default(), column.unwrap_or_default());
        match kind.as_deref() {
            Some("PRIMARY KEY") => table.primary_key.push(column),
            Some("UNIQUE") => {
                if table.unique_keys.last().is_none_or(|key| key.name != name) {
                    table.unique_keys.push(Key { name, columns: Vec::new() });
                }
                if let Some(key) = table.unique_keys.last_mut() {
                    key.columns.push(column);
                }
            }
            _ => {
                if table.foreign_keys.last().is_none_or(|key| key.name != name) {
                    let to = TableName { schema: to_schema, name: to_table.unwrap_or_default() };
                    table.foreign_keys.push(ForeignKey { name, columns: Vec::new(), to, to_columns: Vec::new() });
                }
                if let Some(key) = table.foreign_keys.last_mut() {
                    key.columns.push(column);
                    key.to_columns.extend(to_column);
                }
            }
        }
    }
    for table in schemas.values_mut().flat_map(BTreeMap::values_mut) {
        table.columns.sort_by_key(|column| column.ordinal);
    }
    Ok(())
}

fn find(schemas: &mut Tables, schema: Option<String>, table: Option<String>) -> Option<&mut Table> {
    schemas.get_mut(&schema?)?.get_mut(&table?)
}

pub fn named(tables: Tables) -> Vec<Schema> {
    tables
        .into_iter()
        .map(|(name, tables)| Schema { name, comment: None, tables: tables.into_values().collect() })
        .collect()
}
