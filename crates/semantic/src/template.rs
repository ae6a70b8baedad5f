//! Expressions of a dialect with places in them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use sqlparser::ast::{CastKind, Expr, Query, Value};
use sqlparser::parser::{Parser, ParserError};

use crate::guard::Dialect;
use crate::visit::{self, VisitorMut};

/// The template with its places (names without quotes) taken by these.
pub(crate) fn filled(dialect: Dialect, template: &str, places: &[(&str, Expr)]) -> Expr {
    let parsed = Parser::new(dialect.parser()).try_with_sql(template).and_then(|mut it| it.parse_expr());
    let places = places.iter().map(|(name, expr)| (*name, bracketed(expr.clone()))).collect();
    let mut expr = parsed.unwrap_or_else(|_| Expr::Value(Value::Null.into()));
    let _: ControlFlow<()> = visit::change(&mut expr, &mut Put { places });
    expr
}

/// A query of the dialect.
pub(crate) fn query(dialect: Dialect, text: &str) -> Result<Query, ParserError> {
    Parser::new(dialect.parser()).try_with_sql(text).and_then(|mut it| it.parse_query()).map(|query| *query)
}

/// In brackets, unless it is one thing already.
pub(crate) fn bracketed(expr: Expr) -> Expr {
    match expr {
        Expr::Identifier(_)
        | Expr::CompoundIdentifier(_)
        | Expr::Value(_)
        | Expr::Function(_)
        | Expr::Nested(_)
        | Expr::Cast { kind: CastKind::Cast, .. }
        | Expr::Case { .. }
        | Expr::Exists { negated: false, .. }
        | Expr::Subquery(_) => expr,
        other => Expr::Nested(Box::new(other)),
    }
}

struct Put<'a> {
    places: BTreeMap<&'a str, Expr>,
}

impl VisitorMut for Put<'_> {
    type Break = ();

    // After its children: what was put in is not looked at again.
    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Identifier(ident) = expr
            && ident.quote_style.is_none()
            && let Some(other) = self.places.get(ident.value.as_str())
        {
            *expr = other.clone();
        }
        ControlFlow::Continue(())
    }
}
