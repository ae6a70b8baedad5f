//! What a file says of its tables.

use std::collections::{BTreeMap, HashMap};

use emporion_semantic::guard::{Dialect, TableName, tables_read};
use rusqlite::{Connection, ErrorCode, Row, Statement, ffi};

use super::MAIN;
use super::comments::{Comments, comments};
use crate::bounds::Allowance;
use crate::error::SourceError;
use crate::metadata::{Column, ForeignKey, Key, Table, TableKind};
use crate::types;

/// Rows are counted up to here; beyond, the largest row id stands for the number.
const COUNTED: i64 = 1_000_000;

/// Tables and views with the texts that made them.
pub fn relations(db: &Connection, allowance: &mut Allowance) -> Result<Vec<(Table, String)>, SourceError> {
    let mut statement = db.prepare(include_str!("tables.sql"))?;
    let mut found = statement.query([])?;
    let mut relations = Vec::new();
    while let Some(row) = found.next()? {
        let kind = if row.get::<_, String>(1)? == "view" { TableKind::View } else { TableKind::Table };
        let (table, sql) = (Table::new(row.get(0)?, kind), row.get::<_, Option<String>>(2)?.unwrap_or_default());
        allowance.take((table.name.len() + sql.len()) as u64)?;
        relations.push((table, sql));
    }
    Ok(relations)
}

/// What a file says of its tables, as far as is taken of it.
pub fn catalogue(db: &Connection, mut allowance: Allowance) -> Result<Vec<Table>, SourceError> {
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    let mut said: BTreeMap<String, HashMap<String, String>> = BTreeMap::new();
    for (mut table, sql) in relations(db, &mut allowance)? {
        if table.kind.is_view() {
            table.definition = Some(sql);
        } else {
            let Comments { table: of_table, columns } = comments(&sql);
            table.comment = of_table;
            said.insert(table.name.clone(), columns);
        }
        tables.insert(table.name.clone(), table);
    }
    // SQLite compares names without case; what a view or key says may be spelled otherwise.
    let spelled: BTreeMap<String, String> =
        tables.keys().map(|name| (name.to_ascii_lowercase(), name.clone())).collect();
    let spelling = |name: String| spelled.get(&name.to_ascii_lowercase()).cloned().unwrap_or(name);

    let mut statement = db.prepare(include_str!("columns.sql"))?;
    for table in tables.values_mut() {
        let said = said.remove(&table.name).unwrap_or_default();
        match read_columns(&mut statement, table, said) {
            Err(error) if is_its_own(&error) => {
                table.fault = Some(fault(&error, table.kind).into());
                table.columns.clear();
                table.primary_key.clear();
            }
            read => read?,
        }
        // No table has more than a few thousand.
        for column in &table.columns {
            let texts =
                [Some(&column.name), Some(&column.native_type), column.default.as_ref(), column.comment.as_ref()];
            allowance.take(texts.into_iter().flatten().map(|text| text.len() as u64).sum())?;
        }
    }

    let mut statement = db.prepare(include_str!("unique_keys.sql"))?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let Some(table) = of_row(&mut tables, row)? else { continue };
        let (name, column): (String, String) = (row.get(1)?, row.get(2)?);
        allowance.take((name.len() + column.len()) as u64)?;
        if table.unique_keys.last().is_none_or(|key| key.name != name) {
            table.unique_keys.push(Key { name, columns: Vec::new() });
        }
        if let Some(key) = table.unique_keys.last_mut() {
            key.columns.push(column);
        }
    }

    let primary: BTreeMap<String, Vec<String>> =
        tables.iter().map(|(name, table)| (name.clone(), table.primary_key.clone())).collect();
    let mut statement = db.prepare(include_str!("foreign_keys.sql"))?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let Some(table) = of_row(&mut tables, row)? else { continue };
        let name = format!("fk_{}", row.get::<_, i64>(1)?);
        let (to, column): (String, String) = (spelling(row.get(2)?), row.get(3)?);
        allowance.take((name.len() + to.len() + 2 * column.len()) as u64)?;
        if table.foreign_keys.last().is_none_or(|key| key.name != name) {
            let to = TableName { schema: Some(MAIN.to_owned()), name: to.clone() };
            table.foreign_keys.push(ForeignKey { name, columns: Vec::new(), to, to_columns: Vec::new() });
        }
        if let Some(key) = table.foreign_keys.last_mut() {
            let place = key.columns.len();
            key.columns.push(column);
            let named: Option<String> = row.get(4)?;
            key.to_columns.extend(named.or_else(|| primary.get(&to)?.get(place).cloned()));
        }
    }

    for table in tables.values_mut() {
        if table.kind.is_view() {
            let reads = tables_read(table.definition.as_deref().unwrap_or_default(), Dialect::Sqlite);
            table.reads = reads
                .into_iter()
                .map(|read| TableName { schema: Some(MAIN.to_owned()), name: spelling(read.name) })
                .collect();
        } else {
            table.rows = count(db, &table.name)?;
        }
    }
    Ok(tables.into_values().collect())
}

