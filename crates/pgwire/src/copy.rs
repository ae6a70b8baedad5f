//! Rows of an answer in the forms of COPY.

use std::fmt::Debug;

use bytes::{BufMut, Bytes, BytesMut};
use emporion_products::warning::Warning;
use emporion_semantic::pg::copy::{Form, Format, Quoted};
use futures_util::{Sink, SinkExt};
use pgwire::api::Type;
use pgwire::api::portal::Format as Encoding;
use pgwire::api::results::Tag;
use pgwire::error::{PgWireError, PgWireResult};
use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::copy::{CopyData, CopyDone, CopyOutResponse};

use crate::failures::{self, TOO_LARGE};
use crate::values::{self, Table};

/// What binary files begin with: a signature, and that nothing else is said of them (PostgreSQL, COPY).
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const TRAILER: i16 = -1;

/// What is sent of a table.
pub struct Copied {
    columns: usize,
    rows: usize,
    is_binary: bool,
    messages: Vec<Bytes>,
    pub warnings: Vec<Warning>,
}

impl Copied {
    /// Errors: a value that is none of the type of its column.
    pub fn of(table: Table, form: &Form) -> PgWireResult<Copied> {
        let messages = match form.format {
            Format::Binary => binary(&table)?,
            Format::Text | Format::Csv => lines(&table, form)?,
        };
        let (columns, rows) = (table.columns.len(), table.rows.len());
        let is_binary = form.format == Format::Binary;
        Ok(Copied { columns, rows, is_binary, messages, warnings: table.warnings })
    }

    /// Sends it but for the word that it is done, which is answered.
    pub async fn send<C>(self, client: &mut C) -> PgWireResult<Tag>
    where
        C: Sink<PgWireBackendMessage> + Unpin + Send,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let columns = i16::try_from(self.columns).map_err(|_| failures::error(TOO_LARGE, "too many columns"))?;
        let format = i8::from(self.is_binary);
        let begins = CopyOutResponse::new(format, columns, vec![i16::from(format); self.columns]);
        client.feed(PgWireBackendMessage::CopyOutResponse(begins)).await?;
        for data in self.messages {
            client.feed(PgWireBackendMessage::CopyData(CopyData::new(data))).await?;
        }
        client.feed(PgWireBackendMessage::CopyDone(CopyDone::new())).await?;
        Ok(Tag::new("COPY").with_rows(self.rows))
    }
}

/// A message for each row: the first one bears what a file begins with, and one more ends it.
fn binary(table: &Table) -> PgWireResult<Vec<Bytes>> {
    let types: Vec<Type> = table.columns.iter().map(|(_, ty)| ty.clone()).collect();
    let mut messages = Vec::with_capacity(table.rows.len() + 1);
    let mut data = BytesMut::from(SIGNATURE);
    for row in table.encoded(&types, &Encoding::UnifiedBinary)? {
        data.put_i16(row.field_count);
        data.put_slice(&row.data);
        messages.push(std::mem::take(&mut data).freeze());
    }
    data.put_i16(TRAILER);
    messages.push(data.freeze());
    Ok(messages)
}

fn lines(table: &Table, form: &Form) -> PgWireResult<Vec<Bytes>> {
    let written = |value: &str, at: usize| match form.format {
        Format::Csv => csv(value, form, is_quoted(form, &table.columns[at].0), table.columns.len() == 1),
        _ => plain(value, form.delimiter),
    };
    let line = |fields: Vec<String>| Bytes::from(format!("{}\n", fields.join(&form.delimiter.to_string())));
    let mut lines = Vec::with_capacity(table.rows.len() + 1);
    if form.has_header {
        let is_csv = form.format == Format::Csv;
        let names = table.columns.iter().map(|(name, _)| match is_csv {
            true => csv(name, form, false, table.columns.len() == 1),
            false => plain(name, form.delimiter),
        });
        lines.push(line(names.collect()));
    }
    for row in &table.rows {
        let fields = row.iter().enumerate().map(|(at, value)| match value.is_null() {
            true => Ok(form.null.clone()),
            false => Ok(written(&values::text(value, &table.columns[at].1)?, at)),
        });
        lines.push(line(fields.collect::<PgWireResult<_>>()?));
    }
    Ok(lines)
}

