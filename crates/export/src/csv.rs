//! Comma-separated values (RFC 4180), in which no cell is a formula.

use std::borrow::Cow;
use std::io::{self, Write};

use serde_json::Value;

use crate::figure::digits;
use crate::{Column, Table};

/// Writes headings and rows: UTF-8, lines that end in CR LF, an empty cell where there is no value, figures with all their
/// digits and without a format, and periods as periods: a month is `2026-03` and not its first day.
///
/// Programs that open such a file take a text that begins with `=`, `+`, `-`, `@` or a control character for a formula: an
/// apostrophe stands before each that is no number (OWASP, *CSV Injection*). So it does where such a sign stands behind a
/// semicolon or a tab, at which some of them cut.
///
/// Errors: those of the writer.
pub fn csv(table: &Table<'_>, out: impl Write) -> io::Result<()> {
    let mut writer = writer(out);
    write_headings(&mut writer, &table.columns)?;
    for row in table.rows {
        write_row(&mut writer, &table.columns, row)?;
    }
    writer.flush()
}

/// The same in pieces of so many rows, the headings in the first: what is written is let go of, so that never more than one
/// piece of the text is there.
pub fn csv_pieces(
    columns: Vec<Column>,
    rows: Vec<Vec<Value>>,
    at_once: usize,
) -> impl Iterator<Item = io::Result<Vec<u8>>> + Send + 'static {
    let mut rows = rows.into_iter();
    let mut is_begun = false;
    std::iter::from_fn(move || {
        let is_first = !std::mem::replace(&mut is_begun, true);
        if !is_first && rows.len() == 0 {
            return None;
        }
        Some(csv_piece(&columns, rows.by_ref().take(at_once), is_first))
    })
}

/// One piece of a longer text: the headings stand in the first.
///
/// Errors: those of the writer.
pub fn csv_piece(columns: &[Column], rows: impl Iterator<Item = Vec<Value>>, is_first: bool) -> io::Result<Vec<u8>> {
    let mut writer = writer(Vec::new());
    if is_first {
        write_headings(&mut writer, columns)?;
    }
    for row in rows {
        write_row(&mut writer, columns, &row)?;
    }
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}

fn writer<W: Write>(out: W) -> csv::Writer<W> {
    csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out)
}

fn write_headings(writer: &mut csv::Writer<impl Write>, columns: &[Column]) -> io::Result<()> {
    let headings = columns.iter().map(|column| harmless(&column.heading()).into_owned());
    writer.write_record(headings).map_err(of_writer)
}

fn write_row(writer: &mut csv::Writer<impl Write>, columns: &[Column], row: &[Value]) -> io::Result<()> {
    let cells =
        columns.iter().enumerate().map(|(at, column)| row.get(at).map_or(Cow::Borrowed(""), |it| cell(column, it)));
    for cell in cells {
        writer.write_field(&*cell).map_err(of_writer)?;
    }
    writer.write_record(None::<&[u8]>).map_err(of_writer)
}

fn of_writer(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn cell<'v>(column: &Column, value: &'v Value) -> Cow<'v, str> {
    if let Some(period) = column.period(value) {
        return Cow::Owned(period.written());
    }
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => harmless(text),
        Value::Bool(truth) => Cow::Owned(truth.to_string()),
        Value::Number(number) => Cow::Owned(digits(number)),
        list => Cow::Owned(harmless(&list.to_string()).into_owned()),
    }
}

fn harmless(text: &str) -> Cow<'_, str> {
    let is_obeyed = |c: char| matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') || c.is_control();
    // What stands behind spaces is read as well.
    let begins = |part: &str| part.trim_start_matches([' ', '"']).chars().next().is_some_and(is_obeyed);
    if is_number(text) || !begins(text) && !text.contains([';', '\t']) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 1);
    for part in text.split_inclusive([';', '\t']) {
        if begins(part) {
            safe.push('\'');
        }
        safe.push_str(part);
    }
    Cow::Owned(safe)
}