/// The table that a row of keys is of.
fn of_row<'t>(
    tables: &'t mut BTreeMap<String, Table>,
    row: &Row<'_>,
) -> Result<Option<&'t mut Table>, rusqlite::Error> {
    let name: String = row.get(0)?;
    Ok(tables.get_mut(&name))
}

/// Adds its columns to a table or view; `said` are comments by the columns that they speak of.
fn read_columns(
    statement: &mut Statement<'_>,
    table: &mut Table,
    mut said: HashMap<String, String>,
) -> Result<(), rusqlite::Error> {
    let mut found = statement.query([&table.name])?;
    while let Some(row) = found.next()? {
        let native_type: String = row.get(2)?;
        let (data_type, length, precision, scale) = types::sqlite(&native_type);
        let key_place = usize::try_from(row.get::<_, u32>(5)?).unwrap_or_default();
        let name: String = row.get(0)?;
        let comment = said.remove(&name);
        let column = Column {
            name,
            ordinal: row.get(1)?,
            native_type,
            data_type,
            array_data_type: None,
            length,
            precision,
            scale,
            nullable: !row.get::<_, bool>(3)? && key_place == 0,
            default: row.get(4)?,
            comment,
        };
        if key_place > 0 {
            if table.primary_key.len() < key_place {
                table.primary_key.resize(key_place, String::new());
            }
            table.primary_key[key_place - 1].clone_from(&column.name);
        }
        table.columns.push(column);
    }
    Ok(())
}

/// Whether an error concerns one table or view alone: a view of what is no longer there, or of functions that are not
/// run here, a virtual table whose module is not there.
fn is_its_own(error: &rusqlite::Error) -> bool {
    match error {
        rusqlite::Error::SqliteFailure(code, _) | rusqlite::Error::SqlInputError { error: code, .. } => {
            matches!(code.extended_code & 0xff, ffi::SQLITE_ERROR | ffi::SQLITE_AUTH)
        }
        _ => false,
    }
}

/// What to say of such an error.
fn fault(error: &rusqlite::Error, kind: TableKind) -> &'static str {
    let is_denied = error.sqlite_error_code() == Some(ErrorCode::AuthorizationForStatementDenied);
    match (kind.is_view(), is_denied) {
        (true, true) => "it calls what is not run here",
        (true, false) => "it cannot be read: it names what is not there",
        // Some prepare their writing when they are opened.
        (false, true) => "it is a virtual table that wants to write, and sources are only read",
        (false, false) => "it is a virtual table of a module that is not here",
    }
}

/// The number of rows: exact up to a million. Virtual tables whose module is not there have none.
pub fn count(db: &Connection, table: &str) -> Result<Option<u64>, rusqlite::Error> {
    let quoted = format!("\"{}\"", table.replace('"', "\"\""));
    let counted = db.query_row(&format!("SELECT COUNT(*) FROM (SELECT 1 FROM {quoted} LIMIT {COUNTED})"), [], |row| {
        row.get::<_, i64>(0)
    });
    match counted {
        Ok(rows) if rows < COUNTED => Ok(u64::try_from(rows).ok()),
        Ok(rows) => {
            let largest = db.query_row(&format!("SELECT MAX(rowid) FROM {quoted}"), [], |row| row.get::<_, i64>(0));
            Ok(u64::try_from(largest.map_or(rows, |largest| largest.max(rows))).ok())
        }
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => Err(error),
        Err(_) => Ok(None),
    }
}
