//! One file as a table.

use std::fmt::Write as _;
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, params_from_iter};

use super::corrections::{ALL, Corrections};
use super::metadata::Metadata;
use super::shape::Shape;
use super::values::{Type, convert, is_null};
use super::{FileState, METADATA, MOST_BYTES, bytes_of, stem};
use crate::error::SourceError;

pub enum Fault {
    /// Of this file: the others are read.
    Own(String),
    Whole(SourceError),
}

impl From<String> for Fault {
    fn from(why: String) -> Fault {
        Fault::Own(why)
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Fault {
        Fault::Whole(error.into())
    }
}

/// A file, and what is said of it.
pub struct CsvFile {
    pub file: String,
    pub bytes: Vec<u8>,
    /// They are its beginning: there is more of it.
    pub is_cut: bool,
    pub metadata: Metadata,
}

/// So many bytes of it at most, with what is said of it.
///
/// Errors: why it cannot be read.
pub fn read(
    directory: &Path,
    state: &FileState,
    most: u64,
    (all, corrections): (&[FileState], &Corrections),
) -> Result<CsvFile, String> {
    let bytes = bytes_of(directory, state, most).map_err(|_| "the file cannot be read".to_owned())?;
    let beside = all.iter().find(|beside| beside.name.strip_suffix(METADATA) == Some(&state.name));
    let said = match beside {
        None => Metadata::default(),
        Some(beside) => {
            let said = bytes_of(directory, beside, MOST_BYTES).map_err(|_| "its metadata cannot be read".to_owned())?;
            Metadata::parse(&said)?
        }
    };
    let said = match corrections.of(&state.name)? {
        None => said,
        Some(correction) => said.corrected(correction),
    };
    let metadata = match corrections.of(ALL)? {
        None => said,
        Some(all) => said.or(all),
    };
    Ok(CsvFile { file: state.name.clone(), is_cut: bytes.len() as u64 == most && state.bytes > most, bytes, metadata })
}

/// Makes the table of a file, whole or not at all.
///
/// Errors: the line that breaks it, and how; nothing of what stands there is repeated.
pub fn table(db: &mut Connection, name: &str, shape: &Shape<'_>, metadata: &Metadata) -> Result<(), Fault> {
    if name.to_ascii_lowercase().starts_with("sqlite_") {
        return Err(Fault::Own("tables that are called sqlite_… are the engine's own".to_owned()));
    }
    if let Some(why) = &shape.fault {
        return Err(Fault::Own(why.clone()));
    }
    let Shape { lines, names: columns, said, types, .. } = shape;
    let width = columns.len();
    let twice = columns.iter().enumerate().find(|(at, name)| columns[..*at].iter().any(|one| is_same(one, name)));
    if let Some((_, name)) = twice {
        return Err(Fault::Own(format!("two of its columns are called {}", quoted(name))));
    }
    let key = metadata.table_schema.primary_key.all();
    let keys: Vec<usize> = (0..width).filter(|at| key.iter().any(|key| is_same(key, &columns[*at]))).collect();
    let transaction = db.transaction()?;
    let created = transaction.execute_batch(&definition(name, shape, metadata));
    created.map_err(|_| "its metadata names in a key a column that there is not".to_owned())?;
    {
        let places = vec!["?"; width].join(", ");
        let mut insert = transaction.prepare(&format!("INSERT INTO {} VALUES ({places})", quoted(name)))?;
        lines.each(|line, record| {
            let values = types.iter().zip(record).enumerate().map(|(at, (kind, field))| {
                let field = if *kind == Type::Text { field } else { field.trim() };
                if is_null(kind, field, metadata.null(said.get(at))) {
                    return Ok(Value::Null);
                }
                convert(kind, field)
                    .ok_or_else(|| format!("line {line}: not every {}{}", quoted(&columns[at]), kind.rule()))
            });
            let values: Vec<Value> = values.collect::<Result<_, String>>()?;
            // The engine itself would give a row without a key one.
            if keys.iter().any(|key| values[*key] == Value::Null) {
                return Err(Fault::Own(format!("line {line} has no primary key")));
            }
            match insert.execute(params_from_iter(values)) {
                Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                    Err(Fault::Own(format!("line {line} has a primary key that another line has")))
                }
                done => Ok(done.map(drop)?),
            }
        })?;
    }
    Ok(transaction.commit()?)
}

/// What makes the table, descriptions as comments.
fn definition(name: &str, shape: &Shape<'_>, metadata: &Metadata) -> String {
    let schema = &metadata.table_schema;
    let comment = |text: Option<&String>| {
        text.map(|text| format!(" -- {}", text.split_whitespace().collect::<Vec<_>>().join(" ")))
    };
    let list = |names: &[String]| names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
    let mut parts: Vec<(String, Option<String>)> = Vec::new();
    for (at, (column, kind)) in shape.names.iter().zip(&shape.types).enumerate() {
        let description = shape.said.get(at).and_then(|said| said.description.as_ref());
        parts.push((format!("{} {}", quoted(column), kind.declared()), comment(description)));
    }
    let key = schema.primary_key.all();
    if !key.is_empty() {
        parts.push((format!("PRIMARY KEY ({})", list(key)), None));
    }
    for key in &schema.foreign_keys {
        let (from, to) = (list(key.column_reference.all()), list(key.reference.column_reference.all()));
        let other = quoted(stem(&key.reference.resource));
        parts.push((format!("FOREIGN KEY ({from}) REFERENCES {other} ({to})"), None));
    }
    let mut text =
        format!("CREATE TABLE {} ({}\n", quoted(name), comment(metadata.description.as_ref()).unwrap_or_default());
    let last = parts.len() - 1;
    for (at, (part, comment)) in parts.into_iter().enumerate() {
        let comma = if at == last { "" } else { "," };
        let _ = writeln!(text, "  {part}{comma}{}", comment.unwrap_or_default());
    }
    text + ")"
}

fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
