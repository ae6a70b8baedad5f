//! Printing: every literal and every name in the one form that cannot be read otherwise, checked by reading it again.

use std::ops::ControlFlow;

use sqlparser::ast::{self, Expr, Ident, Query, Statement, Value, ValueWithSpan};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

use super::dialect::Dialect;
use super::lex;
use super::refusal::{Refusal, Rule};
use crate::visit::{self, VisitorMut};

/// The text of `query`, after the proof that it reads as exactly this tree.
pub(super) fn checked(query: Query, dialect: Dialect) -> Result<String, Refusal> {
    let mut meant = Statement::Query(Box::new(query));
    normalise(&mut meant, dialect)?;
    let text = meant.to_string();

    let doubtful = || Refusal::new(Rule::Unsupported, "this statement cannot be written anew without doubt");
    let mut read = Parser::new(dialect.parser())
        .with_recursion_limit(lex::MAX_DEPTH * 2)
        .try_with_sql(&text)
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|_| doubtful())?;
    let Some(mut read) = read.pop().filter(|_| read.is_empty()) else { return Err(doubtful()) };
    normalise(&mut read, dialect)?;
    if read == meant { Ok(text) } else { Err(doubtful()) }
}

/// The same for a condition alone.
pub(super) fn condition(mut meant: Expr, dialect: Dialect) -> Result<String, Refusal> {
    normalise(&mut meant, dialect)?;
    let text = meant.to_string();

    let doubtful = || Refusal::new(Rule::Unsupported, "this condition cannot be written anew without doubt");
    let mut parser = Parser::new(dialect.parser())
        .with_recursion_limit(lex::MAX_DEPTH * 2)
        .try_with_sql(&text)
        .map_err(|_| doubtful())?;
    let mut read = parser.parse_expr().map_err(|_| doubtful())?;
    normalise(&mut read, dialect)?;
    if parser.peek_token_ref().token == Token::EOF && read == meant { Ok(text) } else { Err(doubtful()) }
}

fn normalise(tree: &mut impl ast::VisitMut, dialect: Dialect) -> Result<(), Refusal> {
    match visit::change(tree, &mut Normal { dialect }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(refusal) => Err(refusal),
    }
}

struct Normal {
    dialect: Dialect,
}

impl VisitorMut for Normal {
    type Break = Refusal;

    /// Text becomes a literal escaped here: the tree's own printing guesses what is escaped already.
    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<Refusal> {
        let span = value.span;
        let text = match &value.value {
            Value::SingleQuotedString(text)
            | Value::DoubleQuotedString(text)
            | Value::EscapedStringLiteral(text)
            | Value::UnicodeStringLiteral(text)
            | Value::NationalStringLiteral(text) => text,
            Value::DollarQuotedString(text) => &text.value,
            Value::Number(..) | Value::Boolean(_) | Value::Null | Value::HexStringLiteral(_) => {
                return ControlFlow::Continue(());
            }
            // What this function made of a text before.
            Value::Placeholder(text) if text.starts_with('\'') => return ControlFlow::Continue(()),
            _ => return ControlFlow::Break(Refusal::at(Rule::Unsupported, span, "this literal is not offered")),
        };
        match self.dialect.text(text) {
            Some(literal) => {
                // Printed as it stands.
                value.value = Value::Placeholder(literal);
                ControlFlow::Continue(())
            }
            None => {
                ControlFlow::Break(Refusal::at(Rule::Identifier, span, "text with a null character is not offered"))
            }
        }
    }

    fn pre_visit_ident(&mut self, ident: &mut Ident) -> ControlFlow<Refusal> {
        let plain = ident.value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'$')
            && !ident.value.starts_with(|c: char| c.is_ascii_digit() || c == '$');
        if ident.quote_style.is_none() && plain {
            return ControlFlow::Continue(());
        }
        if !self.dialect.quotable(&ident.value) {
            return ControlFlow::Break(Refusal::at(
                Rule::Identifier,
                ident.span,
                "this name holds a character that is not allowed",
            ));
        }
        if ident.quote_style.is_none() && self.dialect == Dialect::PostgreSql {
            ident.value = ident.value.to_ascii_lowercase();
        }
        ident.quote_style = Some(self.dialect.quote());
        ControlFlow::Continue(())
    }
}
