//! What a connection is given beside the engine's own functions: regular expressions, and series of numbers.

use std::borrow::Cow;

use regex::{Regex, RegexBuilder};
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::vtab::series;
use rusqlite::{Connection, Error};

/// The most memory that one expression may take. Time needs no bound: it grows with the text alone.
const MAX_BYTES: usize = 1 << 20;

pub fn add(db: &Connection) -> Result<(), Error> {
    series::load_module(db)?;
    // `x REGEXP y` calls it with `y` first.
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    db.create_scalar_function("regexp", 2, flags, regexp)
}

fn regexp(context: &Context<'_>) -> Result<Option<bool>, Error> {
    let (Some(pattern), Some(text)) = (text(context.get_raw(0)), text(context.get_raw(1))) else { return Ok(None) };
    // Kept with the statement where the expression is a literal.
    let regex = context.get_or_create_aux(0, |_| -> Result<Regex, regex::Error> {
        RegexBuilder::new(&pattern).size_limit(MAX_BYTES).build()
    })?;
    Ok(Some(regex.is_match(&text)))
}

/// As the engine writes a value where text is wanted.
fn text(value: ValueRef<'_>) -> Option<Cow<'_, str>> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string().into()),
        ValueRef::Real(number) => Some(format!("{number:?}").into()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_matches_anywhere_in_the_text() {
        let db = Connection::open_in_memory().unwrap();
        add(&db).unwrap();
        let one = |sql: &str| db.query_row(sql, [], |row| row.get::<_, Option<bool>>(0));
        assert_eq!(one("SELECT 'Customer 12' REGEXP '[0-9]+$'").unwrap(), Some(true));
        assert_eq!(one("SELECT 'customer' REGEXP '^C'").unwrap(), Some(false));
        assert_eq!(one("SELECT 12.0 REGEXP '^12\\.0$'").unwrap(), Some(true));
        assert_eq!(one("SELECT NULL REGEXP 'a'").unwrap(), None);
        assert_eq!(one("SELECT 'a' REGEXP NULL").unwrap(), None);
        one("SELECT 'a' REGEXP '('").unwrap_err();
        one("SELECT 'a' REGEXP 'x{1000}{1000}'").unwrap_err();
        // Each row its own expression.
        let sql = "SELECT SUM(column1 REGEXP column2) FROM (VALUES ('a', 'a'), ('b', 'a'), ('b', 'b'))";
        assert_eq!(db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap(), 2);
    }

    #[test]
    fn no_expression_takes_long() {
        let db = Connection::open_in_memory().unwrap();
        add(&db).unwrap();
        let began = std::time::Instant::now();
        let text = "a".repeat(10_000);
        db.query_row("SELECT ? REGEXP '(a+)+(a|aa)*$b'", [text], |row| row.get::<_, bool>(0)).unwrap();
        assert!(began.elapsed() < std::time::Duration::from_secs(1));
    }
}
