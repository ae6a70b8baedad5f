//! Engines that a query has for itself, in memory: bounded in time and in size, and for reading alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use emporion_semantic::guard::DIVISION_BY_ZERO;
use pgwire::error::PgWireError;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, Statement};
use serde_json::Value;

use crate::engine_quota::QueryLength;
use crate::failures::{self, BUSY, BY_ZERO, CANCELLED, NO_SUCH_TABLE, NOT_ALLOWED, NOT_OFFERED, TOO_LARGE};
use crate::session::Session;

/// Nothing takes longer; what takes no longer than the other waits for nothing that does.
const TIME: Duration = Duration::from_secs(10);
const SHORT_TIME: Duration = Duration::from_millis(250);
/// For a turn to come.
const WAIT: Duration = Duration::from_secs(30);
/// Steps of SQLite's between two looks at the time.
const STEPS: i32 = 1_000;
const MOST_ROWS: usize = 200_000;
const MOST_COLUMNS: i32 = 200;
/// Of a text, of a pattern, and of all that is answered.
const MOST_TEXT: i32 = 1 << 16;
const MOST_PATTERN: i32 = 1_000;
const MOST_BYTES: usize = 32 << 20;

pub struct Engine {
    pub connection: Connection,
    /// What is said before the reason why there is no answer.
    unasked: &'static str,
}

/// Does a piece of work with an engine of its own, while somebody waits for it: for a short time first, among what is short,
/// and where it is not done then once more, for as long as it may take. Waiting for a turn is no part of its time.
///
/// Errors: those of the work; where it takes longer than this, or its turn does not come.
pub async fn with<T: Send + 'static>(
    session: &Session,
    unasked: &'static str,
    work: impl Fn(&Engine) -> Result<T, PgWireError> + Send + Sync + 'static,
) -> Result<T, PgWireError> {
    let (work, time, begun) = (Arc::new(work), session.timeout().min(TIME), Instant::now());
    for (length, time) in [(QueryLength::Short, time.min(SHORT_TIME)), (QueryLength::Long, time)] {
        let turn = tokio::time::timeout(WAIT.saturating_sub(begun.elapsed()), session.turns().take(length));
        let turn = turn.await.map_err(|_| {
            failures::hinted(
                BUSY,
                "too much is asked at the same time",
                "Let your other statements end, or cancel them.",
            )
        })?;
        let deadline = Instant::now() + time;
        // Dropped with the future: what runs then, ends.
        let stop = Stop::default();
        let (work, is_over) = (work.clone(), stop.0.clone());
        let working = tokio::task::spawn_blocking(move || {
            // Held until the work has ended, also where nobody waits for it any more.
            let _turn = turn;
            let opened = Connection::open_in_memory();
            let connection = opened.map_err(|_| failures::error("XX000", "there is no engine"))?;
            let engine = Engine { connection, unasked };
            engine.bound(is_over, deadline).map_err(|error| engine.broken(&error))?;
            work(&engine)
        });
        match tokio::time::timeout_at(deadline.into(), working).await {
            Ok(Err(_)) => return Err(failures::error("XX000", unasked)),
            Ok(Ok(done)) if done.is_ok() || Instant::now() < deadline => return done,
            // Out of time.
            Ok(Ok(_)) | Err(_) => {}
        }
    }
    Err(failures::error(CANCELLED, "there is no answer in time"))
}

#[derive(Default)]
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Engine {
    fn bound(&self, is_over: Arc<AtomicBool>, deadline: Instant) -> rusqlite::Result<()> {
        let ends = move || is_over.load(Ordering::Relaxed) || Instant::now() >= deadline;
        self.connection.progress_handler(STEPS, Some(ends))?;
        self.connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
        self.connection.set_limit(Limit::SQLITE_LIMIT_COLUMN, MOST_COLUMNS)?;
        self.connection.set_limit(Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, MOST_PATTERN).map(drop)
    }

    /// All is there that is asked about: from here on it is read, with these functions, and nothing else.
    pub fn close(&self, is_recursive: bool, is_called: fn(&str) -> bool) -> rusqlite::Result<()> {
        self.connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, MOST_TEXT)?;
        self.connection.pragma_update(None, "query_only", true)?;
        self.connection.authorizer(Some(move |context: AuthContext<'_>| match context.action {
            AuthAction::Select | AuthAction::Read { .. } => Authorization::Allow,
            AuthAction::Recursive if is_recursive => Authorization::Allow,
            AuthAction::Function { function_name } if is_called(function_name) => Authorization::Allow,
            _ => Authorization::Deny,
        }))
    }

    pub fn broken(&self, error: &rusqlite::Error) -> PgWireError {
        let message = error.to_string();
        if message.starts_with("relation \"") {
            return failures::error(NO_SUCH_TABLE, message);
        }
        if message == DIVISION_BY_ZERO {
            return failures::error(BY_ZERO, message);
        }
        tracing::debug!(error = message, "a query is not answered");
        let code = match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => CANCELLED,
            Some(ErrorCode::AuthorizationForStatementDenied) => NOT_ALLOWED,
            Some(ErrorCode::TooBig) => TOO_LARGE,
            _ => NOT_OFFERED,
        };
        failures::error(code, format!("{}: {message}", self.unasked))
    }

    /// Runs it with these values of its parameters.
    pub fn rows(&self, statement: &mut Statement<'_>, parameters: &[Value]) -> Result<Vec<Vec<Value>>, PgWireError> {
        let broken = |error: rusqlite::Error| self.broken(&error);
        for (at, value) in parameters.iter().enumerate() {
            let name = format!(":p{}", at + 1);
            let Some(place) = statement.parameter_index(&name).map_err(broken)? else { continue };
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
            bound.map_err(broken)?;
        }
        let count = statement.column_count();
        let (mut answered, mut bytes) = (Vec::new(), 0);
        let too_large = || failures::error(TOO_LARGE, "the answer is larger than is sent at once");
        let mut raw = statement.raw_query();
        while let Some(row) = raw.next().map_err(broken)? {
            let mut values = Vec::with_capacity(count);
            for at in 0..count {
                let value = match row.get_ref(at).map_err(broken)? {
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
}

pub fn is_denied(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::AuthorizationForStatementDenied)
}
