//! LIMIT: plain numbers only, and never more than the caller may have.

use sqlparser::ast::{
    Expr, Fetch, LimitClause, Offset, OffsetRows, Query, SetExpr, Spanned, Statement, TableFactor, UnaryOperator, Value,
};
use sqlparser::parser::Parser;

use super::dialect::Dialect;
use super::refusal::{Refusal, Rule};
use super::walk::Walk;

/// The number of rows a query asks for, where it is plain.
pub(super) fn literal(clause: Option<&LimitClause>, fetch: Option<&Fetch>) -> Option<u64> {
    // As many as are alike.
    if fetch.is_some_and(|fetch| fetch.with_ties) {
        return None;
    }
    let limit = match clause {
        Some(LimitClause::LimitOffset { limit, .. }) => limit.as_ref(),
        Some(LimitClause::OffsetCommaLimit { limit, .. }) => Some(limit),
        None => None,
    };
    limit.or_else(|| fetch.and_then(|fetch| fetch.quantity.as_ref())).and_then(count)
}

fn count(expr: &Expr) -> Option<u64> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(text, false) => text.parse().ok(),
            _ => None,
        },
        Expr::Nested(inner) => count(inner),
        _ => None,
    }
}

/// Numbers that mean "all rows" where they are allowed at all.
fn is_all(expr: &Expr) -> bool {
    match expr {
        Expr::Value(value) => matches!(value.value, Value::Null),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => count(expr).is_some(),
        _ => false,
    }
}

/// Looks at the LIMIT of any query, however deep: parameters get their values, and nothing is computed.
pub(super) fn check(
    clause: Option<&mut LimitClause>,
    fetch: Option<&mut Fetch>,
    walk: &mut Walk<'_>,
) -> Result<(), Refusal> {
    let mut plain = |expr: &mut Expr| {
        let span = expr.span();
        if matches!(expr, Expr::Value(_)) {
            walk.expr(expr)?;
        }
        if count(expr).is_some() || is_all(expr) {
            return Ok(());
        }
        Err(Refusal::at(Rule::Limit, span, "LIMIT and OFFSET take a plain number"))
    };
    match clause {
        None => {}
        Some(LimitClause::LimitOffset { limit, offset, limit_by }) => {
            if let Some(limit) = limit {
                plain(limit)?;
            }
            if let Some(offset) = offset {
                plain(&mut offset.value)?;
            }
            if !limit_by.is_empty() {
                return Err(Refusal::new(Rule::Unsupported, "LIMIT … BY is not offered"));
            }
        }
        Some(LimitClause::OffsetCommaLimit { offset, limit }) => {
            plain(offset)?;
            plain(limit)?;
        }
    }
    match fetch {
        Some(fetch) if fetch.percent => Err(Refusal::new(Rule::Limit, "FETCH takes a plain number of rows")),
        Some(fetch) => fetch.quantity.as_mut().map_or(Ok(()), plain),
        None => Ok(()),
    }
}

/// Puts the query into another one, which can have a LIMIT of its own.
fn inside(query: &mut Query, dialect: Dialect) -> Result<(), Refusal> {
    let failed = || Refusal::new(Rule::Limit, "FETCH takes a plain number of rows");
    let around = Parser::parse_sql(dialect.parser(), "SELECT * FROM (SELECT 1) AS answer").map_err(|_| failed())?.pop();
    let Some(Statement::Query(mut around)) = around else { return Err(failed()) };
    let SetExpr::Select(select) = around.body.as_mut() else { return Err(failed()) };
    let Some(TableFactor::Derived { subquery, .. }) = select.from.first_mut().map(|from| &mut from.relation) else {
        return Err(failed());
    };
    std::mem::swap(query, subquery);
    std::mem::swap(query, &mut around);
    Ok(())
}

/// Bounds the whole statement to `most + 1` rows, so that a cut answer can be told; answers how many rows belong to
/// the answer.
pub(super) fn apply(query: &mut Query, most: u64, dialect: Dialect) -> Result<u64, Refusal> {
    // `(SELECT …)` alone: the brackets go, since SQLite has none there and the LIMIT belongs to what is inside.
    while query.with.is_none() && query.order_by.is_none() && query.limit_clause.is_none() && query.fetch.is_none() {
        match std::mem::replace(
            query.body.as_mut(),
            SetExpr::Values(sqlparser::ast::Values { explicit_row: false, value_keyword: false, rows: Vec::new() }),
        ) {
            SetExpr::Query(inner) => *query = *inner,
            body => {
                *query.body = body;
                break;
            }
        }
    }
    if query.fetch.as_ref().is_some_and(|fetch| fetch.with_ties) {
        inside(query, dialect)?;
    }
    let asked = literal(query.limit_clause.as_ref(), query.fetch.as_ref());
    let fetches_one = query.fetch.as_ref().is_some_and(|fetch| fetch.quantity.is_none());
    let asked = if fetches_one { Some(1) } else { asked };
    let limit = asked.unwrap_or(u64::MAX).min(most.saturating_add(1));
    let number = Expr::Value(Value::Number(limit.to_string(), false).into());
    query.fetch = None;
    query.limit_clause = Some(match query.limit_clause.take() {
        Some(LimitClause::LimitOffset { offset, .. }) => {
            // `OFFSET 2 ROWS` goes with FETCH, and not with LIMIT.
            let offset = offset.map(|offset| Offset { rows: OffsetRows::None, ..offset });
            LimitClause::LimitOffset { limit: Some(number), offset, limit_by: Vec::new() }
        }
        Some(LimitClause::OffsetCommaLimit { offset, .. }) => LimitClause::OffsetCommaLimit { offset, limit: number },
        None => LimitClause::LimitOffset { limit: Some(number), offset: None, limit_by: Vec::new() },
    });
    Ok(asked.unwrap_or(most).min(most))
}
