//! What a client says: a query, or one of the few other statements that clients send by themselves.

use std::iter::Peekable;
use std::str::CharIndices;

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer, Whitespace};

use super::copy::{self, Copy};
use crate::guard::{Refusal, Rule};

/// Longer texts are not looked at.
const MAX_BYTES: usize = 200_000;
const MAX_STATEMENTS: usize = 100;

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    Query(String),
    Begin,
    Commit,
    Rollback,
    /// `None`: as it was in the beginning.
    Set {
        name: String,
        value: Option<String>,
    },
    Show(String),
    Copy(Copy),
    /// A query whose rows are fetched in portions.
    Declare {
        cursor: String,
        query: String,
        /// Beyond its transaction.
        is_held: bool,
    },
    Fetch(Fetch),
    /// A cursor; `None`: all of them.
    Close(Option<String>),
    /// Something that changes nothing here; what it is answered with.
    Idle(&'static str),
    /// Something that would write.
    Write(String),
    /// Something that reads and is not offered.
    Unknown(String),
}

/// Rows of a cursor that are wanted, or passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    pub cursor: String,
    pub step: Step,
    /// MOVE, which answers none.
    pub is_move: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// So many of the next ones; `None`: all that are left.
    Next(Option<u64>),
    /// The one at this place, counted from 1; 0 stands before the first one.
    At(u64),
    /// The one that is so many further.
    Ahead(u64),
    /// The one that was read last.
    Again,
}

/// The statements of a text.
///
/// Errors: what keeps it from being taken apart.
pub fn statements(sql: &str) -> Result<Vec<Said>, Refusal> {
    if sql.len() > MAX_BYTES {
        return Err(Refusal::new(Rule::TooLong, format!("a text may have {MAX_BYTES} bytes")));
    }
    let mut tokens = Tokenizer::new(&PostgreSqlDialect {}, sql)
        .tokenize_with_location()
        .map_err(|error| Refusal::new(Rule::Syntax, error.to_string()))?;
    tokens.retain(|token| !is_blank(&token.token));
    let parts = tokens.split(|token| token.token == Token::SemiColon).filter(|part| !part.is_empty());
    if parts.clone().count() > MAX_STATEMENTS {
        return Err(Refusal::new(Rule::TooLong, format!("a text may have {MAX_STATEMENTS} statements")));
    }
    let mut places = Places::of(sql);
    parts.map(|part| said(&mut places, part)).collect()
}

/// How many parameters a query has: as many as the highest number says.
pub fn parameters(sql: &str) -> usize {
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize().unwrap_or_default();
    let number = |token: &Token| match token {
        Token::Placeholder(name) => name.strip_prefix('$')?.parse::<u16>().ok(),
        _ => None,
    };
    tokens.iter().filter_map(number).max().unwrap_or(0).into()
}

fn is_blank(token: &Token) -> bool {
    matches!(
        token,
        Token::EOF
            | Token::Whitespace(
                Whitespace::Space
                    | Whitespace::Newline
                    | Whitespace::Tab
                    | Whitespace::SingleLineComment { .. }
                    | Whitespace::MultiLineComment(_)
            )
    )
}

