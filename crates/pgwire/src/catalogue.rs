//! What clients ask of the system's catalogue: answered by SQLite in memory, from a picture of what this caller may see.
//!
//! The picture is made for one query and holds the relations that it names. Queries come as they are written for
//! PostgreSQL and run as `emporion_semantic::pg::catalogue` writes them anew: reading alone, of these relations and with
//! functions of a list.

mod constraints;
mod content;
mod fill;
mod functions;
#[rustfmt::skip]
mod relations;
mod types;

use std::collections::BTreeSet;
use std::sync::Arc;

use emporion_catalog::caller::Caller;
use emporion_semantic::pg::catalogue::{self, Written};
use emporion_semantic::pg::types::Type as Known;
use pgwire::api::Type;
use pgwire::error::PgWireError;
use rusqlite::Statement;
use serde_json::Value;

use self::content::Content;
use crate::arrays;
use crate::door::Door;
use crate::engine::{self, Engine};
use crate::failures::{self, NO_SUCH_TABLE};
use crate::session::Session;
use crate::values::{Bound, Table, array_of, given, told};

/// What is said before the reason why there is no answer.
const UNASKED: &str = "the catalogue cannot be asked this";

/// As the picture has arrays.
fn array(elements: &[Value]) -> Value {
    let quoted = elements.iter().map(|element| match element {
        Value::String(text) => arrays::quoted(text),
        other => other.to_string(),
    });
    format!("{{{}}}", quoted.collect::<Vec<_>>().join(",")).into()
}

/// The types of the parameters of a query that is not answered yet.
pub fn parameters(sql: &str, given: &[Option<Known>]) -> Result<Vec<Type>, PgWireError> {
    let Written { parameters, arrays, .. } = written(sql, given)?;
    let parameter = |(at, ty): (usize, Option<Known>)| {
        let ty = ty.map_or(Type::TEXT, exactly);
        if arrays.contains(&at) { array_of(&ty) } else { ty }
    };
    Ok(parameters.into_iter().enumerate().map(parameter).collect())
}

fn written(sql: &str, given: &[Option<Known>]) -> Result<Written, PgWireError> {
    catalogue::written(sql, fill::tables(), given).map_err(|refusal| failures::of_refusal(&refusal))
}

/// Answers it; without values for its parameters it is described alone.
pub async fn ask(
    door: &Door,
    session: &Session,
    caller: &Caller,
    sql: &str,
    bound: Option<&[Bound]>,
) -> Result<Table, PgWireError> {
    let written = written(sql, &given(bound.unwrap_or_default()))?;
    let value = |(at, one): (usize, &Bound)| {
        let known = written.parameters.get(at).copied().flatten();
        match written.arrays.contains(&at) && one.bytes.is_some() {
            true => one.elements(known).map(|elements| array(&elements)),
            false => one.value(known),
        }
    };
    let parameters = bound.map(|bound| bound.iter().enumerate().map(value).collect::<Result<Vec<Value>, _>>());
    let parameters = parameters.transpose()?;
    let content = Content::of(&door.calls.products, session, caller).await;
    let content = content.map_err(|failure| failures::of_failure(&failure))?;
    let content = Arc::new(content);
    engine::with(session, UNASKED, move |engine| {
        Picture { engine, content: content.clone() }.answer(&written, parameters.as_deref())
    })
    .await
}

struct Picture<'a> {
    engine: &'a Engine,
    content: Arc<Content>,
}

impl Picture<'_> {
    fn answer(&self, written: &Written, parameters: Option<&[Value]>) -> Result<Table, PgWireError> {
        let mut is_of_nothing = false;
        let broken = |error: rusqlite::Error| self.engine.broken(&error);
        let connection = &self.engine.connection;
        connection.execute_batch("PRAGMA case_sensitive_like = ON").map_err(broken)?;
        functions::offer(connection, &self.content).map_err(broken)?;
        // With its schema and without, a relation is one.
        for called in written.relations.iter().map(fill::called).collect::<BTreeSet<_>>() {
            let Some(relation) = fill::relation(&called) else {
                return Err(failures::error(NO_SUCH_TABLE, format!("relation \"{called}\" does not exist")));
            };
            is_of_nothing |= !fill::make(connection, &called, relation, &self.content).map_err(broken)?;
        }
        self.engine.close(written.is_recursive, catalogue::is_called).map_err(broken)?;
        let mut statement = match connection.prepare(&written.sql) {
            Ok(statement) => statement,
            // It asks, in words that SQLite does not have, for what there is none of.
            Err(error) if is_of_nothing && !engine::is_denied(&error) && !written.columns.is_empty() => {
                let column = |(name, ty): &(String, Option<Known>)| (name.clone(), ty.map_or(Type::TEXT, exactly));
                return Ok(Table { columns: written.columns.iter().map(column).collect(), ..Table::default() });
            }
            Err(error) => return Err(broken(error)),
        };
        let columns = columns(&statement, written);
        let rows = match parameters {
            Some(parameters) => self.engine.rows(&mut statement, parameters)?,
            None => Vec::new(),
        };
        Ok(Table { columns: typed(columns, &rows), rows, ..Table::default() })
    }
}

fn columns(statement: &Statement<'_>, written: &Written) -> Vec<(String, Option<Type>)> {
    let told = Some(&written.columns).filter(|told| told.len() == statement.column_count());
    let column = |(at, column): (usize, rusqlite::Column<'_>)| {
        let declared = column.decl_type().and_then(|declared| declared.split_once('_')).map(|(_, ty)| type_named(ty));
        let (name, said) = match told.map(|told| &told[at]) {
            Some((name, ty)) => (name.clone(), ty.map(exactly)),
            None => (column.name().to_owned(), None),
        };
        (name, declared.or(said))
    };
    statement.columns().into_iter().enumerate().map(column).collect()
}

/// The catalogue has whole numbers of the sizes that PostgreSQL has.
pub fn exactly(ty: Known) -> Type {
    match ty {
        Known::Int4 => Type::INT4,
        ty => told(ty),
    }
}

fn type_named(name: &str) -> Type {
    match name {
        "_int2" => Type::INT2_ARRAY,
        "_oid" => Type::OID_ARRAY,
        "_char" => Type::CHAR_ARRAY,
        "_text" | "_name" => Type::TEXT_ARRAY,
        "bool" => Type::BOOL,
        "oid" => Type::OID,
        "int2" => Type::INT2,
        "int4" | "xid" => Type::INT4,
        "int8" => Type::INT8,
        "float4" => Type::FLOAT4,
        "float8" => Type::FLOAT8,
        "name" => Type::NAME,
        "char" => Type::CHAR,
        _ => Type::TEXT,
    }
}

/// What nobody has told, the values tell.
fn typed(columns: Vec<(String, Option<Type>)>, rows: &[Vec<Value>]) -> Vec<(String, Type)> {
    let ty = |at: usize| {
        let mut values = rows.iter().filter_map(|row| row.get(at)).filter(|value| !value.is_null()).peekable();
        match values.peek().is_some() && values.all(Value::is_i64) {
            true => Type::INT8,
            false => Type::TEXT,
        }
    };
    let columns = columns.into_iter().enumerate();
    columns.map(|(at, (name, told))| (name, told.unwrap_or_else(|| ty(at)))).collect()
}
