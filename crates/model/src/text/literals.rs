//! The text of a query without the values in it: literals and comments, for those who may not see rows.
//!
//! Systems write literals in different ways, and a query does not say which system's it is. What could be read in two
//! ways is taken for a literal, up to the end of the text if need be: too much is hidden rather than too little.

/// What stands in place of a literal.
const HIDDEN: &str = "?";

/// The query with each literal hidden, and without comments.
pub fn hidden(query: &str) -> String {
    without_values(query, false)
}

/// The same of a query whose system is known to read what stands in double quotes as a name.
pub fn hidden_beside_names(query: &str) -> String {
    without_values(query, true)
}

fn without_values(query: &str, is_name_quoted: bool) -> String {
    let mut out = String::with_capacity(query.len());
    let mut rest = query;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '-' if rest.starts_with("--") => line(rest),
            '#' if !rest.starts_with("#>") && !rest.starts_with("#-") => line(rest),
            '/' if rest.starts_with("/*") => match comment(rest) {
                Some(length) => length,
                None => return ended(out),
            },
            '\'' | '"' => match quoted(rest, first) {
                Some(length) if first == '"' && is_name_quoted => copied(&mut out, &rest[..length]),
                Some(length) if !ends_in(&out, "q") => {
                    out.push_str(HIDDEN);
                    length
                }
                _ => return ended(out),
            },
            '`' => match rest[1..].find('`') {
                Some(end) if !rest[..=end].contains(['\'', '"']) => copied(&mut out, &rest[..end + 2]),
                _ => return ended(out),
            },
            '$' => match dollars(rest) {
                Dollars::Text(length) => {
                    out.push_str(HIDDEN);
                    length
                }
                Dollars::Parameter(length) => copied(&mut out, &rest[..length]),
                Dollars::Open => return ended(out),
            },
            '.' | '0'..='9' if starts_number(rest) => {
                out.push_str(HIDDEN);
                number(rest)
            }
            first if is_word(first) => copied(&mut out, &rest[..word(rest)]),
            first => copied(&mut out, &rest[..first.len_utf8()]),
        };
        rest = &rest[length..];
    }
    out
}

fn copied(out: &mut String, text: &str) -> usize {
    out.push_str(text);
    text.len()
}

fn ended(mut out: String) -> String {
    out.push_str(HIDDEN);
    out
}

/// Whether the last word is this one, which would give the quotation mark after it another meaning.
fn ends_in(out: &str, word: &str) -> bool {
    let last = out.rsplit(|c: char| !is_word(c)).next().unwrap_or_default();
    last.eq_ignore_ascii_case(word) || last.eq_ignore_ascii_case("nq")
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn word(text: &str) -> usize {
    text.find(|c: char| !is_word(c) && c != '$').unwrap_or(text.len())
}

fn line(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// `None` where it does not end, or where another begins in it, which only some systems let end on its own.
fn comment(text: &str) -> Option<usize> {
    let end = text[2..].find("*/")? + 4;
    (!text[2..end].contains("/*")).then_some(end)
}

/// `None` where it does not end, or where a backslash or a third mark lets systems disagree about its end.
fn quoted(text: &str, mark: char) -> Option<usize> {
    let inner = &text[1..];
    if inner.starts_with([mark, mark]) && inner[1..].starts_with(mark) {
        return None;
    }
    let mut at = 0;
    loop {
        at += inner[at..].find(mark)?;
        if inner[..at].ends_with('\\') {
            return None;
        }
        if !inner[at + 1..].starts_with(mark) {
            return Some(at + 2);
        }
        at += 2;
    }
}

enum Dollars {
    /// `$tag$…$tag$`
    Text(usize),
    /// `$1`, or a dollar that means nothing here.
    Parameter(usize),
    Open,
}

fn dollars(text: &str) -> Dollars {
    let tag = 1 + text[1..].find(|c: char| !is_word(c)).unwrap_or(text.len() - 1);
    if !text[tag..].starts_with('$') {
        return Dollars::Parameter(tag);
    }
    let tag = &text[..=tag];
    text[tag.len()..].find(tag).map_or(Dollars::Open, |end| Dollars::Text(end + 2 * tag.len()))
}

fn starts_number(text: &str) -> bool {
    text.strip_prefix('.').unwrap_or(text).starts_with(|c: char| c.is_ascii_digit())
}

/// With its sign of the exponent.
fn number(text: &str) -> usize {
    let mut before = ' ';
    let is_part = |c: char| {
        let exponent = matches!(c, '+' | '-') && matches!(before, 'e' | 'E');
        before = c;
        !(is_word(c) || c == '.' || exponent)
    };
    text.find(is_part).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{hidden, hidden_beside_names};

    #[test]
    fn values_are_hidden_and_names_are_not() {
        for (query, shown) in [
            ("SELECT a FROM t1 WHERE b = 'O''Hara' AND c>=1.5e-3", "SELECT a FROM t1 WHERE b = ? AND c>=?"),
            ("SELECT x FROM s.t WHERE id IN (1,20, .5)-- alice", "SELECT x FROM s.t WHERE id IN (?,?, ?)"),
            ("/* bob */SELECT $1, $$it's$$, $a$b$a$", "SELECT $1, ?, ?"),
            ("SELECT `a b` FROM t2 WHERE c = \"carol\"", "SELECT `a b` FROM t2 WHERE c = ?"),
            ("SELECT d->>'k', d#>>'{a}' FROM t", "SELECT d->>?, d#>>? FROM t"),
            ("SELECT 1 # don't\nFROM t", "SELECT ? \nFROM t"),
            ("SELECT E'a', x'ff', DATE '2020-01-01'", "SELECT E?, x?, DATE ?"),
        ] {
            assert_eq!(hidden(query), shown);
        }
    }

    #[test]
    fn names_in_double_quotes_stay_where_that_is_what_they_are() {
        let query = r#"SELECT "a b".c AS "it's" FROM t WHERE d = '"e"' -- f"#;
        assert_eq!(hidden_beside_names(query), r#"SELECT "a b".c AS "it's" FROM t WHERE d = ? "#);
        assert_eq!(hidden_beside_names("SELECT \"secret"), "SELECT ?");
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_hidden_to_the_end() {
        for query in [
            r"SELECT 'a\' OR secret = 'b'",
            "SELECT '''secret''', a",
            "SELECT q'[it's secret]' FROM t",
            "SELECT 'secret",
            "SELECT /* a /* b */ secret */ 1",
            "SELECT $x$ secret",
            "SELECT `secret",
        ] {
            assert!(!hidden(query).contains("secret"), "{query}");
        }
    }

    /// What looks ahead looks no further than it goes on, or to the end once: with the square of these it would not end.
    #[test]
    fn long_queries_are_gone_through_once() {
        const LENGTH: usize = 1_000_000;
        for part in [
            ".", "..1", "'a'", "''", "\"", "`a`", "`", "$", "$a", "$a$", "$$", "$1 ", "-", "--\n", "#", "#>", "/",
            "/*a*/", "/*", "1", "1e", "1.", "a", "q", "q'a'", "é", "\\", "nq\n",
        ] {
            let query = part.repeat(LENGTH / part.len());
            assert!(hidden(&query).len() <= LENGTH, "{part}");
        }
    }

    proptest! {
        #[test]
        fn no_quotation_is_left(query in "[a-c0-9'\"`$/*#\\\\ .,\n-]{0,40}") {
            let shown = hidden(&query);
            prop_assert!(!shown.contains(['\'', '"']), "{} -> {}", query, shown);
        }
    }
}