fn said(places: &mut Places<'_>, tokens: &[TokenWithSpan]) -> Result<Said, Refusal> {
    let word = |at: usize| match tokens.get(at).map(|token| &token.token) {
        Some(Token::Word(word)) => word.value.to_ascii_uppercase(),
        _ => String::new(),
    };
    let first = word(0);
    let second = word(1);
    Ok(match first.as_str() {
        "SELECT" | "WITH" | "TABLE" => Said::Query(places.text(tokens)),
        // What the guard reads is a SELECT.
        "VALUES" => Said::Query(format!("SELECT * FROM ({}) AS \"values\"", places.text(tokens))),
        "" if matches!(tokens[0].token, Token::LParen) => Said::Query(places.text(tokens)),
        "BEGIN" => Said::Begin,
        "START" if second == "TRANSACTION" => Said::Begin,
        "COMMIT" | "END" => Said::Commit,
        "ROLLBACK"
            if tokens
                .iter()
                .any(|token| matches!(&token.token, Token::Word(word) if word.value.eq_ignore_ascii_case("to"))) =>
        {
            Said::Idle("ROLLBACK")
        }
        "ROLLBACK" | "ABORT" => Said::Rollback,
        "SAVEPOINT" => Said::Idle("SAVEPOINT"),
        "RELEASE" => Said::Idle("RELEASE"),
        "DISCARD" => Said::Idle("DISCARD ALL"),
        "DEALLOCATE" => Said::Idle("DEALLOCATE"),
        "UNLISTEN" => Said::Idle("UNLISTEN"),
        "CLOSE" if second == "ALL" => Said::Close(None),
        "CLOSE" => Said::Close(Some(name(tokens.get(1)))),
        "DECLARE" => declared(places, tokens).unwrap_or_else(|| Said::Unknown("this form of DECLARE".to_owned())),
        "FETCH" | "MOVE" => match fetched(tokens) {
            Some(fetch) => Said::Fetch(fetch),
            None => Said::Unknown(format!("{first} backwards")),
        },
        "SET" => set(tokens),
        "RESET" if second == "ALL" => Said::Idle("RESET"),
        "RESET" => Said::Set { name: second.to_ascii_lowercase(), value: None },
        "SHOW" => Said::Show(shown(tokens)),
        "COPY" => match copy::copy(places, &tokens[1..])? {
            Some(copy) => Said::Copy(copy),
            None => Said::Write("COPY FROM".to_owned()),
        },
        "EXPLAIN" | "PREPARE" | "EXECUTE" | "LISTEN" | "LOAD" => Said::Unknown(first),
        "INSERT" | "UPDATE" | "DELETE" | "MERGE" | "CREATE" | "DROP" | "ALTER" | "TRUNCATE" | "GRANT" | "REVOKE"
        | "VACUUM" | "ANALYZE" | "CALL" | "DO" | "LOCK" | "REFRESH" | "COMMENT" | "REINDEX" | "CLUSTER" | "IMPORT"
        | "SECURITY" | "NOTIFY" | "CHECKPOINT" | "REASSIGN" => Said::Write(first),
        _ => {
            let near: String = tokens[0].token.to_string().chars().take(40).collect();
            return Err(Refusal::new(Rule::Syntax, format!("syntax error at or near \"{near}\"")));
        }
    })
}

/// The name of a cursor.
fn name(token: Option<&TokenWithSpan>) -> String {
    match token.map(|token| &token.token) {
        Some(Token::Word(word)) if word.quote_style.is_some() => word.value.clone(),
        Some(token) => plain(token).to_lowercase(),
        None => String::new(),
    }
}

/// `DECLARE name [INSENSITIVE] [[NO] SCROLL] CURSOR [{WITH | WITHOUT} HOLD] FOR query`; `None` for another form.
fn declared(places: &mut Places<'_>, tokens: &[TokenWithSpan]) -> Option<Said> {
    const KNOWN: [&str; 8] = ["asensitive", "insensitive", "no", "scroll", "cursor", "with", "without", "hold"];
    let words: Vec<String> = tokens.iter().take(12).map(|token| plain(&token.token).to_ascii_lowercase()).collect();
    let begins = words.iter().position(|word| word == "for").filter(|at| *at + 1 < tokens.len())?;
    let options = words.get(2..begins)?;
    if !options.iter().all(|word| KNOWN.contains(&word.as_str())) || !options.iter().any(|word| word == "cursor") {
        return None;
    }
    let is_held = options.iter().any(|word| word == "with");
    match said(places, &tokens[begins + 1..]) {
        Ok(Said::Query(query)) => Some(Said::Declare { cursor: name(tokens.get(1)), query, is_held }),
        Ok(Said::Write(what)) => Some(Said::Write(what)),
        _ => None,
    }
}

