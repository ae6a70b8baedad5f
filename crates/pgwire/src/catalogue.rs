//! What clients ask of the system's catalogue: answered by SQLite in memory, from a picture of what this caller may see.
//!
//! The picture is made for one query and holds the relations that it names. Queries come as they are written for
//! PostgreSQL and run as `emporion_semantic::pg::catalogue` writes them anew: reading alone, of these relations and with
//! functions of a list.

mod content;
mod fill;
mod functions;
mod key_relations;
mod keys;
mod types;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use emporion_catalog::caller::Caller;
use emporion_semantic::pg::catalogue::{self, Written};
use emporion_semantic::pg::types::Type as Known;
use pgwire::api::Type;
use pgwire::error::PgWireError;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, Statement};
use serde_json::Value;

use self::content::Content;
use crate::arrays;
use crate::door::Door;
use crate::failures::{self, CANCELLED, NO_SUCH_TABLE, NOT_ALLOWED, NOT_OFFERED, TOO_LARGE};
use crate::session::Session;
use crate::values::{Bound, Table, array_of, given, told};

const TIME: Duration = Duration::from_secs(10);
/// Steps of SQLite's between two looks at the time.
const STEPS: i32 = 1_000;
const MOST_ROWS: usize = 200_000;
const MOST_COLUMNS: i32 = 200;
/// Of a text, of a pattern, and of all that is answered.
const MOST_TEXT: i32 = 1 << 16;
const MOST_PATTERN: i32 = 1_000;
const MOST_BYTES: usize = 32 << 20;

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
    // Dropped with the future: what runs then, ends.
    let stop = Stop::default();
    let (is_over, deadline) = (stop.0.clone(), Instant::now() + TIME);
    let answering = async {
        // Held until the work has ended, also where nobody waits for it any more.
        let turn = door.pictures.clone().acquire_owned().await;
        let work = move || {
            let _turn = turn;
            let connection = Connection::open_in_memory().map_err(|error| broken(&error))?;
            let content = Arc::new(content);
            Picture { connection, content, is_over, deadline }.answer(&written, parameters.as_deref())
        };
        tokio::task::spawn_blocking(work).await
    };
    match tokio::time::timeout(TIME, answering).await {
        Ok(Ok(answered)) => answered,
        Ok(Err(_)) => Err(failures::error("XX000", "the catalogue could not be asked")),
        Err(_) => Err(failures::error(CANCELLED, "the catalogue did not answer in time")),
    }
}

#[derive(Default)]
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Picture {
    connection: Connection,
    content: Arc<Content>,
    is_over: Arc<AtomicBool>,
    deadline: Instant,
}

impl Picture {
    fn answer(&self, written: &Written, parameters: Option<&[Value]>) -> Result<Table, PgWireError> {
        let mut is_of_nothing = false;
        let prepared = self.prepare();
        prepared.map_err(|error| broken(&error))?;
        // With its schema and without, a relation is one.
        for called in written.relations.iter().map(fill::called).collect::<BTreeSet<_>>() {
            let Some(relation) = fill::relation(&called) else {
                return Err(failures::error(NO_SUCH_TABLE, format!("relation \"{called}\" does not exist")));
            };
            let made = fill::make(&self.connection, &called, relation, &self.content);
            is_of_nothing |= !made.map_err(|error| broken(&error))?;
        }
        self.close(written.is_recursive).map_err(|error| broken(&error))?;
        let mut statement = match self.connection.prepare(&written.sql) {
            Ok(statement) => statement,
            // It asks, in words that SQLite does not have, for what there is none of.
            Err(error)
                if is_of_nothing
                    && !is_denied(&error)
                    && let Some(columns) = &written.columns =>
            {
                let column = |(name, ty): &(String, Option<Known>)| (name.clone(), ty.map_or(Type::TEXT, exactly));
                return Ok(Table { columns: columns.iter().map(column).collect(), ..Table::default() });
            }
            Err(error) => return Err(broken(&error)),
        };
        let columns = columns(&statement, written);
        let rows = match parameters {
            Some(parameters) => rows(&mut statement, parameters)?,
            None => Vec::new(),
        };
        Ok(Table { columns: typed(columns, &rows), rows, ..Table::default() })
    }

