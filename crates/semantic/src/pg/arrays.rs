//! Parameters that are arrays: `x = ANY ($1)` is written as a list of as many parameters as the array has elements, since
//! not every source has arrays.

use sqlparser::ast::{BinaryOperator, Expr, Value};

use super::types::Type;
use super::typing::Types;
use crate::guard::Dialect;
use crate::template;

/// What an element is called where the parameters of a statement are given.
pub fn element_name(parameter: usize, element: usize) -> String {
    format!("p{}_{}", parameter + 1, element + 1)
}

/// The expression in such words, where it is one. Of an array that has no value, it is not known how many elements it has.
pub(super) fn listed(
    expr: &Expr,
    types: &Types,
    dialect: Dialect,
    count: &dyn Fn(usize) -> Option<usize>,
) -> Option<Expr> {
    let (left, right, negated) = match expr {
        Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => (left, right, false),
        Expr::AllOp { left, compare_op: BinaryOperator::NotEq, right } => (left, right, true),
        _ => return None,
    };
    let at = parameter(right).filter(|at| types.arrays.contains(at))?;
    let value = |value: Value| Expr::Value(value.into());
    // Times are compared in one form, as elsewhere.
    let form = match types.of(left).filter(|_| dialect == Dialect::Sqlite) {
        Some(Type::Date) => "date(x)",
        Some(ty) if ty.is_moment() => "strftime('%Y-%m-%d %H:%M:%f', x)",
        _ => "x",
    };
    let formed = |expr: Expr| template::filled(dialect, form, &[("x", expr)]);
    let list = match count(at) {
        Some(0) => return Some(value(Value::Boolean(negated))),
        Some(count) => {
            let element = |element| value(Value::Placeholder(format!(":{}", element_name(at, element))));
            (0..count).map(|at| formed(element(at))).collect()
        }
        None => vec![value(Value::Null)],
    };
    Some(Expr::InList { expr: Box::new(formed((**left).clone())), list, negated })
}

/// The number of a parameter from 0, as it is written already.
fn parameter(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => parameter(inner),
        Expr::Value(value) => match &value.value {
            Value::Placeholder(name) => name.strip_prefix(":p")?.parse::<usize>().ok()?.checked_sub(1),
            _ => None,
        },
        _ => None,
    }
}