/// `FETCH [NEXT | FORWARD [n | ALL] | n | ALL | ABSOLUTE n | RELATIVE n | FIRST] [FROM | IN] name`; `None` for another
/// direction.
fn fetched(tokens: &[TokenWithSpan]) -> Option<Fetch> {
    let (first, inner) = tokens.split_first()?;
    let (last, way) = inner.split_last()?;
    let words: Vec<String> = way.iter().map(|token| plain(&token.token).to_ascii_lowercase()).collect();
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    words.pop_if(|word| ["from", "in"].contains(word));
    let step = match words.as_slice() {
        [] | ["next" | "forward"] => Step::Next(Some(1)),
        ["all"] | ["forward", "all"] => Step::Next(None),
        ["first"] => Step::At(1),
        ["absolute", place] => Step::At(place.parse().ok()?),
        ["0"] | ["forward" | "relative", "0"] => Step::Again,
        ["relative", count] => Step::Ahead(count.parse().ok()?),
        [count] | ["forward", count] => Step::Next(Some(count.parse().ok()?)),
        _ => return None,
    };
    Some(Fetch { cursor: name(Some(last)), step, is_move: plain(&first.token).eq_ignore_ascii_case("move") })
}

/// `SET [SESSION | LOCAL] name { = | TO } value`, `SET TIME ZONE value`.
fn set(tokens: &[TokenWithSpan]) -> Said {
    let words: Vec<String> = tokens[1..].iter().map(|token| plain(&token.token)).collect();
    let mut rest = words.as_slice();
    if let [scope, more @ ..] = rest
        && ["session", "local"].contains(&scope.to_ascii_lowercase().as_str())
        && !more.is_empty()
    {
        rest = more;
    }
    let lower = |at: usize| rest.get(at).map(|word| word.to_ascii_lowercase()).unwrap_or_default();
    match (lower(0).as_str(), lower(1).as_str()) {
        ("role", _) | ("authorization", _) => Said::Unknown("SET ROLE".to_owned()),
        ("time", "zone") => Said::Set { name: "timezone".to_owned(), value: Some(rest[2..].concat()) },
        (name, "=" | "to") => {
            let value = rest[2..].concat();
            let value = Some(value).filter(|value| !value.eq_ignore_ascii_case("default"));
            Said::Set { name: name.to_owned(), value }
        }
        // Of transactions, and what else there is of it.
        _ => Said::Idle("SET"),
    }
}

fn shown(tokens: &[TokenWithSpan]) -> String {
    let words: Vec<String> = tokens[1..].iter().map(|token| plain(&token.token).to_ascii_lowercase()).collect();
    match words.join(" ").as_str() {
        "time zone" => "timezone".to_owned(),
        "transaction isolation level" => "transaction_isolation".to_owned(),
        other => other.replace(' ', ""),
    }
}