fn is_quoted(form: &Form, column: &str) -> bool {
    match &form.quoted {
        Quoted::All => true,
        Quoted::These(names) => names.iter().any(|name| name == column),
    }
}

/// In text, what could be taken for something else has a backslash before it.
fn plain(value: &str, delimiter: char) -> String {
    let mut written = String::with_capacity(value.len());
    for c in value.chars() {
        let letter = match c {
            '\\' => '\\',
            '\u{8}' => 'b',
            '\u{c}' => 'f',
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            '\u{b}' => 'v',
            c if c == delimiter => c,
            c => {
                written.push(c);
                continue;
            }
        };
        written.extend(['\\', letter]);
    }
    written
}

/// In CSV, it stands in quotes.
fn csv(value: &str, form: &Form, is_quoted: bool, is_alone: bool) -> String {
    let needs_quotes =
        value == form.null || is_alone && value == "\\." || value.contains([form.delimiter, form.quote, '\n', '\r']);
    if !is_quoted && !needs_quotes {
        return value.to_owned();
    }
    let mut written = String::from(form.quote);
    for c in value.chars() {
        if c == form.quote || c == form.escape {
            written.push(form.escape);
        }
        written.push(c);
    }
    written.push(form.quote);
    written
}

#[cfg(test)]
mod tests {
    use emporion_semantic::pg::said::{Said, statements};
    use serde_json::{Value, json};

    use super::*;

    fn copied(options: &str, rows: Vec<Vec<Value>>) -> Copied {
        let Some(Said::Copy(copy)) = statements(&format!("COPY t TO STDOUT {options}")).expect(options).pop() else {
            panic!("{options}")
        };
        let columns = vec![("a,b".to_owned(), Type::TEXT), ("n".to_owned(), Type::INT8)];
        Copied::of(Table { columns, rows, ..Table::default() }, &copy.form).expect(options)
    }

    fn text(options: &str, rows: Vec<Vec<Value>>) -> String {
        copied(options, rows).messages.iter().map(|line| String::from_utf8_lossy(line).into_owned()).collect()
    }

    #[test]
    fn rows_are_written_as_postgresql_writes_them() {
        let rows =
            || vec![vec![json!("x\ty\\"), json!(1)], vec![json!("\"q\"\n,"), Value::Null], vec![json!(""), json!(2)]];
        assert_eq!(text("", rows()), "x\\ty\\\\\t1\n\"q\"\\n,\t\\N\n\t2\n");
        assert_eq!(text("CSV HEADER", rows()), "\"a,b\",n\nx\ty\\,1\n\"\"\"q\"\"\n,\",\n\"\",2\n");
        let forced = text("(FORMAT csv, DELIMITER ';', NULL '-', FORCE_QUOTE (n))", rows());
        assert_eq!(forced, "x\ty\\;\"1\"\n\"\"\"q\"\"\n,\";-\n;\"2\"\n");
        assert_eq!(text("(HEADER, DELIMITER '|')", Vec::new()), "a,b|n\n");
    }

    #[test]
    fn a_binary_file_begins_and_ends_as_it_has_to() {
        let copied = copied("(FORMAT binary)", vec![vec![json!("a"), json!(2)]]);
        let [row, end] = copied.messages.as_slice() else { panic!("two messages") };
        assert_eq!(row[..SIGNATURE.len()], *SIGNATURE);
        assert_eq!(row[SIGNATURE.len()..], *b"\0\x02\0\0\0\x01a\0\0\0\x08\0\0\0\0\0\0\0\x02");
        assert_eq!((&end[..], copied.rows), (&b"\xff\xff"[..], 1));
    }
}
