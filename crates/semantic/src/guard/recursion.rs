//! A query that calls itself says where it ends.

use sqlparser::ast::{BinaryOperator, Expr, Query, Select, SetExpr, TableFactor, UnaryOperator, Value};

use super::dialect::Dialect;
use super::limit;

/// Whether every part that reads `key` compares one of the columns with a plain value, or the whole has a LIMIT.
pub(super) fn is_bounded(query: &Query, key: &str, dialect: Dialect) -> bool {
    limit::literal(query.limit_clause.as_ref(), query.fetch.as_ref()).is_some()
        || arms_bounded(&query.body, key, dialect)
}

fn arms_bounded(body: &SetExpr, key: &str, dialect: Dialect) -> bool {
    match body {
        SetExpr::SetOperation { left, right, .. } => {
            arms_bounded(left, key, dialect) && arms_bounded(right, key, dialect)
        }
        SetExpr::Query(query) => is_bounded(query, key, dialect),
        SetExpr::Select(select) => !reads(select, key, dialect) || select.selection.as_ref().is_some_and(has_bound),
        _ => true,
    }
}

fn reads(select: &Select, key: &str, dialect: Dialect) -> bool {
    select.from.iter().any(|from| {
        std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)).any(|factor| match factor {
            TableFactor::Table { name, .. } => {
                name.0.len() == 1 && name.0[0].as_ident().is_some_and(|ident| dialect.key(ident) == key)
            }
            // Whatever is deeper may read it.
            _ => true,
        })
    })
}

fn has_bound(condition: &Expr) -> bool {
    match condition {
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => has_bound(left) || has_bound(right),
        Expr::Nested(inner) => has_bound(inner),
        Expr::BinaryOp {
            left,
            op: BinaryOperator::Lt | BinaryOperator::LtEq | BinaryOperator::Gt | BinaryOperator::GtEq,
            right,
        } => (mentions_column(left) && is_plain(right)) || (is_plain(left) && mentions_column(right)),
        Expr::Between { expr, negated: false, low, high } => mentions_column(expr) && is_plain(low) && is_plain(high),
        _ => false,
    }
}

fn mentions_column(expr: &Expr) -> bool {
    match expr {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => true,
        Expr::Nested(inner) => mentions_column(inner),
        Expr::BinaryOp { left, op: BinaryOperator::Plus | BinaryOperator::Minus, right } => {
            (mentions_column(left) && is_plain(right)) || (is_plain(left) && mentions_column(right))
        }
        Expr::Function(function) => function.name.to_string().eq_ignore_ascii_case("length"),
        _ => false,
    }
}

fn is_plain(expr: &Expr) -> bool {
    match expr {
        Expr::Value(value) => !matches!(value.value, Value::Null),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => is_plain(expr),
        Expr::TypedString(_) => true,
        _ => false,
    }
}