/// Whether a text is a number and nothing else: digits with a sign, a point and an exponent.
fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) && text.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn printed(headings: &[&str], rows: Value) -> String {
        let rows: Vec<Vec<Value>> = serde_json::from_value(rows).unwrap();
        let column = |(at, label): (usize, &&str)| Column::new(label, "VARCHAR", None, None, &rows, at);
        let columns = headings.iter().enumerate().map(column).collect();
        let mut out = Vec::new();
        csv(&Table { columns, rows: &rows }, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn values_keep_their_digits_and_texts_their_signs() {
        let rows =
            json!([[1.5, "a,b", null], [9007199254740993_i64, "say \"x\"\nand y", true], ["0.10", "é", {"a": [1]}]]);
        let wanted =
            "n,t,o\r\n1.5,\"a,b\",\r\n9007199254740993,\"say \"\"x\"\"\nand y\",true\r\n0.10,é,\"{\"\"a\"\":[1]}\"\r\n";
        assert_eq!(printed(&["n", "t", "o"], rows), wanted);
    }

    #[test]
    fn pieces_are_the_whole_file_one_after_the_other() {
        let rows: Vec<Vec<Value>> = (0..5).map(|n| vec![json!(n), json!("=x")]).collect();
        let columns: Vec<Column> =
            ["n", "t"].iter().enumerate().map(|(at, label)| Column::new(label, "", None, None, &rows, at)).collect();
        let mut whole = Vec::new();
        csv(&Table { columns: columns.clone(), rows: &rows }, &mut whole).unwrap();
        let pieces: Vec<Vec<u8>> = csv_pieces(columns.clone(), rows, 2).map(Result::unwrap).collect();
        assert_eq!((pieces.len(), pieces.concat()), (3, whole));
        let none: Vec<Vec<u8>> = csv_pieces(columns, Vec::new(), 2).map(Result::unwrap).collect();
        assert_eq!(none, [b"n,t\r\n".to_vec()]);
    }

    #[test]
    fn no_cell_is_a_formula_and_negative_numbers_stay_numbers() {
        let rows = json!([
            ["=1+1"],
            ["@SUM(A1)"],
            ["+49 30 1"],
            ["-5"],
            ["-5+cmd|' /C calc'!A0"],
            ["\t=1"],
            [" =1"],
            ["＝1"],
            ["a=1"],
            [-2],
            ["a; =1"],
            ["a;b"]
        ]);
        let lines = printed(&["=h"], rows);
        let wanted = "'=h\r\n'=1+1\r\n'@SUM(A1)\r\n'+49 30 1\r\n-5\r\n'-5+cmd|' /C calc'!A0\r\n'\t'=1\r\n' =1\r\n'＝1\r\na=1\r\n-2\r\na;' =1\r\na;b\r\n";
        assert_eq!(lines, wanted);
    }

    #[test]
    fn periods_are_no_days() {
        let rows: Vec<Vec<Value>> =
            serde_json::from_value(json!([["2026-07-01", "2026-07-01"], [null, "2026-07-02"]])).unwrap();
        let column = |at, grain| Column::new("m", "DATE", None, None, &rows, at).of_periods(grain);
        let mut out = Vec::new();
        csv(&Table { columns: vec![column(0, Some("month")), column(1, Some("day"))], rows: &rows }, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "m,m\r\n2026-07,2026-07-01\r\n,2026-07-02\r\n");
    }

    #[test]
    fn a_table_of_one_empty_cell_has_a_line_for_it() {
        assert_eq!(printed(&["x"], json!([[null], [""]])), "x\r\n\"\"\r\n\"\"\r\n");
    }

    #[test]
    fn what_is_read_back_is_what_was_written() {
        let rows = json!([["a\r\nb", "'"], ["\"", ",,"], ["ünï", "\u{0}"]]);
        let text = printed(&["p", "q"], rows.clone());
        let read: Vec<Vec<String>> =
            csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect();
        let harmless = json!([["a\r\nb", "'"], ["\"", ",,"], ["ünï", "'\u{0}"]]);
        assert_eq!(serde_json::to_value(read).unwrap(), harmless);
    }
}
