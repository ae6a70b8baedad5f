//! A row of the embedded engine, as the one who reads rows sees it.

use rusqlite::Row;
use rusqlite::types::ValueRef;
use uuid::Uuid;

use super::error::SqliteError;
use crate::rows::{Columns, wrong};

impl Columns for Row<'_> {
    type Error = SqliteError;

    fn is_null(&self, column: usize) -> Result<bool, SqliteError> {
        Ok(self.get_ref(column)? == ValueRef::Null)
    }

    fn text(&self, column: usize) -> Result<&str, SqliteError> {
        Ok(self.get_ref(column)?.as_str().map_err(|error| wrong(column, error))?)
    }

    fn bytes(&self, column: usize) -> Result<&[u8], SqliteError> {
        Ok(self.get_ref(column)?.as_blob().map_err(|error| wrong(column, error))?)
    }

    fn uuid(&self, column: usize) -> Result<Uuid, SqliteError> {
        Ok(Uuid::from_slice(self.bytes(column)?).map_err(|error| wrong(column, error))?)
    }

    fn int(&self, column: usize) -> Result<i64, SqliteError> {
        Ok(self.get(column)?)
    }
}