    fn prepare(&self) -> rusqlite::Result<()> {
        let (is_over, deadline) = (self.is_over.clone(), self.deadline);
        let ends = move || is_over.load(Ordering::Relaxed) || Instant::now() >= deadline;
        self.connection.progress_handler(STEPS, Some(ends))?;
        self.connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
        self.connection.set_limit(Limit::SQLITE_LIMIT_COLUMN, MOST_COLUMNS)?;
        self.connection.set_limit(Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, MOST_PATTERN)?;
        self.connection.execute_batch("PRAGMA case_sensitive_like = ON")?;
        functions::offer(&self.connection, &self.content)
    }

    /// The picture is whole: from here on it is read, and nothing else.
    fn close(&self, is_recursive: bool) -> rusqlite::Result<()> {
        self.connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, MOST_TEXT)?;
        self.connection.pragma_update(None, "query_only", true)?;
        self.connection.authorizer(Some(move |context: AuthContext<'_>| match context.action {
            AuthAction::Select | AuthAction::Read { .. } => Authorization::Allow,
            AuthAction::Recursive if is_recursive => Authorization::Allow,
            AuthAction::Function { function_name } if catalogue::is_called(function_name) => Authorization::Allow,
            _ => Authorization::Deny,
        }))
    }
}

fn is_denied(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::AuthorizationForStatementDenied)
}

fn broken(error: &rusqlite::Error) -> PgWireError {
    let message = error.to_string();
    if message.starts_with("relation \"") {
        return failures::error(NO_SUCH_TABLE, message);
    }
    tracing::debug!(error = message, "a query of the catalogue is not answered");
    let code = match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => CANCELLED,
        Some(ErrorCode::AuthorizationForStatementDenied) => NOT_ALLOWED,
        Some(ErrorCode::TooBig) => TOO_LARGE,
        _ => NOT_OFFERED,
    };
    failures::error(code, format!("the catalogue cannot be asked this: {message}"))
}

fn columns(statement: &Statement<'_>, written: &Written) -> Vec<(String, Option<Type>)> {
    let told = written.columns.as_ref().filter(|told| told.len() == statement.column_count());
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
fn exactly(ty: Known) -> Type {
    match ty {
        Known::Int4 => Type::INT4,
        Known::Texts => Type::TEXT_ARRAY,
        Known::Bools => Type::BOOL_ARRAY,
        Known::Wholes => Type::INT8_ARRAY,
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

fn rows(statement: &mut Statement<'_>, parameters: &[Value]) -> Result<Vec<Vec<Value>>, PgWireError> {
    for (at, value) in parameters.iter().enumerate() {
        let name = format!(":p{}", at + 1);
        let Some(place) = statement.parameter_index(&name).map_err(|error| broken(&error))? else { continue };
        let bound = match value {
            Value::Null => statement.raw_bind_parameter(place, rusqlite::types::Null),
            Value::Bool(flag) => statement.raw_bind_parameter(place, flag),
            Value::Number(number) => match number.as_i64() {
                Some(whole) => statement.raw_bind_parameter(place, whole),
                None => statement.raw_bind_parameter(place, number.as_f64()),
            },
            Value::String(text) => statement.raw_bind_parameter(place, text),
            other => statement.raw_bind_parameter(place, other.to_string()),
        };
        bound.map_err(|error| broken(&error))?;
    }
    let count = statement.column_count();
    let (mut answered, mut bytes) = (Vec::new(), 0);
    let too_large = || failures::error(TOO_LARGE, "the catalogue would answer more than is sent at once");
    let mut raw = statement.raw_query();
    while let Some(row) = raw.next().map_err(|error| broken(&error))? {
        let mut values = Vec::with_capacity(count);
        for at in 0..count {
            let value = match row.get_ref(at).map_err(|error| broken(&error))? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => number.into(),
                ValueRef::Real(number) => number.into(),
                ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text).into_owned().into(),
            };
            bytes += value.as_str().map_or(16, |text| text.len() + 32);
            if bytes > MOST_BYTES {
                return Err(too_large());
            }
            values.push(value);
        }
        answered.push(values);
        if answered.len() > MOST_ROWS {
            return Err(too_large());
        }
    }
    Ok(answered)
}
