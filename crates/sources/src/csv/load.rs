//! One file as a table.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use csv::StringRecord;
use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, params_from_iter};

use super::format::{decoded, delimiter, is_header, names, reader};
use super::metadata::Metadata;
use super::values::{Type, TypeInference, convert, is_null, may_be_null};
use super::{FileState, METADATA, bytes_of, stem};
use crate::error::SourceError;

/// The engine's own bound.
const MOST_COLUMNS: usize = 2_000;
/// Lines between two looks at the clock.
const LINES: u64 = 1_000;

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
    file: String,
    bytes: Vec<u8>,
    metadata: Metadata,
}

/// Errors: why it cannot be read.
pub fn read(directory: &Path, state: &FileState, all: &[FileState]) -> Result<CsvFile, String> {
    let bytes = bytes_of(directory, state).map_err(|_| "the file cannot be read".to_owned())?;
    let beside = all.iter().find(|beside| beside.name.strip_suffix(METADATA) == Some(&state.name));
    let metadata = match beside {
        None => Metadata::default(),
        Some(beside) => {
            let said = bytes_of(directory, beside).map_err(|_| "its metadata cannot be read".to_owned())?;
            Metadata::parse(&said)?
        }
    };
    Ok(CsvFile { file: state.name.clone(), bytes, metadata })
}

/// A file whose lines are known to fit.
struct Lines<'a> {
    text: Cow<'a, str>,
    delimiter: u8,
    has_header: bool,
    is_quoted: bool,
    deadline: Instant,
}

impl Lines<'_> {
    /// Goes through the lines below the header.
    fn each(&self, mut see: impl FnMut(u64, &StringRecord) -> Result<(), Fault>) -> Result<(), Fault> {
        let mut reader = reader(&self.text, self.delimiter, self.is_quoted);
        let mut record = StringRecord::new();
        let (mut count, mut is_header) = (0_u64, self.has_header);
        while reader.read_record(&mut record).map_err(|_| "it is no file of CSV".to_owned())? {
            count += 1;
            if count.is_multiple_of(LINES) && Instant::now() >= self.deadline {
                return Err(Fault::Whole(SourceError::timeout()));
            }
            if !std::mem::take(&mut is_header) {
                see(self.line(&record), &record)?;
            }
        }
        // A quote that nothing closes takes the rest of the file into its field.
        let rest = record.position().map_or("", |at| &self.text[at.byte() as usize..]);
        let is_open = self.is_quoted && rest.bytes().filter(|byte| *byte == b'"').count() % 2 == 1;
        if is_open && record.iter().any(|field| field.contains('\n')) {
            return Err(Fault::Own(format!("line {} opens a quote that nothing closes", self.line(&record))));
        }
        Ok(())
    }

    /// Where a record begins, which is behind the blank lines before it.
    fn line(&self, record: &StringRecord) -> u64 {
        let Some(at) = record.position() else { return 0 };
        let rest = &self.text.as_bytes()[at.byte() as usize..];
        let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        at.line() + blank.filter(|byte| **byte == b'\n').count() as u64
    }
}

/// Makes the table of a file, whole or not at all.
///
/// Errors: the line that breaks it, and how; nothing of what stands there is repeated.
pub fn table(db: &mut Connection, name: &str, file: &CsvFile, deadline: Instant) -> Result<(), Fault> {
    let CsvFile { file: called, bytes, metadata } = file;
    if name.to_ascii_lowercase().starts_with("sqlite_") {
        return Err(Fault::Own("tables that are called sqlite_… are the engine's own".to_owned()));
    }
    let text = decoded(bytes, metadata.encoding()?)?;
    if text.contains('\0') {
        return Err(Fault::Own("it is no text, or one of UTF-16 without the mark that says so".to_owned()));
    }
    let is_quoted = metadata.is_quoted();
    let delimiter = metadata.delimiter()?.unwrap_or_else(|| delimiter(&text, called));
    let first = reader(&text, delimiter, is_quoted).into_records().next();
    let first = first.and_then(Result::ok).ok_or_else(|| "it has no line".to_owned())?;
    let width = first.len();
    if width > MOST_COLUMNS {
        return Err(Fault::Own(format!("it has more than {MOST_COLUMNS} columns")));
    }
    let mut lines = Lines { text, delimiter, has_header: true, is_quoted, deadline };
    let mut inferences: Vec<TypeInference> = (0..width).map(|_| TypeInference::new(delimiter)).collect();
    lines.each(|line, record| {
        if record.len() != width {
            return Err(Fault::Own(format!("line {line} has {} fields, and the first {width}", record.len())));
        }
        see(&mut inferences, record, metadata);
        Ok(())
    })?;
    lines.has_header = metadata.header().unwrap_or_else(|| is_header(&first, &inferences, delimiter));
    if !lines.has_header {
        see(&mut inferences, &first, metadata);
    }

    let said = &metadata.table_schema;
    let mut columns = names(Some(&first).filter(|_| lines.has_header), width);
    for (column, said) in columns.iter_mut().zip(&said.columns) {
        if let Some(name) = &said.name {
            column.clone_from(name);
        }
    }
    let types = inferences.into_iter().enumerate().map(|(at, inference)| {
        let kind = said.columns.get(at).map(|column| column.kind()).transpose()?.flatten();
        Ok(kind.unwrap_or_else(|| inference.taken()))
    });
    let types: Vec<Type> = types.collect::<Result<_, String>>()?;

    let key = said.primary_key.all();
    let keys: Vec<usize> =
        (0..width).filter(|at| key.iter().any(|key| key.eq_ignore_ascii_case(&columns[*at]))).collect();
    let transaction = db.transaction()?;
    let created = transaction.execute_batch(&definition(name, &columns, &types, metadata));
    created.map_err(|_| "its metadata names a column twice, or in a key one that there is not".to_owned())?;
    {
        let places = vec!["?"; width].join(", ");
        let mut insert = transaction.prepare(&format!("INSERT INTO {} VALUES ({places})", quoted(name)))?;
        lines.each(|line, record| {
            let values = types.iter().zip(record).enumerate().map(|(at, (kind, field))| {
                let field = if *kind == Type::Text { field } else { field.trim() };
                if is_null(kind, field, metadata.null(at)) {
                    return Ok(Value::Null);
                }
                convert(kind, field)
                    .ok_or_else(|| format!("line {line}: not every {} {}", quoted(&columns[at]), kind.rule()))
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

/// Learns of the fields of a record that have a value.
fn see(inferences: &mut [TypeInference], record: &StringRecord, metadata: &Metadata) {
    for (at, (inference, field)) in inferences.iter_mut().zip(record).enumerate() {
        if !may_be_null(field, metadata.null(at)) {
            inference.see(field.trim());
        }
    }
}

/// What makes the table, descriptions as comments.
fn definition(name: &str, columns: &[String], types: &[Type], metadata: &Metadata) -> String {
    let said = &metadata.table_schema;
    let comment = |text: Option<&String>| {
        text.map(|text| format!(" -- {}", text.split_whitespace().collect::<Vec<_>>().join(" ")))
    };
    let list = |names: &[String]| names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
    let mut parts: Vec<(String, Option<String>)> = Vec::new();
    for (at, (column, kind)) in columns.iter().zip(types).enumerate() {
        let description = said.columns.get(at).and_then(|said| said.description.as_ref());
        parts.push((format!("{} {}", quoted(column), kind.declared()), comment(description)));
    }
    let key = said.primary_key.all();
    if !key.is_empty() {
        parts.push((format!("PRIMARY KEY ({})", list(key)), None));
    }
    for key in &said.foreign_keys {
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

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
