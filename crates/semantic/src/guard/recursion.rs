//! Recursion: a query that calls itself says where it ends, and comes nearer to its end with each call.

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Expr, FunctionArguments, Ident, Interval, ObjectName, Query, Select, SelectItem, SetExpr,
    SetOperator, SetQuantifier, TableFactor, UnaryOperator, Value,
};

use super::dialect::Dialect;
use super::{limit, series};
use crate::visit::{self, Visitor, argument};

/// The most calls that a plain number may allow.
const MAX_CALLS: f64 = 1_000_000.0;

/// The common table expression that calls itself.
pub(super) struct Recursive<'a> {
    key: &'a str,
    /// The keys of its last columns, as far as they can be told.
    columns: Vec<Option<String>>,
    dialect: Dialect,
}

/// Where a comparison bounds a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bound {
    Above,
    Below,
}

/// Whether every part of `query` that reads `key` steps towards a plain bound, or the whole has a LIMIT.
pub(super) fn is_bounded(query: &Query, key: &str, named: &[Ident], dialect: Dialect) -> bool {
    let columns = match named {
        [] => outputs(&query.body, dialect),
        named => named.iter().map(|name| Some(dialect.key(name))).collect(),
    };
    let cut = limit::literal(query.limit_clause.as_ref(), query.fetch.as_ref());
    cut.is_some_and(|rows| rows as f64 <= MAX_CALLS) || Recursive { key, columns, dialect }.ends(&query.body)
}

/// The names of the first SELECT's columns after its last `*`.
fn outputs(body: &SetExpr, dialect: Dialect) -> Vec<Option<String>> {
    match body {
        SetExpr::SetOperation { left, .. } => outputs(left, dialect),
        SetExpr::Query(query) => outputs(&query.body, dialect),
        SetExpr::Select(select) => {
            let name = |item: &SelectItem| match item {
                SelectItem::ExprWithAlias { alias, .. } => Some(dialect.key(alias)),
                SelectItem::UnnamedExpr(Expr::Identifier(name)) => Some(dialect.key(name)),
                SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => parts.last().map(|name| dialect.key(name)),
                _ => None,
            };
            let tail = select.projection.iter().rev().take_while(|item| !is_star(item));
            let mut names: Vec<_> = tail.map(name).collect();
            names.reverse();
            names
        }
        _ => Vec::new(),
    }
}

fn is_star(item: &SelectItem) -> bool {
    matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..))
}

/// Stops where a query reads itself.
struct Own<'a>(&'a Recursive<'a>);

impl Visitor for Own<'_> {
    type Break = ();

    fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<()> {
        match name.0.as_slice() {
            [part] if part.as_ident().is_some_and(|ident| self.0.dialect.key(ident) == self.0.key) => {
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        }
    }
}

