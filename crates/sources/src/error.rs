//! What went wrong with a source, in words that carry no secret and no data.

use std::fmt;

use emporion_semantic::guard::DIVISION_BY_ZERO;

/// The classes that callers tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The configuration is incomplete or contradictory.
    Configuration,
    /// The rules of this installation forbid it: a host, a directory.
    Forbidden,
    /// Nobody answers at that place, or what answers is another system.
    Unreachable,
    /// The source does not accept the credentials, or the account may not do that.
    Unauthorised,
    /// It took longer than allowed.
    Timeout,
    /// The statement does not fit the source: unknown tables, columns, types.
    Syntax,
    /// The statement asks for a value that there is not: a division by zero, a text that is no number.
    Value,
    /// The answer is larger than allowed.
    Limit,
    /// The source failed while it worked.
    Failed,
}

impl ErrorKind {
    pub const fn code(self) -> &'static str {
        match self {
            ErrorKind::Configuration => "CONFIGURATION",
            ErrorKind::Forbidden => "FORBIDDEN",
            ErrorKind::Unreachable => "UNREACHABLE",
            ErrorKind::Unauthorised => "UNAUTHORISED",
            ErrorKind::Timeout => "TIMEOUT",
            ErrorKind::Syntax => "SYNTAX",
            ErrorKind::Value => "VALUE",
            ErrorKind::Limit => "LIMIT",
            ErrorKind::Failed => "FAILED",
        }
    }
}

/// So much is repeated of a server's own words.
const MOST_QUOTED: usize = 300;
/// So many hexadecimal digits on end are taken for a part of a key. Fewer tell nothing of one.
const FEWEST_OF_KEY: usize = 12;
/// A shorter password is a word that servers use.
const FEWEST_OF_PASSWORD: usize = 6;

/// Why a source did not answer.
///
/// The message may be shown to whoever asked. Texts of servers are repeated only where they speak of the statement
/// (never of values in rows, nor of who connects), cut, and searched for the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceError {
    pub kind: ErrorKind,
    pub message: String,
}

impl SourceError {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> SourceError {
        SourceError { kind, message: message.into() }
    }

    pub fn timeout() -> SourceError {
        SourceError::new(ErrorKind::Timeout, "the source did not answer in time")
    }

    /// Servers' own words would repeat the value.
    pub(crate) fn value() -> SourceError {
        SourceError::new(ErrorKind::Value, "a value could not be computed or converted")
    }

    /// The one of these that can be told: it repeats no value but 0.
    pub(crate) fn division_by_zero() -> SourceError {
        SourceError::new(ErrorKind::Value, DIVISION_BY_ZERO)
    }

    /// A server's own words about the statement.
    pub(crate) fn quoting(kind: ErrorKind, text: &str) -> SourceError {
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST_QUOTED).collect();
        let message = without_keys(&text);
        SourceError { kind, message }
    }

    /// Takes the password out that a server repeats, but not what stands in the statement as well, nor a short one: whoever
    /// writes statements has what he likes repeated, and would be told by what is missing which of his guesses is right.
    pub(crate) fn without(mut self, password: &str, statement: &str) -> SourceError {
        if password.len() >= FEWEST_OF_PASSWORD && !statement.contains(password) {
            self.message = self.message.replace(password, "***");
        }
        self
    }
}

/// Takes out what may be a part of the key of a mask, which stands in statements in hexadecimal digits.
fn without_keys(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_hexdigit()) {
        let (before, run) = rest.split_at(at);
        let end = run.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(run.len());
        clean.push_str(before);
        clean.push_str(if end < FEWEST_OF_KEY { &run[..end] } else { "***" });
        rest = &run[end..];
    }
    clean.push_str(rest);
    clean
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SourceError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_repeated_and_no_gap_tells_of_one() {
        let told = |password, statement| {
            let error = SourceError::quoting(ErrorKind::Syntax, "no column tulip99 for tulip99");
            error.without(password, statement).message
        };
        assert_eq!(told("tulip99", "SELECT 1"), "no column *** for ***");
        for (password, statement) in [("tulip99", "SELECT tulip99"), ("u", "SELECT 1"), ("", "SELECT 1")] {
            assert_eq!(told(password, statement), "no column tulip99 for tulip99", "{password}");
        }
    }

    #[test]
    fn no_part_of_a_key_is_repeated() {
        let key = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        for part in [key, &key[..20], &key[44..]] {
            let told = SourceError::quoting(ErrorKind::Syntax, &format!("wrong near 'CONCAT('{part}', x)' at line 1"));
            assert_eq!(told.message, "wrong near 'CONCAT('***', x)' at line 1");
        }
        let named = "Unknown column 'facade' in 'added_by_2024'";
        assert_eq!(SourceError::quoting(ErrorKind::Syntax, named).message, named);
    }
}
