//! A row of PostgreSQL, as the one who reads rows sees it.

use std::error::Error;

use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Type};
use uuid::Uuid;

use super::error::PostgresError;
use crate::rows::{Columns, wrong};

/// A value of any type, of which nothing is of interest but that it is there.
struct Present;

impl<'a> FromSql<'a> for Present {
    fn from_sql(_: &Type, _: &'a [u8]) -> Result<Present, Box<dyn Error + Sync + Send>> {
        Ok(Present)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn get<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, PostgresError> {
    Ok(row.try_get(column).map_err(|error| wrong(column, error))?)
}

impl Columns for Row {
    type Error = PostgresError;

    fn is_null(&self, column: usize) -> Result<bool, PostgresError> {
        Ok(get::<Option<Present>>(self, column)?.is_none())
    }

    fn text(&self, column: usize) -> Result<&str, PostgresError> {
        get(self, column)
    }

    fn bytes(&self, column: usize) -> Result<&[u8], PostgresError> {
        get(self, column)
    }

    fn uuid(&self, column: usize) -> Result<Uuid, PostgresError> {
        get(self, column)
    }

    fn int(&self, column: usize) -> Result<i64, PostgresError> {
        get(self, column)
    }
}