impl Recursive<'_> {
    fn ends(&self, body: &SetExpr) -> bool {
        match body {
            SetExpr::SetOperation { op: SetOperator::Union, set_quantifier, left, right }
                if matches!(set_quantifier, SetQuantifier::None | SetQuantifier::Distinct)
                    && matches!(left.as_ref(), SetExpr::Select(start) if !self.reads(start))
                    && computes_nothing(right) =>
            {
                true
            }
            SetExpr::SetOperation { left, right, .. } => self.ends(left) && self.ends(right),
            // A LIMIT in here would hold for one call.
            SetExpr::Query(query) => query.with.is_none() && self.ends(&query.body),
            SetExpr::Select(select) => {
                !self.reads(select) || select.selection.as_ref().is_some_and(|condition| self.bounds(condition, select))
            }
            _ => true,
        }
    }

    fn reads(&self, select: &Select) -> bool {
        visit::look(select, &mut Own(self)).is_break()
    }

    fn bounds(&self, condition: &Expr, select: &Select) -> bool {
        use BinaryOperator as Op;
        match condition {
            Expr::BinaryOp { left, op: Op::And, right } => self.bounds(left, select) || self.bounds(right, select),
            Expr::Nested(inner) => self.bounds(inner, select),
            Expr::BinaryOp { left, op: Op::Lt | Op::LtEq, right } => {
                (is_end(right) && self.steps(left, Bound::Above, select))
                    || (is_end(left) && self.steps(right, Bound::Below, select))
            }
            Expr::BinaryOp { left, op: Op::Gt | Op::GtEq, right } => {
                (is_end(right) && self.steps(left, Bound::Below, select))
                    || (is_end(left) && self.steps(right, Bound::Above, select))
            }
            Expr::Between { expr, negated: false, low, high } => {
                (is_end(high) && self.steps(expr, Bound::Above, select))
                    || (is_end(low) && self.steps(expr, Bound::Below, select))
            }
            // Whom the way has not met yet: it ends when all are met.
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => match bare(expr) {
                Expr::AnyOp { left, compare_op: Op::Eq, right, .. } => self.remembers(left, right, select),
                _ => false,
            },
            Expr::AllOp { left, compare_op: Op::NotEq, right } => self.remembers(left, right, select),
            _ => false,
        }
    }

    /// Whether the next row's `way` is this one's and what was met.
    fn remembers(&self, met: &Expr, way: &Expr, select: &Select) -> bool {
        let (met, way) = (bare(met), bare(way));
        let is_met = |expr: &Expr| match bare(expr) {
            Expr::Array(array) => matches!(array.elem.as_slice(), [one] if one == met),
            expr => expr == met,
        };
        self.next(way, select).is_some_and(|next| match bare(next) {
            Expr::BinaryOp { left, op: BinaryOperator::StringConcat, right } => bare(left) == way && is_met(right),
            next => match call(next, self.dialect) {
                Some((name, args)) if name == "array_append" => {
                    matches!(args.as_slice(), [before, one] if bare(before) == way && bare(one) == met)
                }
                _ => false,
            },
        })
    }

    /// Whether what is compared is a column of the query itself, and the next row's has come nearer to the bound.
    fn steps(&self, compared: &Expr, bound: Bound, select: &Select) -> bool {
        match compared {
            Expr::Nested(inner) => self.steps(inner, bound, select),
            Expr::BinaryOp { left, op: BinaryOperator::Plus | BinaryOperator::Minus, right } => {
                is_end(right) && self.steps(left, bound, select)
            }
            Expr::Function(_) => match call(compared, self.dialect) {
                Some((name, args)) if name == "length" || name == "char_length" => match args.as_slice() {
                    [inner] => self.next(inner, select).is_some_and(|next| match bound {
                        Bound::Above => self.is_longer(next, inner),
                        Bound::Below => self.is_shorter(next, inner),
                    }),
                    _ => false,
                },
                _ => false,
            },
            column => self.next(column, select).is_some_and(|next| self.is_nearer(next, column, bound)),
        }
    }

    /// What the SELECT makes of a column for the next row.
    fn next<'s>(&self, column: &Expr, select: &'s Select) -> Option<&'s Expr> {
        let (qualifier, name) = match column {
            Expr::Identifier(name) => (None, name),
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [qualifier, name] => (Some(self.dialect.key(qualifier)), name),
                _ => return None,
            },
            _ => return None,
        };
        let aliases: Vec<String> = relations(select).filter_map(|factor| self.alias(factor)).collect();
        if aliases.is_empty() || qualifier.is_some_and(|qualifier| !aliases.contains(&qualifier)) {
            return None;
        }
        let name = self.dialect.key(name);
        // Counted from the end: before may stand a `*`.
        let back = self.columns.iter().rev().position(|own| own.as_deref() == Some(name.as_str()))?;
        let tail = select.projection.iter().rev().take_while(|item| !is_star(item));
        match tail.collect::<Vec<_>>().get(back)? {
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
            _ => None,
        }
    }

    /// What the query calls itself in a FROM clause.
    fn alias(&self, factor: &TableFactor) -> Option<String> {
        let TableFactor::Table { name, alias, args: None, .. } = factor else { return None };
        let [part] = name.0.as_slice() else { return None };
        let own = self.dialect.key(part.as_ident()?);
        match alias {
            _ if own != self.key => None,
            Some(alias) => alias.columns.is_empty().then(|| self.dialect.key(&alias.name)),
            None => Some(own),
        }
    }

    fn is_nearer(&self, next: &Expr, column: &Expr, bound: Bound) -> bool {
        match next {
            Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => self.is_nearer(inner, column, bound),
            Expr::BinaryOp { left, op: BinaryOperator::Plus, right } if bound == Bound::Above => {
                (self.is(left, column) && is_step(right)) || (is_step(left) && self.is(right, column))
            }
            Expr::BinaryOp { left, op: BinaryOperator::Minus, right } if bound == Bound::Below => {
                self.is(left, column) && is_step(right)
            }
            Expr::Function(_) => {
                let Some((name, args)) = call(next, self.dialect) else { return false };
                match (name.as_str(), args.as_slice()) {
                    ("date_add" | "adddate", [from, step]) => {
                        bound == Bound::Above && self.is(from, column) && is_step(step)
                    }
                    ("date_sub" | "subdate", [from, step]) => {
                        bound == Bound::Below && self.is(from, column) && is_step(step)
                    }
                    ("date" | "datetime", [from]) => self.is_nearer(from, column, bound),
                    ("date" | "datetime", [from, modifier]) => {
                        let sign = if bound == Bound::Above { '+' } else { '-' };
                        self.is(from, column)
                            && series::text(modifier)
                                .and_then(|text| text.strip_prefix(sign))
                                .is_some_and(|step| series::days(step).is_some())
                    }
                    ("strftime", [_, from, modifier]) => {
                        bound == Bound::Above
                            && self.is(from, column)
                            && series::text(modifier)
                                .and_then(|text| text.strip_prefix('+'))
                                .is_some_and(|step| series::days(step).is_some())
                    }
                    _ => false,
                }
            }
            _ => false,
        }
    }

    fn is_longer(&self, next: &Expr, column: &Expr) -> bool {
        let is_text = |expr: &Expr| series::text(expr).is_some_and(|text| !text.is_empty());
        match next {
            Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => self.is_longer(inner, column),
            Expr::BinaryOp { left, op: BinaryOperator::StringConcat, right } => {
                (self.is(left, column) && is_text(right))
                    || (is_text(left) && self.is(right, column))
                    || self.is_longer(left, column)
                    || self.is_longer(right, column)
            }
            Expr::Function(_) => call(next, self.dialect).is_some_and(|(name, args)| {
                name == "concat" && args.iter().any(|arg| self.is(arg, column)) && args.iter().any(|arg| is_text(arg))
            }),
            _ => false,
        }
    }

    fn is_shorter(&self, next: &Expr, column: &Expr) -> bool {
        let from_second = |expr: &Expr| series::number(expr).is_some_and(|from| from >= 2.0);
        match next {
            Expr::Nested(inner) => self.is_shorter(inner, column),
            Expr::Substring { expr, substring_from: Some(from), .. } => self.is(expr, column) && from_second(from),
            _ => false,
        }
    }

    /// Whether an expression is the column itself, or a date or number of it.
    fn is(&self, expr: &Expr, column: &Expr) -> bool {
        let key = |expr: &Expr| match expr {
            Expr::Identifier(name) => Some(self.dialect.key(name)),
            Expr::CompoundIdentifier(parts) => parts.last().map(|name| self.dialect.key(name)),
            _ => None,
        };
        match expr {
            Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => self.is(inner, column),
            Expr::CompoundIdentifier(parts) if matches!(column, Expr::CompoundIdentifier(other) if other.len() != parts.len() || self.dialect.key(&other[0]) != self.dialect.key(&parts[0])) => {
                false
            }
            other => key(other).is_some() && key(other) == key(column),
        }
    }
}

