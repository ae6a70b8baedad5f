//! Rows of an answer on standard output: in a table for people, or to be taken away.

use std::io::{IsTerminal, Write};

use anyhow::{Result, bail};
use console::{Term, style};
use emporion_catalog::id::Millis;
use emporion_catalog::timestamp;
use emporion_export::{Column, Origin, Table};
use emporion_products::limits::MAX_ROWS;
use emporion_semantic::chat::numbers;
use serde_json::Value;

use super::grid::Grid;
use crate::cli::{Format, RowFormat};
use crate::command_error::UsageError;
use crate::output::{print, visible};

/// Rows that are fetched to be shown where nobody says how many.
pub const FETCHED: u32 = 1_000;
/// The same of those that are taken away: as many as a server gives.
const MOST: u32 = MAX_ROWS.unsigned_abs() as u32;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

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

    /// How many rows are fetched, where so many are asked for. People look at the first of them; programs take all.
    pub fn fetched(self, rows: Option<u32>) -> u32 {
        rows.unwrap_or(if self == Printing::Table { FETCHED } else { MOST })
    }

    /// Whether rows alone are taken away.
    pub fn is_file(self) -> bool {
        self.file().is_some()
    }

    /// What sort of file that makes.
    pub fn file(self) -> Option<&'static str> {
        match self {
            Printing::Csv => Some("csv"),
            Printing::Xlsx => Some("xlsx"),
            Printing::Table | Printing::Json | Printing::Yaml => None,
        }
    }
}

/// Prints what a server answered, of which `table` is the table: `columns`, `rows` and whether there are more of them.
/// `shown` prints it for people; `name` is what a sheet of a workbook is called, and `origin` what another one says of it.
pub fn write(
    printing: Printing,
    answer: &Value,
    table: &Value,
    (name, origin): (&str, Vec<(&str, String)>),
    shown: impl FnOnce() -> Result<()>,
) -> Result<()> {
    match printing {
        Printing::Table => shown(),
        Printing::Json | Printing::Yaml => {
            print(if printing == Printing::Json { Format::Json } else { Format::Yaml }, answer)?;
            tell_if_cut(table);
            Ok(())
        }
        Printing::Csv | Printing::Xlsx => {
            let Some(mut rows) = rows(table) else { bail!("this answer has no rows") };
            if std::io::stdout().is_terminal() {
                rows.iter_mut().flatten().for_each(harmless_to_terminals);
            }
            let table_of = Table { columns: columns(table, &rows), rows: &rows };
            let mut out = std::io::stdout().lock();
            match printing {
                Printing::Xlsx => {
                    let lines = origin.into_iter().map(|(of, told)| (of.to_owned(), told)).collect();
                    let origin = Origin { name: "About".to_owned(), lines };
                    out.write_all(&emporion_export::workbook(&table_of, name, &origin)?)?;
                }
                _ => emporion_export::csv(&table_of, &mut out)?,
            }
            out.flush()?;
            warnings(answer).for_each(|warning| eprintln!("emporion: {}", visible(&warning)));
            tell_if_cut(table);
            Ok(())
        }
    }
}

/// What is to be said beside an answer.
pub fn warnings(answer: &Value) -> impl Iterator<Item = String> {
    let warnings = answer["warnings"].as_array().into_iter().flatten();
    warnings.filter_map(|warning| Some(warning["message"].as_str()?.to_owned()))
}

