//! What a connection is given beside the engine's own functions: regular expressions, series of numbers, hashes for masked
//! columns, and divisors.

use std::borrow::Cow;
use std::fmt::Write as _;

use emporion_semantic::guard::{DIVISION_BY_ZERO, DIVISOR_FUNCTION, HASH_DIGITS, HASH_FUNCTION};
use regex::{Regex, RegexBuilder};
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};
use rusqlite::vtab::series;
use rusqlite::{Connection, Error};
use sha2::{Digest, Sha256};

/// The most memory that one expression may take. Time needs no bound: it grows with the text alone.
const MAX_BYTES: usize = 1 << 20;

pub fn add(db: &Connection) -> Result<(), Error> {
    series::load_module(db)?;
    // `x REGEXP y` calls it with `y` first.
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    db.create_scalar_function("regexp", 2, flags, regexp)?;
    db.create_scalar_function(DIVISOR_FUNCTION, 1, flags, divisor)?;
    db.create_scalar_function(HASH_FUNCTION, 2, flags, hash)
}

/// As the other systems are asked for it: a hash of the key and of a hash of the key and the value, in digits.
fn hash(context: &Context<'_>) -> Result<Option<String>, Error> {
    let (Some(key), Some(value)) = (text(context.get_raw(0)), text(context.get_raw(1))) else { return Ok(None) };
    let hashed = |of: &str| {
        let digest = Sha256::new().chain_update(key.as_bytes()).chain_update(of.as_bytes()).finalize();
        digest.iter().fold(String::new(), |mut digits, byte| {
            let _ = write!(digits, "{byte:02x}");
            digits
        })
    };
    let mut shown = hashed(&hashed(&value));
    shown.truncate(HASH_DIGITS);
    Ok(Some(shown))
}

/// The number as it is; nothing is divided by 0.
fn divisor(context: &Context<'_>) -> Result<Value, Error> {
    let value = context.get_raw(0);
    let is_zero = match value {
        ValueRef::Integer(number) => number == 0,
        ValueRef::Real(number) => number == 0.0,
        _ => false,
    };
    match is_zero {
        true => Err(Error::UserFunctionError(DIVISION_BY_ZERO.into())),
        false => Ok(value.into()),
    }
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
    fn a_value_is_hashed_as_postgresql_does() {
        let db = Connection::open_in_memory().unwrap();
        add(&db).unwrap();
        let one = |sql: &str| db.query_row(sql, [], |row| row.get::<_, Option<String>>(0)).unwrap();
        // SELECT LEFT(ENCODE(SHA256(CONVERT_TO('k' || ENCODE(SHA256(CONVERT_TO('k' || 'Ann', 'UTF8')), 'hex'), 'UTF8')), 'hex'), 32)
        assert_eq!(one("SELECT emporion_hash('k', 'Ann')").as_deref(), Some("50acdef8760921c2ba4ae1f925b6d36b"));
        assert_eq!(one("SELECT emporion_hash('k', 12)"), one("SELECT emporion_hash('k', '12')"));
        assert_ne!(one("SELECT emporion_hash('l', 'Ann')"), one("SELECT emporion_hash('k', 'Ann')"));
        assert_eq!(one("SELECT emporion_hash('k', NULL)"), None);
    }

    #[test]
    fn nothing_is_divided_by_zero() {
        let db = Connection::open_in_memory().unwrap();
        add(&db).unwrap();
        let one = |sql: &str| db.query_row(sql, [], |row| row.get::<_, Option<f64>>(0));
        assert_eq!(one("SELECT 3 / emporion_divisor(2)").unwrap(), Some(1.0));
        assert_eq!(one("SELECT 3 / emporion_divisor(NULL)").unwrap(), None);
        for zero in ["0", "0.0", "1 - 1"] {
            let refused = one(&format!("SELECT 3 / emporion_divisor({zero})")).unwrap_err();
            assert!(refused.to_string().contains(DIVISION_BY_ZERO), "{refused}");
        }
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