/// Without the brackets around it.
fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) => bare(inner),
        other => other,
    }
}

fn relations(select: &Select) -> impl Iterator<Item = &TableFactor> {
    select
        .from
        .iter()
        .flat_map(|from| std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)))
}

/// Whether a SELECT answers nothing but what tables hold: where no row comes twice, such rows come to an end.
fn computes_nothing(body: &SetExpr) -> bool {
    let SetExpr::Select(select) = body else { return false };
    relations(select).all(|relation| matches!(relation, TableFactor::Table { args: None, .. }))
        && select.projection.iter().all(|item| match item {
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => {
                matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Value(_))
            }
            _ => false,
        })
}

fn call(expr: &Expr, dialect: Dialect) -> Option<(String, Vec<&Expr>)> {
    let Expr::Function(function) = expr else { return None };
    let FunctionArguments::List(list) = &function.args else { return None };
    let name = function.name.0.last()?.as_ident().map(|name| dialect.key(name))?;
    let args = list.args.iter().map(argument);
    Some((name, args.collect::<Option<_>>()?))
}

/// A plain value to which it is not too far.
fn is_end(expr: &Expr) -> bool {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) => text.parse::<f64>().is_ok_and(|number| number <= MAX_CALLS),
            Value::Null => false,
            _ => true,
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => is_end(expr),
        Expr::Cast { expr, .. } => series::text(expr).is_some(),
        Expr::TypedString(_) => true,
        _ => false,
    }
}

/// A step of one or more, or a time such as `INTERVAL '1 month'`.
fn is_step(expr: &Expr) -> bool {
    match expr {
        Expr::Interval(Interval {
            value, leading_field: Some(_), leading_precision: None, last_field: None, ..
        }) => series::number(value).or_else(|| series::text(value)?.parse().ok()).is_some_and(|count| count >= 1.0),
        other => series::number(other).is_some_and(|number| number >= 1.0) || series::days_of_step(other).is_some(),
    }
}
