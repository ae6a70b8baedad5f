//! Masked columns: what a source answers in place of a column's values, in each dialect.
//!
//! It stands where the table is read, before anything that a caller says of it: conditions, joins, groups and orders see
//! what is shown, and there is nothing that asks for what is not.

use std::fmt;

use super::dialect::Dialect;

/// The key of a hash: whoever does not know it cannot try values.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct HashKey(String);

impl HashKey {
    /// In hexadecimal digits.
    pub fn of(bytes: &[u8]) -> HashKey {
        HashKey(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashKey(***)")
    }
}

/// What is shown of a column.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Mask {
    /// Of a day or a time the first day of its year, of a text that begins with one such a day as text.
    Year(Time),
    /// At most three letters, and never more than a third of the text.
    FirstLetters,
    /// A text of hexadecimal digits, the same for the same value.
    Hashed(HashKey),
    /// No value at all.
    Hidden,
}

/// What a mask leaves of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaskKind {
    Year,
    FirstLetters,
    Hashed,
    Hidden,
}

impl MaskKind {
    pub fn words(self) -> &'static str {
        match self {
            MaskKind::Year => "year only",
            MaskKind::FirstLetters => "first letters only",
            MaskKind::Hashed => "hashed",
            MaskKind::Hidden => "hidden",
        }
    }
}

/// How a source holds a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Time {
    Day,
    Moment,
    Text,
}

/// The function of the embedded engine that hashes: a key and a value.
pub const HASH_FUNCTION: &str = "emporion_hash";
/// How many digits of a hash are shown.
pub const HASH_DIGITS: usize = 32;

impl Mask {
    /// What it leaves of a value, whatever it is made with.
    pub fn kind(&self) -> MaskKind {
        match self {
            Mask::Year(_) => MaskKind::Year,
            Mask::FirstLetters => MaskKind::FirstLetters,
            Mask::Hashed(_) => MaskKind::Hashed,
            Mask::Hidden => MaskKind::Hidden,
        }
    }

    /// The expression that a column is read as; `column` is quoted.
    pub(super) fn expression(&self, column: &str, dialect: Dialect) -> String {
        match self {
            // Of the type that the column has.
            Mask::Hidden => format!("CASE WHEN FALSE THEN {column} END"),
            Mask::FirstLetters => first_letters(column, dialect),
            Mask::Hashed(HashKey(key)) => hashed(column, key, dialect),
            Mask::Year(time) => year(column, *time, dialect),
        }
    }
}

fn text(column: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::MySql => format!("CAST({column} AS CHAR)"),
        Dialect::PostgreSql | Dialect::Sqlite => format!("CAST({column} AS TEXT)"),
    }
}

fn first_letters(column: &str, dialect: Dialect) -> String {
    let text = text(column, dialect);
    match dialect {
        Dialect::PostgreSql => format!("LEFT({text}, LEAST(3, LENGTH({text}) / 3)) || '***'"),
        Dialect::MySql => format!("CONCAT(LEFT({text}, LEAST(3, FLOOR(CHAR_LENGTH({text}) / 3))), '***')"),
        Dialect::Sqlite => format!("SUBSTR({text}, 1, MIN(3, LENGTH({text}) / 3)) || '***'"),
    }
}

/// A hash of the key and of a hash of the key and the value: nobody goes on from an inner hash that he does not see.
fn hashed(column: &str, key: &str, dialect: Dialect) -> String {
    let text = text(column, dialect);
    match dialect {
        Dialect::PostgreSql => {
            let hash = |of: String| format!("ENCODE(SHA256(CONVERT_TO('{key}' || {of}, 'UTF8')), 'hex')");
            format!("LEFT({}, {HASH_DIGITS})", hash(hash(text)))
        }
        Dialect::MySql => {
            let hash = |of: String| format!("SHA2(CONCAT('{key}', {of}), 256)");
            let text = format!("CONVERT({text} USING utf8mb4)");
            format!("LEFT({}, {HASH_DIGITS})", hash(hash(text)))
        }
        Dialect::Sqlite => format!("{HASH_FUNCTION}('{key}', {column})"),
    }
}

fn year(column: &str, time: Time, dialect: Dialect) -> String {
    match (dialect, time) {
        (Dialect::PostgreSql, Time::Day) => format!("CAST(DATE_TRUNC('year', {column}) AS DATE)"),
        (Dialect::PostgreSql, Time::Moment) => format!("DATE_TRUNC('year', {column})"),
        (Dialect::MySql, Time::Day) => format!("MAKEDATE(YEAR({column}), 1)"),
        (Dialect::MySql, Time::Moment) => format!("CAST(MAKEDATE(YEAR({column}), 1) AS DATETIME)"),
        (Dialect::PostgreSql, Time::Text) => {
            let text = text(column, dialect);
            format!("CASE WHEN {text} ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}' THEN LEFT({text}, 4) || '-01-01' END")
        }
        (Dialect::MySql, Time::Text) => {
            let text = text(column, dialect);
            format!(
                "CASE WHEN {text} REGEXP '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}' THEN CONCAT(LEFT({text}, 4), '-01-01') END"
            )
        }
        // Its times are texts; a number that may be one is not shown.
        (Dialect::Sqlite, _) => format!(
            "CASE WHEN TYPEOF({column}) = 'text' AND {column} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*' \
             THEN SUBSTR({column}, 1, 4) || '-01-01' END"
        ),
    }
}
