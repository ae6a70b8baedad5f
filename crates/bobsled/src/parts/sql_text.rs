//! A first look at a query as text: one statement, that reads, with parameters that are known. Names, functions and
//! costs are for the guard that plans it.

use std::collections::BTreeSet;

/// A rule that a query breaks: (rule, sentence).
pub type Broken = (&'static str, &'static str);

/// What a text holds besides literals, comments and quoted names.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// In capitals.
    Word(String),
    Parameter(String),
    Symbol(char),
}

/// Statements that write, where one may stand.
const WRITES: &[&str] = &[
    "ALTER", "ANALYZE", "ATTACH", "CALL", "COPY", "CREATE", "DELETE", "DETACH", "DO", "DROP", "EXEC", "EXECUTE",
    "GRANT", "INSERT", "LOAD", "LOCK", "MERGE", "PRAGMA", "REINDEX", "REPLACE", "REVOKE", "SET", "TRUNCATE", "UPDATE",
    "VACUUM",
];

/// Every rule that the text breaks, each once.
pub fn broken(sql: &str) -> Vec<Broken> {
    let tokens = match tokens(sql) {
        Ok(tokens) => tokens,
        Err(rule) => return vec![rule],
    };
    let mut broken: Vec<Broken> = Vec::new();
    let mut say = |rule: Broken| {
        if !broken.contains(&rule) {
            broken.push(rule);
        }
    };
    let end = tokens.iter().rposition(|token| *token != Token::Symbol(';')).map_or(0, |last| last + 1);
    if end == 0 {
        return vec![("empty", "there is no statement")];
    }
    if tokens[..end].contains(&Token::Symbol(';')) {
        say(("single_statement", "must be exactly one statement"));
    }
    let first = tokens.iter().find(|token| **token != Token::Symbol('('));
    if !matches!(first, Some(Token::Word(word)) if word == "SELECT" || word == "WITH") {
        say(("select_only", "must begin with SELECT or WITH"));
    }
    let mut before: Option<&Token> = None;
    for token in &tokens[..end] {
        let Token::Word(word) = token else {
            before = Some(token);
            continue;
        };
        // A common table expression, a subquery and a second statement may hold a statement.
        let may_begin = matches!(before, Some(Token::Symbol('(' | ';')));
        if may_begin && WRITES.contains(&word.as_str()) {
            say(("read_only", "must not write"));
        }
        if word == "INTO" {
            say(("read_only", "must not write"));
        }
        if word == "UPDATE" && matches!(before, Some(Token::Word(before)) if before == "FOR") {
            say(("read_only", "must not write"));
        }
        before = Some(token);
    }
    broken
}

/// The names that stand as `:name`.
pub fn parameters(sql: &str) -> BTreeSet<String> {
    let names = tokens(sql).unwrap_or_default().into_iter().filter_map(|token| match token {
        Token::Parameter(name) => Some(name),
        Token::Word(_) | Token::Symbol(_) => None,
    });
    names.collect()
}

fn tokens(sql: &str) -> Result<Vec<Token>, Broken> {
    const OPEN: Broken = ("syntax", "a literal, a name or a comment is not closed");
    if sql.contains('\0') {
        return Err(("syntax", "must not hold a NUL"));
    }
    let mut tokens = Vec::new();
    let mut rest = sql;
    while let Some(letter) = rest.chars().next() {
        let after = &rest[letter.len_utf8()..];
        rest = match letter {
            '-' if after.starts_with('-') => after.find('\n').map_or("", |end| &after[end..]),
            '/' if after.starts_with("*!") || after.starts_with("*+") => {
                return Err(("executable_comment", "comments that the database would read are refused"));
            }
            '/' if after.starts_with('*') => after_comment(&after[1..]).ok_or(OPEN)?,
            '\'' | '"' | '`' => after_quoted(after, letter).ok_or(OPEN)?,
            '$' => match after_dollar_quoted(after) {
                Dollar::None => after,
                Dollar::Closed(rest) => rest,
                Dollar::Open => return Err(OPEN),
            },
            ':' if after.starts_with(':') => &after[1..],
            ':' if after.starts_with(is_word_start) => {
                let end = after.find(|c| !is_word(c)).unwrap_or(after.len());
                tokens.push(Token::Parameter(after[..end].to_owned()));
                &after[end..]
            }
            letter if is_word_start(letter) => {
                let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                tokens.push(Token::Word(rest[..end].to_uppercase()));
                &rest[end..]
            }
            letter => {
                if !letter.is_whitespace() {
                    tokens.push(Token::Symbol(letter));
                }
                after
            }
        };
    }
    Ok(tokens)
}

