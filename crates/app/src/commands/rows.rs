//! Rows of an answer on standard output: in a table for people, or to be taken away.

use std::io::{IsTerminal, Write};

use anyhow::{Result, bail};
use emporion_export::{Column, Table};
use serde_json::Value;

use crate::cli::{Format, RowFormat};
use crate::command_error::UsageError;
use crate::output::{print, visible};

/// Rows that are fetched where they are taken away and nobody says how many: as many as a server gives.
pub const MOST: u32 = 10_000;

/// How an answer is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Printing {
    Table,
    Json,
    Yaml,
    Csv,
    Xlsx,
}

impl Printing {
    /// By `--format`, or else by `-o`.
    ///
    /// Errors: `UsageError` for a workbook on a terminal.
    pub fn of(format: Option<RowFormat>, output: Format) -> Result<Printing> {
        Ok(match (format, output) {
            (Some(RowFormat::Table), _) | (None, Format::Table) => Printing::Table,
            (Some(RowFormat::Json), _) | (None, Format::Json) => Printing::Json,
            (None, Format::Yaml) => Printing::Yaml,
            (Some(RowFormat::Csv), _) => Printing::Csv,
            (Some(RowFormat::Xlsx), _) if std::io::stdout().is_terminal() => {
                let why = "a workbook is nothing for a terminal; send it to a file, such as `> rows.xlsx`";
                return Err(UsageError(why.into()).into());
            }
            (Some(RowFormat::Xlsx), _) => Printing::Xlsx,
        })
    }

    /// Whether rows alone are taken away.
    pub fn is_file(self) -> bool {
        matches!(self, Printing::Csv | Printing::Xlsx)
    }
}

/// Prints what a server answered, of which `table` is the table: `columns`, `rows` and whether there are more of them.
/// `shown` prints it for people; `name` is what a sheet of a workbook is called.
pub fn write(
    printing: Printing,
    answer: &Value,
    table: &Value,
    name: &str,
    shown: impl FnOnce() -> Result<()>,
) -> Result<()> {
    match printing {
        Printing::Table => shown(),
        Printing::Json => print(Format::Json, answer),
        Printing::Yaml => print(Format::Yaml, answer),
        Printing::Csv | Printing::Xlsx => {
            let Some(mut rows) = rows(table) else { bail!("this answer has no rows") };
            if std::io::stdout().is_terminal() {
                rows.iter_mut().flatten().for_each(harmless_to_terminals);
            }
            let table_of = Table { columns: columns(table, &rows), rows: &rows };
            let mut out = std::io::stdout().lock();
            match printing {
                Printing::Xlsx => out.write_all(&emporion_export::workbook(&table_of, name)?)?,
                _ => emporion_export::csv(&table_of, &mut out)?,
            }
            out.flush()?;
            if table["truncated"] == true {
                eprintln!("emporion: these are the first {} rows; there are more", rows.len());
            }
            Ok(())
        }
    }
}

/// A terminal obeys what is no letter.
fn harmless_to_terminals(value: &mut Value) {
    if let Value::String(text) = value {
        *text = visible(text);
    }
}

fn rows(table: &Value) -> Option<Vec<Vec<Value>>> {
    table["rows"].as_array()?.iter().map(|row| row.as_array().cloned()).collect()
}

fn columns(table: &Value, rows: &[Vec<Value>]) -> Vec<Column> {
    let columns = table["columns"].as_array().into_iter().flatten();
    let column = |(at, column): (usize, &Value)| {
        let text = |member: &str| column[member].as_str().filter(|text| !text.is_empty());
        let label = text("label").or(text("name")).unwrap_or_default();
        Column::new(label, text("type").unwrap_or_default(), text("format"), text("unit"), rows, at)
    };
    columns.enumerate().map(column).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_format_of_rows_outranks_that_of_results() {
        let of = |format, output| Printing::of(format, output).ok();
        assert_eq!(of(None, Format::Yaml), Some(Printing::Yaml));
        assert_eq!(of(Some(RowFormat::Csv), Format::Json), Some(Printing::Csv));
        assert_eq!(of(Some(RowFormat::Table), Format::Json), Some(Printing::Table));
    }

    #[test]
    fn a_column_is_called_by_its_label_or_else_its_name() {
        let table = json!({
            "columns": [{"name": "a", "label": "Area", "unit": "km²"}, {"name": "b", "label": ""}],
            "rows": [[1, "x"]],
        });
        let headings: Vec<String> = columns(&table, &rows(&table).unwrap()).iter().map(Column::heading).collect();
        assert_eq!(headings, ["Area (km²)", "b"]);
        assert!(rows(&json!(null)).is_none());
    }
}
