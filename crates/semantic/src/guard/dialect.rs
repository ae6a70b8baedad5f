//! SQL dialects: what differs between them in parsing, folding of names, quoting.

use sqlparser::ast::Ident;
use sqlparser::dialect::{Dialect as ParserDialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect};

/// A dialect of SQL that a source speaks. MySQL's is also MariaDB's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    Sqlite,
    PostgreSql,
    MySql,
}

static SQLITE: SQLiteDialect = SQLiteDialect {};
static POSTGRESQL: PostgreSqlDialect = PostgreSqlDialect {};
static MYSQL: MySqlDialect = MySqlDialect {};

impl Dialect {
    /// The dialect of the system that any door's word means: `postgres`, `Postgres`, `MariaDB`…
    pub fn of_system(word: &str) -> Option<Dialect> {
        match word.to_ascii_lowercase().as_str() {
            "sqlite" | "sqlite3" => Some(Dialect::Sqlite),
            "postgres" | "postgresql" => Some(Dialect::PostgreSql),
            "mysql" | "mariadb" => Some(Dialect::MySql),
            _ => None,
        }
    }

    /// The name that answers and models use.
    pub const fn name(self) -> &'static str {
        match self {
            Dialect::Sqlite => "sqlite",
            Dialect::PostgreSql => "postgresql",
            Dialect::MySql => "mysql",
        }
    }

    /// A name as statements write it; `None` where it cannot be quoted.
    pub fn written(self, name: &str) -> Option<String> {
        self.quotable(name).then(|| self.quoted(name).to_string())
    }

    pub(crate) fn parser(self) -> &'static dyn ParserDialect {
        match self {
            Dialect::Sqlite => &SQLITE,
            Dialect::PostgreSql => &POSTGRESQL,
            Dialect::MySql => &MYSQL,
        }
    }

    pub(crate) const fn quote(self) -> char {
        match self {
            Dialect::Sqlite | Dialect::PostgreSql => '"',
            Dialect::MySql => '`',
        }
    }

    /// What ends the subquery of a row filter, so that the planner neither merges it nor moves conditions into it.
    ///
    /// A condition of the caller's that ran on rows which the filter has yet to remove would tell of them by its
    /// errors.
    pub(super) const fn fence(self) -> &'static str {
        match self {
            Dialect::PostgreSql => " OFFSET 0",
            // As many rows as there can be.
            Dialect::MySql => " LIMIT 18446744073709551615",
            Dialect::Sqlite => " LIMIT 9223372036854775807",
        }
    }

    /// Two spellings mean the same name exactly if their keys are equal.
    ///
    /// PostgreSQL folds what is not quoted, and only ASCII; the others compare names without regard to ASCII case.
    pub(crate) fn key(self, ident: &Ident) -> String {
        match self {
            Dialect::PostgreSql if ident.quote_style.is_some() => ident.value.clone(),
            _ => ident.value.to_ascii_lowercase(),
        }
    }

    /// The key of a name as the source stores it.
    pub fn stored_key(self, name: &str) -> String {
        match self {
            Dialect::PostgreSql => name.to_owned(),
            Dialect::Sqlite | Dialect::MySql => name.to_ascii_lowercase(),
        }
    }

    /// A string literal that ends where it should whatever it holds; `None` where the dialect cannot say it.
    ///
    /// PostgreSQL sessions run with `standard_conforming_strings`, so a backslash is a character like any other there
    /// and in SQLite; MySQL sessions run without `NO_BACKSLASH_ESCAPES`.
    pub(crate) fn text(self, value: &str) -> Option<String> {
        if value.contains('\0') {
            return None;
        }
        let mut literal = String::with_capacity(value.len() + 2);
        literal.push('\'');
        for c in value.chars() {
            if c == '\'' || (c == '\\' && self == Dialect::MySql) {
                literal.push(c);
            }
            literal.push(c);
        }
        literal.push('\'');
        Some(literal)
    }

    /// Whether a name can be printed between quotes without any escaping.
    pub(crate) fn quotable(self, name: &str) -> bool {
        !name.is_empty() && name.len() <= 256 && !name.chars().any(|c| c == self.quote() || c == '\\' || c.is_control())
    }

    /// A quoted name for text built here; `quotable` was asked before.
    pub(super) fn quoted(self, name: &str) -> Ident {
        Ident::with_quote(self.quote(), name)
    }

    /// Names of schemas and tables that describe the system.
    pub(super) fn is_system(self, schema: Option<&str>, table: &str) -> bool {
        let table = table.to_ascii_lowercase();
        let schema = schema.map(str::to_ascii_lowercase);
        let schema = schema.as_deref();
        match self {
            Dialect::Sqlite => table.starts_with("sqlite_") || table.starts_with("pragma_") || table == "dbstat",
            Dialect::PostgreSql => {
                matches!(schema, Some("information_schema"))
                    || schema.is_some_and(|s| s.starts_with("pg_"))
                    || table.starts_with("pg_")
            }
            Dialect::MySql => matches!(schema, Some("information_schema" | "mysql" | "performance_schema" | "sys")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_known_by_whatever_doors_call_them() {
        for (word, dialect) in [
            ("SQLite", Some(Dialect::Sqlite)),
            ("sqlite3", Some(Dialect::Sqlite)),
            ("Postgres", Some(Dialect::PostgreSql)),
            ("postgresql", Some(Dialect::PostgreSql)),
            ("MySQL", Some(Dialect::MySql)),
            ("MariaDB", Some(Dialect::MySql)),
            ("Snowflake", None),
            ("", None),
        ] {
            assert_eq!(Dialect::of_system(word), dialect, "{word}");
        }
    }
}
