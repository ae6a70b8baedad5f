//! What the rows mean that the system's own tables are asked for.

use std::collections::HashMap;

use emporion_semantic::guard::{Dialect, TableName, tables_read};

use super::Cells;
use crate::metadata::{Column, ForeignKey, Key, Partition, Schema, Table, TableKind};
use crate::types;

/// The rows of tables.sql, which come sorted; with the tables' oids in the same order.
pub fn relations(rows: Vec<Cells>) -> (Vec<Schema>, Vec<String>) {
    let mut schemas: Vec<Schema> = Vec::new();
    let mut ids = Vec::with_capacity(rows.len());
    for row in rows {
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
pub fn add_schemas(schemas: &mut Vec<Schema>, rows: Vec<Cells>) {
    for row in rows {
        let Ok([name, comment]) = <[Option<String>; 2]>::try_from(row) else { continue };
        let name = name.unwrap_or_default();
        match schemas.binary_search_by(|schema| schema.name.cmp(&name)) {
            Ok(at) => schemas[at].comment = comment,
            Err(at) => schemas.insert(at, Schema { name, comment, tables: Vec::new() }),
        }
    }
}

/// Adds the rows of columns.sql and keys.sql to the tables, whose oids are `ids`.
pub fn complete(schemas: &mut [Schema], ids: &[String], columns: Vec<Cells>, keys: Vec<Cells>) {
    let tables = schemas.iter_mut().flat_map(|schema| &mut schema.tables);
    let mut tables: HashMap<&str, &mut Table> = ids.iter().map(String::as_str).zip(tables).collect();
    for row in columns {
        let Ok([id, name, ordinal, native, base, kind, category, modifier, required, default, comment]) =
            <[Option<String>; 11]>::try_from(row)
        else {
            continue;
        };
        let Some(table) = tables.get_mut(id.unwrap_or_default().as_str()) else { continue };
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
    for row in keys {
        let Ok([id, name, kind, numbers, to_id, to_schema, to_table, to_numbers]) =
            <[Option<String>; 8]>::try_from(row)
        else {
            continue;
        };
        let (id, name) = (id.unwrap_or_default(), name.unwrap_or_default());
        let columns = named(tables.get(id.as_str()), numbers);
        // Of a table that the role does not see, the columns are not known.
        let to_columns = named(tables.get(to_id.unwrap_or_default().as_str()), to_numbers);
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
}

/// Adds the rows of partitions.sql to the tables, whose oids are `ids` and whose columns are there.
pub fn split(schemas: &mut [Schema], ids: &[String], rows: Vec<Cells>) {
    let tables = schemas.iter_mut().flat_map(|schema| &mut schema.tables);
    let mut tables: HashMap<&str, &mut Table> = ids.iter().map(String::as_str).zip(tables).collect();
    for row in rows {
        let Ok([id, by_range, numbers]) = <[Option<String>; 3]>::try_from(row) else { continue };
        let Some(table) = tables.get_mut(id.unwrap_or_default().as_str()) else { continue };
        let numbers: Vec<u32> = numbers.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let named = |number: &u32| table.columns.iter().find(|column| column.ordinal == *number);
        let columns = numbers.iter().filter_map(named).map(|column| column.name.clone()).collect();
        table.partition = Some(Partition { by_range: by_range.as_deref() == Some("true"), columns });
    }
}

/// The names of a table's columns by their numbers, `[1,2]`.
fn named(table: Option<&&mut Table>, numbers: Option<String>) -> Vec<String> {
    let numbers: Vec<u32> = numbers.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let columns = table.map(|table| table.columns.as_slice()).unwrap_or_default();
    let found = numbers.iter().map(|number| columns.binary_search_by_key(number, |column| column.ordinal).ok());
    // Half a key would be a wrong one.
    found.map(|at| at.map(|at| columns[at].name.clone())).collect::<Option<Vec<String>>>().unwrap_or_default()
}