pub(super) fn plain(token: &Token) -> String {
    match token {
        Token::Word(word) => word.value.clone(),
        Token::SingleQuotedString(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Where the tokens of a text are in it, asked for from its beginning to its end.
pub(super) struct Places<'a> {
    sql: &'a str,
    rest: Peekable<CharIndices<'a>>,
    line: u64,
    column: u64,
}

impl<'a> Places<'a> {
    fn of(sql: &'a str) -> Places<'a> {
        Places { sql, rest: sql.char_indices().peekable(), line: 1, column: 1 }
    }

    fn byte(&mut self, wanted: Location) -> usize {
        while (self.line, self.column) < (wanted.line, wanted.column)
            && let Some((_, c)) = self.rest.next()
        {
            (self.line, self.column) = match c {
                '\n' => (self.line + 1, 1),
                _ => (self.line, self.column + 1),
            };
        }
        self.rest.peek().map_or(self.sql.len(), |(at, _)| *at)
    }

    /// From the first of them to the end of the last.
    pub(super) fn text(&mut self, tokens: &[TokenWithSpan]) -> String {
        let from = self.byte(tokens[0].span.start);
        let to = self.byte(tokens[tokens.len() - 1].span.end);
        self.sql[from..to].to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(sql: &str) -> Said {
        let mut said = statements(sql).expect(sql);
        assert_eq!(said.len(), 1, "{sql}");
        said.remove(0)
    }

    #[test]
    fn a_text_is_taken_apart() {
        let said = statements("select ';' as a; /* ; */ select 2 ; ; commit").expect("statements");
        let queries = ["select ';' as a", "select 2"].map(|sql| Said::Query(sql.to_owned()));
        assert_eq!(said[..2], queries);
        assert_eq!(said[2..], [Said::Commit]);
        assert_eq!(one("select 'ä',\n  2"), Said::Query("select 'ä',\n  2".to_owned()));
        assert_eq!(one("select 1;"), Said::Query("select 1".to_owned()));
        assert_eq!(one("values (1)"), Said::Query("SELECT * FROM (values (1)) AS \"values\"".to_owned()));
        assert!(statements("select 'open").is_err());
        assert!(statements(&"select 1;".repeat(100)).is_ok_and(|said| said.len() == 100));
        assert!(statements(&"select 1;".repeat(101)).is_err_and(|refusal| refusal.rule == Rule::TooLong));
    }

    #[test]
    fn what_clients_send_by_themselves_is_known() {
        let set = |name: &str, value: &str| Said::Set { name: name.to_owned(), value: Some(value.to_owned()) };
        assert_eq!(one("SET extra_float_digits = 3"), set("extra_float_digits", "3"));
        assert_eq!(one("set session search_path to 'sales', public"), set("search_path", "sales,public"));
        assert_eq!(one("SET TIME ZONE 'UTC'"), set("timezone", "UTC"));
        assert_eq!(one("SET x TO DEFAULT"), Said::Set { name: "x".to_owned(), value: None });
        assert_eq!(one("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"), Said::Idle("SET"));
        assert_eq!(one("SET ROLE admin"), Said::Unknown("SET ROLE".to_owned()));
        assert_eq!(one("BEGIN TRANSACTION ISOLATION LEVEL SERIALIZABLE"), Said::Begin);
        assert_eq!(one("SHOW TRANSACTION ISOLATION LEVEL"), Said::Show("transaction_isolation".to_owned()));
        assert_eq!(one("ROLLBACK TO SAVEPOINT a"), Said::Idle("ROLLBACK"));
        assert!(statements("SELEC 1").is_err_and(|refusal| refusal.rule == Rule::Syntax));
        let declared =
            |cursor: &str, is_held| Said::Declare { cursor: cursor.to_owned(), query: "select 1".to_owned(), is_held };
        assert_eq!(one("DECLARE c NO SCROLL CURSOR FOR select 1"), declared("c", false));
        assert_eq!(one("declare \"SQL_CUR1\" cursor with hold for select 1;"), declared("SQL_CUR1", true));
        let values = "SELECT * FROM (values (1)) AS \"values\"".to_owned();
        let of_values = Said::Declare { cursor: "c".to_owned(), query: values, is_held: false };
        assert_eq!(one("DECLARE c CURSOR FOR values (1)"), of_values);
        assert_eq!(one("DECLARE c CURSOR FOR show all"), Said::Unknown("this form of DECLARE".to_owned()));
        assert_eq!(one("DECLARE c BINARY CURSOR FOR select 1"), Said::Unknown("this form of DECLARE".to_owned()));
        for (sql, step) in [
            ("FETCH FORWARD 50 FROM c", Step::Next(Some(50))),
            ("fetch 5 in C", Step::Next(Some(5))),
            ("FETCH c", Step::Next(Some(1))),
            ("FETCH ALL FROM \"c\"", Step::Next(None)),
            ("FETCH ABSOLUTE 3 FROM c", Step::At(3)),
            ("FETCH RELATIVE 2 FROM c", Step::Ahead(2)),
            ("FETCH 0 FROM c", Step::Again),
            ("FETCH FORWARD 0 IN c", Step::Again),
        ] {
            assert_eq!(one(sql), Said::Fetch(Fetch { cursor: "c".to_owned(), step, is_move: false }), "{sql}");
        }
        assert_eq!(one("MOVE BACKWARD 1 FROM c"), Said::Unknown("MOVE backwards".to_owned()));
        assert_eq!((one("CLOSE ALL"), one("CLOSE c")), (Said::Close(None), Said::Close(Some("c".to_owned()))));
        assert_eq!(one("copy x from stdin"), Said::Write("COPY FROM".to_owned()));
    }
}