fn is_word_start(letter: char) -> bool {
    letter.is_alphabetic() || letter == '_'
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// What stands behind a comment, which may hold others.
fn after_comment(mut rest: &str) -> Option<&str> {
    let mut depth = 1;
    while depth > 0 {
        let (open, close) = (rest.find("/*"), rest.find("*/")?);
        match open.filter(|open| *open < close) {
            Some(open) => {
                depth += 1;
                rest = &rest[open + 2..];
            }
            None => {
                depth -= 1;
                rest = &rest[close + 2..];
            }
        }
    }
    Some(rest)
}

/// What stands behind a quoted text, in which the quote is doubled.
fn after_quoted(mut rest: &str, quote: char) -> Option<&str> {
    loop {
        rest = &rest[rest.find(quote)? + 1..];
        match rest.strip_prefix(quote) {
            Some(inner) => rest = inner,
            None => return Some(rest),
        }
    }
}

enum Dollar<'a> {
    /// It is no quote.
    None,
    Open,
    Closed(&'a str),
}

/// `$tag$ … $tag$`.
fn after_dollar_quoted(after: &str) -> Dollar<'_> {
    let Some(end) = after.find('$') else { return Dollar::None };
    let tag = &after[..end];
    if tag.starts_with(|c: char| c.is_ascii_digit()) || !tag.chars().all(is_word) {
        return Dollar::None;
    }
    let delimiter = format!("${tag}$");
    let inner = &after[end + 1..];
    match inner.find(&delimiter) {
        Some(close) => Dollar::Closed(&inner[close + delimiter.len()..]),
        None => Dollar::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(sql: &str) -> Vec<&'static str> {
        broken(sql).into_iter().map(|(rule, _)| rule).collect()
    }

    #[test]
    fn one_reading_statement_is_let_through() {
        for sql in [
            "SELECT 1",
            "select a; ",
            "(SELECT 1) UNION (SELECT 2)",
            "WITH t AS (SELECT 1) SELECT * FROM t",
            "SELECT 'x; DROP TABLE t', \"into\", $$;delete$$ FROM t -- ; drop",
            "SELECT a::text /* ; /* nested */ */ FROM t WHERE d >= :from",
            "SELECT update, deleted FROM t",
        ] {
            assert_eq!(rules(sql), [] as [&str; 0], "{sql}");
        }
    }

    #[test]
    fn what_writes_or_goes_on_is_refused_by_name() {
        for (sql, rule) in [
            ("", "empty"),
            (" ; ;", "empty"),
            ("SELECT 1; SELECT 2", "single_statement"),
            ("DROP TABLE t", "select_only"),
            ("EXPLAIN SELECT 1", "select_only"),
            ("WITH t AS (DELETE FROM o RETURNING *) SELECT * FROM t", "read_only"),
            ("SELECT * INTO o2 FROM o", "read_only"),
            ("SELECT * FROM o FOR UPDATE", "read_only"),
            ("SELECT /*!50000 1 */", "executable_comment"),
            ("SELECT 'open", "syntax"),
            ("SELECT 1 /* open", "syntax"),
            ("SELECT $q$ open", "syntax"),
        ] {
            assert_eq!(rules(sql).first(), Some(&rule), "{sql}");
        }
    }

    #[test]
    fn parameters_are_found_outside_literals_and_casts() {
        let found = parameters("SELECT ':no', a::date FROM t WHERE d >= :p_start AND d<:p_end AND x = :p_start");
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["p_end", "p_start"]);
    }
}
