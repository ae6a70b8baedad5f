//! The columns of an answer. The engine knows types of stored columns only; for others it is the form of the expression
//! that tells, and no row is looked at.

use emporion_semantic::guard::{Answer, Dialect, Plan, TableName, Tables, answers, tables_read};
use rusqlite::{Connection, Statement};

use super::fault::prepare;
use crate::rows::{ResultColumn, ResultType};
use crate::types;

/// Views on views are followed so far.
const MAX_DEPTH: usize = 8;

pub fn columns(statement: &Statement<'_>) -> Vec<ResultColumn> {
    let declared = |word: Option<&str>| word.map_or(ResultType::Varchar, |word| result_type(types::sqlite(word).0));
    statement
        .columns()
        .iter()
        .map(|column| ResultColumn { name: column.name().to_owned(), kind: declared(column.decl_type()) })
        .collect()
}

/// The columns of a statement that is not run.
pub fn described(db: &Connection, plan: &Plan) -> Result<Vec<ResultColumn>, rusqlite::Error> {
    let statement = prepare(db, &plan.sql)?;
    let mut columns = columns(&statement);
    let is_declared: Vec<bool> = statement.columns().iter().map(|column| column.decl_type().is_some()).collect();
    if is_declared.iter().all(|is_declared| *is_declared) {
        return Ok(columns);
    }
    let mut tables = Tables::new();
    for table in &plan.tables {
        learn(db, table, &mut tables, MAX_DEPTH);
    }
    let answers = answers(&plan.sql, &tables).filter(|answers| answers.len() == columns.len());
    for ((column, is_declared), answer) in columns.iter_mut().zip(is_declared).zip(answers.into_iter().flatten()) {
        if let Some(answer) = answer.filter(|_| !is_declared) {
            column.kind = match answer {
                Answer::Number => ResultType::Number,
                Answer::Text => ResultType::Varchar,
                Answer::Binary => ResultType::Binary,
                Answer::Stored(word) => result_type(word),
            };
        }
    }
    Ok(columns)
}

/// Adds the columns of a table, or of a view with those of what it reads. What cannot be found out is left out.
fn learn(db: &Connection, table: &TableName, tables: &mut Tables, depth: usize) {
    let name = table.name.to_ascii_lowercase();
    let Some(quoted) = Dialect::Sqlite.written(&table.name) else { return };
    if tables.contains_key(&name) {
        return;
    }
    let Ok(statement) = prepare(db, &format!("SELECT * FROM main.{quoted}")) else { return };
    let declared = |word: Option<&str>| word.map(|word| Answer::Stored(types::sqlite(word).0));
    let columns = statement.columns();
    let mut columns: Vec<_> =
        columns.iter().map(|column| (column.name().to_owned(), declared(column.decl_type()))).collect();
    if depth > 0
        && columns.iter().any(|(_, answer)| answer.is_none())
        && let Some(definition) = definition(db, &table.name)
    {
        for read in tables_read(&definition, Dialect::Sqlite) {
            learn(db, &read, tables, depth - 1);
        }
        let answers = answers(&definition, tables).filter(|answers| answers.len() == columns.len());
        for ((_, known), answer) in columns.iter_mut().zip(answers.into_iter().flatten()) {
            *known = known.or(answer);
        }
    }
    tables.insert(name, columns);
}

fn definition(db: &Connection, view: &str) -> Option<String> {
    let sql = "SELECT sql FROM sqlite_schema WHERE type = 'view' AND name = ?1 COLLATE NOCASE";
    db.query_row(sql, [view], |row| row.get(0)).ok()
}

/// By the catalogue's word for a declared type.
fn result_type(word: &str) -> ResultType {
    match word {
        "TINYINT" | "SMALLINT" | "INT" | "BIGINT" | "DECIMAL" | "NUMERIC" => ResultType::Number,
        "FLOAT" | "DOUBLE" => ResultType::Float,
        "BOOLEAN" => ResultType::Boolean,
        "DATE" => ResultType::Date,
        "TIME" => ResultType::Time,
        "DATETIME" | "TIMESTAMP" => ResultType::Timestamp,
        "JSON" => ResultType::Json,
        "BLOB" => ResultType::Binary,
        _ => ResultType::Varchar,
    }
}
