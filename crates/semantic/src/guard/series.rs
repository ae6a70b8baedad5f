//! Series of rows: how many one makes, where its bounds are plain numbers, or days that a calendar is made of.

use crate::visit::argument;
use sqlparser::ast::{DataType, Expr, FunctionArg, Interval, TypedString, UnaryOperator, Value};

/// The most rows that a series may have.
pub(super) const MAX_ROWS: f64 = 10_000.0;

/// It makes at most one row more; `None` where that cannot be told.
pub fn rows(args: &[FunctionArg]) -> Option<f64> {
    let exprs: Vec<&Expr> = args.iter().map(argument).collect::<Option<_>>()?;
    if exprs.iter().any(|expr| is_null(expr)) {
        return Some(0.0);
    }
    let (span, step) = match exprs.as_slice() {
        [from, to] => (number(to)? - number(from)?, 1.0),
        [from, to, step] if number(from).is_some() => (number(to)? - number(from)?, number(step)?),
        // The time of the day is not looked at: a day more is enough for it.
        [from, to, step] => (day(to)? - day(from)? + 1.0, days_of_step(step)?),
        _ => return None,
    };
    (step > 0.0).then_some(span / step)
}

fn is_null(expr: &Expr) -> bool {
    match expr {
        Expr::Cast { expr, .. } | Expr::Nested(expr) => is_null(expr),
        expr => matches!(expr, Expr::Value(value) if matches!(value.value, Value::Null)),
    }
}

/// A number as it is written, or cast to a type of whole numbers: other casts make others of it.
pub(super) fn number(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::Nested(inner) => number(inner),
        Expr::Cast { expr, data_type, .. } if is_whole(data_type) => literal(expr),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => number(expr).map(|number| -number),
        expr => literal(expr),
    }
}

fn is_whole(kind: &DataType) -> bool {
    use DataType::{BigInt, Int, Int2, Int4, Int8, Integer, SmallInt};
    matches!(kind, SmallInt(_) | Int2(_) | Int(_) | Integer(_) | Int4(_) | BigInt(_) | Int8(_))
}

fn literal(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::Nested(inner) => literal(inner),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => literal(expr).map(|number| -number),
        Expr::Value(value) => match &value.value {
            Value::Number(text, false) => text.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

pub(super) fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// The number of a day, counted from some other: of `DATE '2024-01-31'`, or of the text cast.
fn day(expr: &Expr) -> Option<f64> {
    let is_day = |kind: &DataType| matches!(kind, DataType::Date | DataType::Timestamp(..));
    let text = match expr {
        Expr::TypedString(TypedString { data_type, value, .. }) if is_day(data_type) => match &value.value {
            Value::SingleQuotedString(text) => text,
            _ => return None,
        },
        Expr::Cast { expr, data_type, .. } if is_day(data_type) => text(expr)?,
        _ => return None,
    };
    let date = text.split([' ', 'T']).next()?;
    let mut parts = date.split('-').map(|part| part.parse::<u32>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let is_date = (1..=9_999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    // Years of 366 and months of 31 days: too many rows by a little, and never too few.
    (is_date && parts.next().is_none()).then(|| f64::from(year * 12 * 31 + month * 31 + day))
}

/// The shortest that a step like `'1 month'` may be, in days.
pub(super) fn days_of_step(expr: &Expr) -> Option<f64> {
    let words = match expr {
        Expr::Interval(Interval { value, leading_field: None, last_field: None, .. }) => text(value)?,
        Expr::Cast { expr, data_type: DataType::Interval { .. }, .. } => text(expr)?,
        _ => text(expr)?,
    };
    days(words)
}

/// The same for `1 month`.
pub(super) fn days(words: &str) -> Option<f64> {
    let (count, unit) = words.trim().split_once(' ')?;
    let count: u32 = count.parse().ok().filter(|count| *count >= 1)?;
    let days = match unit.trim().to_ascii_lowercase().trim_end_matches('s') {
        "minute" | "min" => 1.0 / 1_440.0,
        "hour" => 1.0 / 24.0,
        "day" => 1.0,
        "week" => 7.0,
        "month" | "mon" => 28.0,
        "year" => 365.0,
        _ => return None,
    };
    Some(f64::from(count) * days)
}
