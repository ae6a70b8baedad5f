//! Rows that people take away: a table as comma-separated values, or as a workbook for spreadsheets. Pure: no file is opened
//! here, and nobody is asked for anything.

mod column;
mod csv;
mod figure;
mod period;
mod workbook;

use serde_json::Value;

pub use column::Column;
pub use csv::{csv, csv_piece, csv_pieces};
pub use period::{Grain, Period};
pub use workbook::{MOST_ROWS, Origin, WorkbookError, workbook};

/// A table as a source answered it: each row has a value for each column, in their order.
#[derive(Debug, Clone)]
pub struct Table<'a> {
    pub columns: Vec<Column>,
    pub rows: &'a [Vec<Value>],
}
