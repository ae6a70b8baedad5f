//! Expressions of models: one expression, no query, known functions; which columns it names and whether it aggregates.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use sqlparser::ast::{DuplicateTreatment, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, Query};
use sqlparser::dialect::{Dialect, GenericDialect};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

use crate::visit::{self, Visitor, VisitorMut};
use crate::{guard, stack};

/// Longer ones are no expressions any more; it bounds the depth of the tree as well.
pub(super) const MAX_BYTES: usize = 4_000;
/// Brackets inside brackets; the parser's time doubles with some of them.
const MAX_BRACKETS: usize = 16;

/// What an expression says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// Names with their qualifiers: `["amount"]`, `["orders", "amount"]`.
    pub names: Vec<Vec<String>>,
    pub aggregates: bool,
}

/// Dialects that are looked into; texts of others are kept unread.
pub(super) fn is_read(dialect: &str) -> bool {
    ["ANSI_SQL", "POSTGRESQL", "POSTGRES", "SQLITE", "MYSQL", "MARIADB"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(dialect))
}

pub(crate) fn look(text: &str) -> Result<Said, String> {
    stack::enough_for(text.len() / 2, || {
        let expr = parse(text)?;
        let mut look = Look::default();
        match visit::look(&expr, &mut look) {
            ControlFlow::Continue(()) => Ok(look.said),
            ControlFlow::Break(reason) => Err(reason),
        }
    })
}

/// The expression with `dataset.` before each bare name, as metrics need it.
pub(super) fn qualified(text: &str, dataset: &str) -> Option<String> {
    stack::enough_for(text.len() / 2, || {
        let mut expr = parse(text).ok()?;
        let _: ControlFlow<()> = visit::change(&mut expr, &mut Qualify { dataset });
        Some(expr.to_string())
    })
}

/// The expression without qualifiers, as a dataset's own parts are written.
pub(super) fn unqualified(text: &str) -> Option<String> {
    stack::enough_for(text.len() / 2, || {
        let mut expr = parse(text).ok()?;
        let _: ControlFlow<()> = visit::change(&mut expr, &mut Unqualify);
        Some(expr.to_string())
    })
}

/// The expression with bare names replaced by other expressions in brackets.
pub(super) fn replaced(text: &str, by: &BTreeMap<String, String>) -> Option<String> {
    stack::enough_for(text.len() / 2, || {
        let parsed = by
            .iter()
            .map(|(name, text)| Some((name.as_str(), parse(text).ok()?)))
            .collect::<Option<BTreeMap<_, _>>>()?;
        let mut expr = parse(text).ok()?;
        let _: ControlFlow<()> = visit::change(&mut expr, &mut Replace { by: &parsed });
        Some(expr.to_string())
    })
}

/// The aggregate and its argument, where the expression is one aggregate over one expression. MetricFlow's words.
pub(super) fn single_aggregate(text: &str) -> Option<(&'static str, String)> {
    stack::enough_for(text.len() / 2, || {
        let Expr::Function(function) = parse(text).ok()? else { return None };
        if function.over.is_some() || function.filter.is_some() {
            return None;
        }
        let FunctionArguments::List(list) = &function.args else { return None };
        let [FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))] = list.args.as_slice() else { return None };
        let distinct = matches!(list.duplicate_treatment, Some(DuplicateTreatment::Distinct));
        let word = match (function.name.to_string().to_ascii_lowercase().as_str(), distinct) {
            ("sum", false) => "sum",
            ("avg", false) => "average",
            ("min", _) => "min",
            ("max", _) => "max",
            ("count", false) => "count",
            ("count", true) => "count_distinct",
            ("median", false) => "median",
            _ => return None,
        };
        Some((word, argument.to_string()))
    })
}

/// Whether all its names are of one dataset, or say none: then they are told apart without it.
pub fn is_of_one(text: &str) -> bool {
    let names = look(text).map(|said| said.names).unwrap_or_default();
    let mut datasets = names.iter().filter_map(|name| Some(name.split_last()?.1));
    datasets.next().is_some_and(|first| datasets.all(|other| other == first))
}

