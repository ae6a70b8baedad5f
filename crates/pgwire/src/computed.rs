//! Statements of nothing that is stored: what they say is computed here.

use std::time::Duration;

use emporion_products::asking;
use emporion_products::databases::Answered;
use emporion_products::limits::MAX_ROWS;
use emporion_semantic::guard::{DIVISION_BY_ZERO, DIVISOR_FUNCTION, Refusal};
use emporion_semantic::pg::computed;
use emporion_semantic::pg::product::{Given, Written};
use emporion_semantic::pg::types::Type as Known;
use pgwire::api::Type;
use pgwire::error::PgWireError;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Error, vtab};

use crate::catalogue::exactly;
use crate::engine;
use crate::failures;
use crate::session::Session;
use crate::statement::{too_many_rows, values};
use crate::values::{Bound, Table, given};

const UNASKED: &str = "this cannot be computed";

/// How it is written, which says what it takes.
pub fn written(sql: &str, bound: &[Bound]) -> Result<Written, PgWireError> {
    let given = Given { types: &given(bound), count: &|at| bound.get(at).and_then(Bound::count) };
    computed::written(sql, &given).map_err(|refusal: Refusal| failures::of_refusal(&refusal))
}

/// Answers it. Without values for its parameters, none of its rows mean anything.
pub async fn ask(session: &Session, written: &Written, bound: &[Bound]) -> Result<Table, PgWireError> {
    let values = asking::parameters(&values(written, bound)?);
    let planned = computed::planned(written, &values, MAX_ROWS.unsigned_abs());
    let plan = planned.map_err(|refusal| failures::of_refusal(&refusal))?;
    let (names, rows) = engine::with(session, UNASKED, move |engine| {
        let broken = |error: Error| engine.broken(&error);
        offer(&engine.connection).map_err(broken)?;
        // What it calls, the guard has looked at.
        engine.close(true, |_| true).map_err(broken)?;
        let mut statement = engine.connection.prepare(&plan.sql).map_err(broken)?;
        let names: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
        Ok((names, engine.rows(&mut statement, &[])?))
    })
    .await?;
    if rows.len() > MAX_ROWS.unsigned_abs() as usize {
        return Err(too_many_rows());
    }
    let columns = names.into_iter().map(|name| (name, "VARCHAR")).collect();
    let answered = Answered { columns, rows, truncated: false, took: Duration::ZERO, warnings: Vec::new() };
    let mut table = Table::of(answered, &written.columns);
    if written.columns.len() == table.columns.len() {
        for (at, said) in written.columns.iter().enumerate() {
            let is_small =
                |row: &Vec<serde_json::Value>| row[at].as_i64().is_none_or(|value| i32::try_from(value).is_ok());
            if *said == Some(Known::Int4) && table.columns[at].1 == Type::INT8 && table.rows.iter().all(is_small) {
                table.columns[at].1 = exactly(Known::Int4);
            }
        }
    }
    Ok(table)
}

/// What is computed with beside the engine's own.
fn offer(connection: &Connection) -> rusqlite::Result<()> {
    vtab::series::load_module(connection)?;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function(DIVISOR_FUNCTION, 1, flags, |context: &Context<'_>| {
        let value = context.get_raw(0);
        match value {
            ValueRef::Integer(0) | ValueRef::Real(0.0) => Err(Error::UserFunctionError(DIVISION_BY_ZERO.into())),
            value => Ok(Value::from(value)),
        }
    })
}