/// Where rows come from: what was asked of which product, now, with what was taken for granted and what else is to be said.
pub fn origin(product: &str, (of, asked): (&'static str, &str), answer: &Value) -> Vec<(&'static str, String)> {
    let taken = answer["interpretation"]["assumptions"].as_array().into_iter().flatten();
    let taken: Vec<String> = taken.filter_map(|one| Some(one.as_str()?.to_owned())).collect();
    let at = answer["provenance"]["asOf"].as_str().map_or_else(|| timestamp::print(Millis::now().0), str::to_owned);
    let mut lines = vec![(of, asked.to_owned()), ("Data product", product.to_owned()), ("Asked at", at)];
    lines.extend(taken.into_iter().map(|one| ("Taken for granted", one)));
    lines.extend(warnings(answer).map(|one| ("Note", one)));
    lines
}

/// Whoever takes rows away learns beside them that they are not all.
fn tell_if_cut(table: &Value) {
    if table["truncated"] == true {
        let count = table["rows"].as_array().map_or(0, Vec::len);
        eprintln!("emporion: these are the first {count} rows; there are more");
    }
}

/// A table for people, and what of it is not shown: `most` rows at most, in columns for which there is room.
pub fn table(out: &mut impl Write, table: &Value, most: usize, room: Option<usize>) -> Result<()> {
    let rows = rows(table).unwrap_or_default();
    let columns = columns(table, &rows);
    let is_truncated = table["truncated"] == true;
    let cells = |row: &Vec<Value>| columns.iter().zip(row).map(|(column, value)| cell(column, value)).collect();
    let grid = Grid {
        headings: columns.iter().map(|column| visible(&column.heading())).collect(),
        figures: columns.iter().map(|column| column.is_figure).collect(),
        rows: rows.iter().take(most).map(cells).collect(),
    };
    let (lines, hidden) = grid.lines(room);
    for (at, line) in lines.iter().enumerate() {
        match at {
            0 => writeln!(out, "{}", style(line).underlined())?,
            _ => writeln!(out, "{line}")?,
        }
    }
    let mut left_out = Vec::new();
    if rows.len() > most {
        let more = if is_truncated { "at least " } else { "" };
        left_out.push(format!("{more}{} more rows", rows.len() - most));
    } else if is_truncated {
        left_out.push("more rows, which were not fetched".to_owned());
    }
    if hidden > 0 {
        left_out.push(format!("{hidden} more columns, for which there is no room"));
    }
    if !left_out.is_empty() {
        writeln!(out, "and {}", left_out.join(", and "))?;
    }
    Ok(())
}

/// Columns of the terminal; `None` where it is none.
pub fn room() -> Option<usize> {
    Term::stdout().size_checked().map(|(_, columns)| usize::from(columns).max(10))
}

/// A cell as people read it. What has no format is not grouped: it may be a year.
fn cell(column: &Column, value: &Value) -> String {
    if let Some(period) = column.period(value) {
        return period.rendered(|month| MONTHS.get(usize::from(month) - 1).copied().unwrap_or_default().to_owned());
    }
    let text = match (value, column.format.as_deref()) {
        (Value::Null, _) => String::new(),
        (value, Some(format)) if column.is_figure => numbers::shown(value, Some(format), None),
        (value, None) if column.is_figure => numbers::shown(value, None, None).replace(',', ""),
        (Value::String(text), _) => text.clone(),
        (other, _) => other.to_string(),
    };
    visible(&text)
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
        let made = Column::new(label, text("type").unwrap_or_default(), text("format"), text("unit"), rows, at);
        made.of_periods(text("grain"))
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
    fn figures_are_known_by_what_they_are() {
        let of = |column: Value, rows: Value| {
            let table = json!({"columns": [column], "rows": rows});
            let rows = super::rows(&table).unwrap();
            let column = columns(&table, &rows).remove(0);
            (column.is_figure, rows.iter().map(|row| cell(&column, &row[0])).collect::<Vec<_>>())
        };
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let rate = json!({"type": "VARCHAR", "format": "0.0%"});
        assert_eq!(of(rate, json!([[0.25], ["0.5"], [null]])), (true, texts(&["25.0 %", "50.0 %", ""])));
        assert_eq!(of(json!({"type": "VARCHAR"}), json!([[2026], [1.23456]])), (true, texts(&["2026", "1.23"])));
        assert_eq!(of(json!({"type": "VARCHAR"}), json!([["0123"], [1]])), (false, texts(&["0123", "1"])));
        assert_eq!(of(json!({"type": "BOOLEAN"}), json!([[true]])), (false, texts(&["true"])));
        let month = json!({"type": "DATE", "grain": "month"});
        assert_eq!(of(month, json!([["2026-12-01"]])), (false, texts(&["Dec 2026"])));
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