/// The datasets before its names.
pub fn datasets(text: &str) -> BTreeSet<String> {
    let names = look(text).map(|said| said.names).unwrap_or_default();
    names.iter().filter_map(|name| Some(name.split_last()?.1.join("."))).filter(|name| !name.is_empty()).collect()
}

/// The last part of the name that the expression is, where it is one.
pub(super) fn single_name(text: &str) -> Option<String> {
    stack::enough_for(text.len() / 2, || match parse(text).ok()? {
        Expr::Identifier(ident) => Some(ident.value),
        Expr::CompoundIdentifier(parts) => parts.last().map(|part| part.value.clone()),
        _ => None,
    })
}

pub(super) fn parse(text: &str) -> Result<Expr, String> {
    if text.len() > MAX_BYTES {
        return Err(format!("an expression may have {MAX_BYTES} bytes"));
    }
    let dialect: &dyn Dialect = &GenericDialect {};
    let tokens = Tokenizer::new(dialect, text).tokenize().map_err(|_| "the expression cannot be read".to_owned())?;
    let mut open = 0_usize;
    for token in &tokens {
        match token {
            Token::LParen | Token::LBracket => open += 1,
            Token::RParen | Token::RBracket => open = open.saturating_sub(1),
            Token::SemiColon => return Err("an expression has no semicolon".to_owned()),
            _ => {}
        }
        if open > MAX_BRACKETS {
            return Err(format!("at most {MAX_BRACKETS} brackets inside one another"));
        }
    }
    let mut parser = Parser::new(dialect).with_tokens(tokens);
    let expr = parser.parse_expr().map_err(|_| "the expression cannot be read as SQL".to_owned())?;
    match &parser.peek_token_ref().token {
        Token::EOF => Ok(expr),
        other => {
            let shown: String = other.to_string().chars().take(40).collect();
            Err(format!("`{shown}` was not expected in the expression"))
        }
    }
}

#[derive(Default)]
struct Look {
    said: Said,
}

impl Visitor for Look {
    type Break = String;

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<String> {
        ControlFlow::Break("an expression holds no query".to_owned())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<String> {
        match expr {
            Expr::Identifier(ident) => self.said.names.push(vec![ident.value.clone()]),
            Expr::CompoundIdentifier(parts) => {
                self.said.names.push(parts.iter().map(|part| part.value.clone()).collect());
            }
            Expr::Function(function) => {
                let name = function.name.to_string().to_ascii_lowercase();
                match guard::known_function(&name) {
                    Some(aggregate) => self.said.aggregates |= aggregate && function.over.is_none(),
                    None => {
                        let shown: String = name.chars().take(60).collect();
                        return ControlFlow::Break(format!("the function `{shown}` is not allowed"));
                    }
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

struct Qualify<'a> {
    dataset: &'a str,
}

impl VisitorMut for Qualify<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Identifier(ident) = expr {
            // The name arrives as it is written, in quotes where it needs them.
            let dataset = match self.dataset.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
                Some(name) => Ident::with_quote('"', name),
                None => Ident::new(self.dataset),
            };
            *expr = Expr::CompoundIdentifier(vec![dataset, ident.clone()]);
        }
        ControlFlow::Continue(())
    }
}

struct Unqualify;

impl VisitorMut for Unqualify {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::CompoundIdentifier(parts) = expr
            && let Some(last) = parts.pop()
        {
            *expr = Expr::Identifier(last);
        }
        ControlFlow::Continue(())
    }
}

struct Replace<'a> {
    by: &'a BTreeMap<&'a str, Expr>,
}

impl VisitorMut for Replace<'_> {
    type Break = ();

    // After its children: what was put in is not looked at again.
    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Identifier(ident) = expr
            && let Some(other) = self.by.get(ident.value.as_str())
        {
            *expr = Expr::Nested(Box::new(other.clone()));
        }
        ControlFlow::Continue(())
    }
}
