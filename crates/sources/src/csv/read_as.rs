//! How a file is read, as people are told, and a trial of how it would be with something else said of it.

use std::path::Path;
use std::time::Instant;

use csv::StringRecord;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::Value;

use super::corrections::Corrections;
use super::format::reader;
use super::load::{self, CsvFile, Fault};
use super::shape::Shape;
use super::values::Type;
use super::{states, stem};
use crate::error::{ErrorKind, SourceError};

/// Columns and characters of a value that are shown.
const MOST_COLUMNS: usize = 200;
const MOST_CHARACTERS: usize = 200;
/// Of a file that is tried. All of it is read, a directory at a time, once that is kept.
const MOST_TRIED: u64 = 4 << 20;

#[derive(Debug, Clone, PartialEq)]
pub struct ReadAs {
    pub file: String,
    pub table: String,
    /// `None` where nothing can be told.
    pub encoding: Option<&'static str>,
    pub delimiter: Option<char>,
    pub has_header: Option<bool>,
    pub is_quoted: bool,
    pub columns: Vec<ReadColumn>,
    /// The first of them, as texts; of a file that cannot be read as they stand there.
    pub rows: Vec<Vec<Option<String>>>,
    /// Why it is no table, with the line that breaks it.
    pub fault: Option<String>,
    /// Only its beginning was read.
    pub is_cut: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ReadColumn {
    /// What the file calls it.
    pub title: String,
    pub name: String,
    /// Its type, as metadata says it, and what it is guessed to be.
    pub datatype: Value,
    pub guessed: Value,
}

impl ReadAs {
    pub(super) fn unread(file: &str, why: String) -> ReadAs {
        ReadAs {
            file: file.to_owned(),
            table: stem(file).to_owned(),
            encoding: None,
            delimiter: None,
            has_header: None,
            is_quoted: true,
            columns: Vec::new(),
            rows: Vec::new(),
            fault: Some(why),
            is_cut: false,
        }
    }

    fn of(file: &str, shape: &Shape<'_>) -> ReadAs {
        let column = |at: usize| ReadColumn {
            title: shape.titles[at].clone(),
            name: shape.names[at].clone(),
            datatype: shape.types[at].datatype(),
            guessed: shape.guessed[at].datatype(),
        };
        ReadAs {
            encoding: Some(shape.encoding),
            delimiter: Some(char::from(shape.lines.delimiter)),
            has_header: Some(shape.lines.has_header),
            is_quoted: shape.lines.is_quoted,
            columns: (0..shape.titles.len()).map(column).collect(),
            fault: None,
            ..ReadAs::unread(file, String::new())
        }
    }

    /// Of a file whose table is made.
    ///
    /// Errors: what keeps the others from being read, too.
    pub(super) fn loaded(db: &mut Connection, file: &CsvFile, deadline: Instant) -> Result<ReadAs, SourceError> {
        ReadAs::looked(db, file, 0, deadline)
    }

    fn looked(db: &mut Connection, file: &CsvFile, rows: usize, deadline: Instant) -> Result<ReadAs, SourceError> {
        let shape = match Shape::of(file, &file.metadata, deadline) {
            Ok(shape) => shape,
            Err(Fault::Own(why)) => return Ok(ReadAs::unread(&file.file, why)),
            Err(Fault::Whole(error)) => return Err(error),
        };
        let mut told = ReadAs { is_cut: file.is_cut, ..ReadAs::of(&file.file, &shape) };
        match load::table(db, &told.table, &shape, &file.metadata) {
            Ok(()) if rows > 0 => told.rows = kept(db, &told.table, &shape, rows)?,
            Ok(()) => {}
            Err(Fault::Own(why)) => {
                told.rows = standing(&shape, rows);
                told.fault = Some(why);
            }
            Err(Fault::Whole(error)) => return Err(error),
        }
        Ok(told)
    }
}

/// How a file of a directory would be read with `corrections`, as far as its beginning tells, and its first rows. Its name is
/// one of those that are there. Whoever reads whole directories meanwhile is not waited for.
///
/// Errors: `Forbidden` where there is no such file; `Timeout`.
pub fn trial(
    directory: &Path,
    corrections: &Corrections,
    file: &str,
    rows: usize,
    deadline: Instant,
) -> Result<ReadAs, SourceError> {
    let states = states(directory)?;
    let state = states.iter().find(|state| state.name == file && super::is_csv(file));
    let state = state.ok_or_else(|| SourceError::new(ErrorKind::Forbidden, "the directory has no such file"))?;
    match load::read(directory, state, MOST_TRIED, (&states, corrections)) {
        Ok(file) => ReadAs::looked(&mut Connection::open_in_memory()?, &file, rows, deadline),
        Err(why) => Ok(ReadAs::unread(file, why)),
    }
}

/// Rows as the engine keeps them.
fn kept(db: &Connection, table: &str, shape: &Shape<'_>, rows: usize) -> Result<Vec<Vec<Option<String>>>, SourceError> {
    let mut statement = db.prepare(&format!("SELECT * FROM {} LIMIT {rows}", load::quoted(table)))?;
    let width = shape.types.len().min(MOST_COLUMNS);
    let read = statement.query_map([], |row| {
        (0..width).map(|at| Ok(text(&shape.types[at], row.get_ref(at)?))).collect::<Result<Vec<_>, _>>()
    })?;
    Ok(read.collect::<Result<_, _>>()?)
}

fn text(kind: &Type, value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) if *kind == Type::Boolean => Some((number != 0).to_string()),
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(text) | ValueRef::Blob(text) => Some(cut(&String::from_utf8_lossy(text))),
    }
}

/// Rows as the file has them.
fn standing(shape: &Shape<'_>, rows: usize) -> Vec<Vec<Option<String>>> {
    let lines = &shape.lines;
    let records = reader(&lines.text, lines.delimiter, lines.is_quoted).into_records();
    let records = records.filter_map(Result::ok).skip(usize::from(lines.has_header)).take(rows);
    let row = |record: StringRecord| record.iter().take(MOST_COLUMNS).map(|field| Some(cut(field))).collect();
    records.map(row).collect()
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((at, _)) => format!("{}\u{2026}", &text[..at]),
        None => text.to_owned(),
    }
}
