//! Refusals: why a statement was refused, as a rule with a stable name, a sentence, and the place.

use std::fmt;

use sqlparser::parser::ParserError;
use sqlparser::tokenizer::Span;

/// The rules by name. The names are part of the interface: clients match on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// Nothing but white space and comments.
    Empty,
    /// Longer than the guard reads.
    TooLong,
    /// Nested deeper than the guard follows.
    TooDeep,
    /// More expressions or joins than one statement may have.
    TooComplex,
    /// No statement of the dialect.
    Syntax,
    /// More than one statement.
    MultipleStatements,
    /// A statement that is no SELECT.
    NotASelect,
    /// INSERT, UPDATE, DELETE or MERGE inside a query.
    WriteInQuery,
    /// `SELECT … INTO`, to a table, a file or a variable.
    SelectInto,
    /// `FOR UPDATE`, `FOR SHARE`.
    Locking,
    /// A comment that a server would execute or obey.
    ExecutableComment,
    /// A table that is not the product's (or that does not exist).
    TableNotAllowed,
    /// A catalogue of the system.
    SystemCatalog,
    /// Another database.
    OtherDatabase,
    /// A function that is not on the list.
    FunctionNotAllowed,
    /// A function that answers rows.
    TableFunctionNotAllowed,
    /// A column that the table does not have (or that is hidden).
    UnknownColumn,
    /// A name that two tables in the statement answer to.
    AmbiguousName,
    /// A name that cannot be printed safely.
    Identifier,
    /// A system or session variable.
    Variable,
    /// An operator that is not on the list.
    OperatorNotAllowed,
    /// A type that is not on the list.
    TypeNotAllowed,
    /// Syntax that the guard does not know to be harmless.
    Unsupported,
    /// A recursive query without a visible bound.
    UnboundedRecursion,
    /// Two large tables without a condition between them.
    CrossJoin,
    /// A LIMIT or OFFSET that is no plain number.
    Limit,
    /// A parameter without a value, or of a form that is not offered.
    Parameter,
    /// A literal that is no value of the type that it is taken for.
    Value,
    /// More rows or bytes than the product allows one statement to read.
    CostLimit,
}

impl Rule {
    /// The stable name.
    pub const fn code(self) -> &'static str {
        match self {
            Rule::Empty => "EMPTY",
            Rule::TooLong => "TOO_LONG",
            Rule::TooDeep => "TOO_DEEP",
            Rule::TooComplex => "TOO_COMPLEX",
            Rule::Syntax => "SYNTAX",
            Rule::MultipleStatements => "MULTIPLE_STATEMENTS",
            Rule::NotASelect => "NOT_A_SELECT",
            Rule::WriteInQuery => "WRITE_IN_QUERY",
            Rule::SelectInto => "SELECT_INTO",
            Rule::Locking => "LOCKING",
            Rule::ExecutableComment => "EXECUTABLE_COMMENT",
            Rule::TableNotAllowed => "TABLE_NOT_ALLOWED",
            Rule::SystemCatalog => "SYSTEM_CATALOG",
            Rule::OtherDatabase => "OTHER_DATABASE",
            Rule::FunctionNotAllowed => "FUNCTION_NOT_ALLOWED",
            Rule::TableFunctionNotAllowed => "TABLE_FUNCTION_NOT_ALLOWED",
            Rule::UnknownColumn => "UNKNOWN_COLUMN",
            Rule::AmbiguousName => "AMBIGUOUS_NAME",
            Rule::Identifier => "IDENTIFIER",
            Rule::Variable => "VARIABLE",
            Rule::OperatorNotAllowed => "OPERATOR_NOT_ALLOWED",
            Rule::TypeNotAllowed => "TYPE_NOT_ALLOWED",
            Rule::Unsupported => "UNSUPPORTED",
            Rule::UnboundedRecursion => "UNBOUNDED_RECURSION",
            Rule::CrossJoin => "CROSS_JOIN",
            Rule::Limit => "LIMIT",
            Rule::Parameter => "PARAMETER",
            Rule::Value => "VALUE",
            Rule::CostLimit => "COST_LIMIT",
        }
    }
}

/// A place in the text, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub line: u64,
    pub column: u64,
}

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub rule: Rule,
    pub message: String,
    pub position: Option<Position>,
}

impl Refusal {
    pub fn new(rule: Rule, message: impl Into<String>) -> Refusal {
        Refusal { rule, message: message.into(), position: None }
    }

    pub(super) fn at(rule: Rule, span: Span, message: impl Into<String>) -> Refusal {
        let start = span.start;
        let position = (start.line > 0).then_some(Position { line: start.line, column: start.column });
        Refusal { rule, message: message.into(), position }
    }

    /// Where nothing better is known, the place is `span`.
    pub(super) fn or_at(mut self, span: Span) -> Refusal {
        if self.position.is_none() && span.start.line > 0 {
            self.position = Some(Position { line: span.start.line, column: span.start.column });
        }
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule.code(), self.message)?;
        match self.position {
            Some(at) => write!(f, " (line {}, column {})", at.line, at.column),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Refusal {}

/// Refuses what the guard does not offer.
pub(super) fn unsupported(what: &str) -> Refusal {
    Refusal::new(Rule::Unsupported, format!("{what} is not offered"))
}

/// A name for a message, cut where it is long.
pub(super) fn brief(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(80).collect()
}

/// The parser says places in its text; they are taken out of it again.
pub(super) fn of_parser(error: &ParserError) -> Refusal {
    let text = match error {
        ParserError::RecursionLimitExceeded => {
            return Refusal::new(Rule::TooDeep, "the statement is nested too deeply");
        }
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text,
    };
    let (message, place) = match text.split_once(" at Line: ") {
        Some((message, place)) => (message, Some(place)),
        None => (text.as_str(), None),
    };
    let position = place.and_then(|place| {
        let (line, column) = place.split_once(", Column: ")?;
        Some(Position { line: line.trim().parse().ok()?, column: column.trim().parse().ok()? })
    });
    // The rest of a token may be the whole of a hostile statement: an error is no place to repeat it.
    let message: String = message.chars().take(200).collect();
    Refusal { rule: Rule::Syntax, message, position }
}
