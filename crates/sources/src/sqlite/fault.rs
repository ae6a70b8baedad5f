//! What the engine's errors mean.

use emporion_semantic::guard::DIVISION_BY_ZERO;
use rusqlite::{Connection, Error, ErrorCode, Statement, ffi};

use crate::error::{ErrorKind, SourceError};

/// Beginnings of the engine's texts that go on with names of tables, columns and functions, or with numbers of them:
/// never with values, which may be another's row filter.
const NAMING: &[&str] = &[
    "no such ",
    "no tables specified",
    "ambiguous column name: ",
    "cannot join using column ",
    "a NATURAL join ",
    "a JOIN clause ",
    "misuse of ",
    "unsafe use of ",
    "wrong number of arguments to ",
    "too many ",
    "table ",
    "circular reference: ",
    "aggregate functions are not allowed ",
    "sub-select returns ",
    "row value misused",
    "SELECTs to the left and right of ",
    "all VALUES must have ",
    "ORDER BY ",
    "LIMIT ",
    "HAVING clause ",
    "DISTINCT ",
    "FILTER ",
];

/// Prepares a statement. What is wrong with one is an `SqlInputError`, wherever in it that is.
pub fn prepare<'c>(db: &'c Connection, sql: &str) -> Result<Statement<'c>, Error> {
    db.prepare(sql).map_err(|error| match error {
        // Without a place in the text, the library takes it for a failure of another kind.
        Error::SqliteFailure(error, text) if error.extended_code & 0xff == ffi::SQLITE_ERROR => {
            Error::SqlInputError { error, msg: text.unwrap_or_default(), sql: sql.to_owned(), offset: -1 }
        }
        error => error,
    })
}

impl From<Error> for SourceError {
    fn from(error: Error) -> SourceError {
        classified(&error)
    }
}

fn classified(error: &Error) -> SourceError {
    match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => SourceError::timeout(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            SourceError::new(ErrorKind::Timeout, "the file is in use")
        }
        Some(ErrorCode::NotADatabase | ErrorCode::CannotOpen) => {
            SourceError::new(ErrorKind::Unreachable, "the file is no SQLite database that can be read")
        }
        Some(ErrorCode::DatabaseCorrupt) => SourceError::new(ErrorKind::Failed, "the file is damaged"),
        Some(ErrorCode::AuthorizationForStatementDenied | ErrorCode::ReadOnly) => {
            SourceError::new(ErrorKind::Forbidden, "sources are only read")
        }
        Some(ErrorCode::TooBig | ErrorCode::OutOfMemory) => {
            SourceError::new(ErrorKind::Limit, "a value of the answer is too large")
        }
        _ => match error {
            Error::SqlInputError { msg, .. } if is_naming(msg) => SourceError::quoting(ErrorKind::Syntax, msg),
            Error::SqlInputError { .. } => SourceError::new(ErrorKind::Syntax, "SQLite finds the statement wrong"),
            Error::SqliteFailure(code, Some(text))
                if code.extended_code == ffi::SQLITE_ERROR && text.starts_with("no such") =>
            {
                SourceError::quoting(ErrorKind::Syntax, text)
            }
            Error::SqliteFailure(_, Some(text)) if text == DIVISION_BY_ZERO => SourceError::division_by_zero(),
            // A function that does not take a value, or a sum that is too large, says so under this code.
            Error::SqliteFailure(code, _) if code.extended_code == ffi::SQLITE_ERROR => SourceError::value(),
            _ => SourceError::new(ErrorKind::Failed, "the statement failed while it ran"),
        },
    }
}

fn is_naming(text: &str) -> bool {
    let near = text.strip_prefix("near \"");
    // A word, where a value would be a number or a text in quotes; or the place of a term, as in "1st ORDER BY term".
    near.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()))
        || text
            .split_once(' ')
            .is_some_and(|(_, rest)| rest.starts_with("ORDER BY term") || rest.starts_with("GROUP BY term"))
        || NAMING.iter().any(|start| text.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(sql: &str) -> SourceError {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch("CREATE TABLE a (id, n); CREATE TABLE b (other, n)").unwrap();
        let error = prepare(&db, sql).map(|_| ()).expect_err(sql);
        classified(&error)
    }

    #[test]
    fn what_is_wrong_with_a_statement_is_said_by_its_names() {
        for (sql, told) in [
            ("SELECT a.* FROM a LEFT JOIN b USING (id)", "id"),
            ("SELECT nowhere FROM a", "nowhere"),
            ("SELECT n FROM a, b", "n"),
            ("SELECT lower(id, n) FROM a", "lower"),
            ("SELECT id FROM a UNION SELECT * FROM b", "UNION"),
            ("SELECT id FROM a ORDER BY 7", "ORDER BY"),
            ("SELECT id FROM a WHERE SUM(n) > 1", "SUM"),
            ("SELECT (SELECT id, n FROM a)", "2 columns"),
            ("SELECT id FROM LATERAL a", "a"),
        ] {
            let error = refused(sql);
            assert_eq!(error.kind, ErrorKind::Syntax, "{sql}");
            assert!(error.message.contains(told), "{sql}: {}", error.message);
        }
    }

    #[test]
    fn values_of_a_statement_are_not_repeated() {
        for sql in [
            "SELECT id FROM a WHERE id = 0x12345678901234567890",
            "SELECT id FROM a 'secret' 1234567890",
            "SELECT id FROM a WHERE id = 'secret 1234567890",
            "SELECT id FROM a 1234567890",
            "SELECT likelihood(id, 1234567890) FROM a",
        ] {
            let error = refused(sql);
            assert_eq!(error.kind, ErrorKind::Syntax, "{sql}");
            assert!(!error.message.contains("1234567890"), "{sql}: {}", error.message);
        }
    }
}
