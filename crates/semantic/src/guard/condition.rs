//! Conditions: whether an expression is one, something that is true or false, and of one row.

use sqlparser::ast::{BinaryOperator, DataType, Expr, FunctionArguments, Ident, Value};

use super::dialect::Dialect;
use super::refusal::{Refusal, Rule, brief};
use crate::visit::argument;

/// Functions that answer true or false.
const PREDICATES: &[&str] = &[
    "glob",
    "isempty",
    "isfinite",
    "isnull",
    "json_contains",
    "json_contains_path",
    "json_exists",
    "json_overlaps",
    "json_valid",
    "jsonb_path_exists",
    "jsonb_path_match",
    "like",
    "regexp",
    "regexp_like",
    "starts_with",
];
/// Functions that answer one of their arguments.
const CHOICES: &[&str] = &["coalesce", "ifnull", "likely", "unlikely"];

/// Errors: a value that is no condition. A column is one if `booleans` has it.
pub(super) fn check(expr: &Expr, booleans: &[String], dialect: Dialect) -> Result<(), Refusal> {
    let refused =
        |what: &str| Refusal::new(Rule::Unsupported, format!("a row filter is a condition, and {what} is none"));
    match expr {
        Expr::Nested(inner) => check(inner, booleans, dialect),
        Expr::UnaryOp { op: sqlparser::ast::UnaryOperator::Not, expr } => check(expr, booleans, dialect),
        Expr::BinaryOp { left, op: BinaryOperator::And | BinaryOperator::Or | BinaryOperator::Xor, right } => {
            check(left, booleans, dialect)?;
            check(right, booleans, dialect)
        }
        Expr::BinaryOp { op, .. } if compares(op) => Ok(()),
        Expr::BinaryOp { op, .. } => Err(refused(&format!("what `{op}` makes"))),
        Expr::Identifier(ident) => column(ident, booleans, dialect),
        Expr::CompoundIdentifier(parts)
            if parts.last().is_some_and(|ident| column(ident, booleans, dialect).is_ok()) =>
        {
            Ok(())
        }
        Expr::Value(value) if matches!(value.value, Value::Boolean(_) | Value::Null) => Ok(()),
        Expr::Cast { data_type: DataType::Bool | DataType::Boolean, .. } => Ok(()),
        Expr::Case { conditions, else_result, .. } => {
            let mut results = conditions.iter().map(|case| &case.result).chain(else_result.as_deref());
            results.try_for_each(|result| check(result, booleans, dialect))
        }
        Expr::Function(function) => {
            let name = function.name.0.last().and_then(|part| part.as_ident()).map(|ident| dialect.key(ident));
            let name = name.unwrap_or_default();
            let args = arguments(&function.args);
            match name.as_str() {
                known if PREDICATES.contains(&known) => Ok(()),
                "if" | "iif" => args.into_iter().skip(1).try_for_each(|arg| check(arg, booleans, dialect)),
                "likelihood" | "nullif" => args.into_iter().take(1).try_for_each(|arg| check(arg, booleans, dialect)),
                known if CHOICES.contains(&known) => args.into_iter().try_for_each(|arg| check(arg, booleans, dialect)),
                _ => Err(refused(&format!("what `{}` answers", brief(&name)))),
            }
        }
        Expr::IsFalse(_)
        | Expr::IsNotFalse(_)
        | Expr::IsTrue(_)
        | Expr::IsNotTrue(_)
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsUnknown(_)
        | Expr::IsNotUnknown(_)
        | Expr::IsDistinctFrom(..)
        | Expr::IsNotDistinctFrom(..)
        | Expr::InList { .. }
        | Expr::Between { .. }
        | Expr::Like { .. }
        | Expr::ILike { .. }
        | Expr::SimilarTo { .. }
        | Expr::RLike { .. }
        | Expr::AnyOp { .. }
        | Expr::AllOp { .. } => Ok(()),
        _ => Err(refused("a value")),
    }
}

fn column(ident: &Ident, booleans: &[String], dialect: Dialect) -> Result<(), Refusal> {
    let key = dialect.key(ident);
    if booleans.iter().any(|known| dialect.stored_key(known) == key) {
        return Ok(());
    }
    let message =
        format!("a row filter is a condition, and `{}` is not known to be true or false", brief(&ident.value));
    Err(Refusal::at(Rule::Unsupported, ident.span, message))
}

fn compares(op: &BinaryOperator) -> bool {
    use BinaryOperator as Op;
    matches!(
        op,
        Op::Gt
            | Op::Lt
            | Op::GtEq
            | Op::LtEq
            | Op::Eq
            | Op::NotEq
            | Op::Spaceship
            | Op::Glob
            | Op::Regexp
            | Op::PGOverlap
            | Op::AtArrow
            | Op::ArrowAt
            | Op::AtAt
            | Op::Overlaps
            | Op::PGStartsWith
            | Op::PGRegexMatch
            | Op::PGRegexIMatch
            | Op::PGRegexNotMatch
            | Op::PGRegexNotIMatch
            | Op::PGLikeMatch
            | Op::PGILikeMatch
            | Op::PGNotLikeMatch
            | Op::PGNotILikeMatch
            | Op::Question
            | Op::QuestionAnd
            | Op::QuestionPipe
            | Op::AtQuestion
    )
}

fn arguments(args: &FunctionArguments) -> Vec<&Expr> {
    let FunctionArguments::List(list) = args else { return Vec::new() };
    let exprs = list.args.iter().filter_map(argument);
    exprs.collect()
}
