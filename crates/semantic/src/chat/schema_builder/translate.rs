//! Translation of the standard's expressions into a dialect that says or does them otherwise.

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, CastKind, DataType, DateTimeField, ExactNumberInfo, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArguments, TypedString, Value,
};

use super::super::plan::sql;
use super::super::query::Grain;
use super::super::speech::Speech;
use crate::guard::Dialect;
use crate::visit::{self, VisitorMut, argument};

pub(super) fn to(mut expr: Expr, speech: &'static Speech, starts_on_sunday: bool) -> Expr {
    let _: ControlFlow<()> = visit::change(&mut expr, &mut Translate { speech, starts_on_sunday });
    expr
}

/// Divisions in decimals that answer nothing where the divisor is nothing. Metrics need it in every dialect.
pub(super) fn divided(mut expr: Expr) -> Expr {
    let _: ControlFlow<()> = visit::change(&mut expr, &mut Divide);
    expr
}

struct Divide;

impl VisitorMut for Divide {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::BinaryOp { left, op: BinaryOperator::Divide, right } = expr {
            if !is_decimal(left) && !is_decimal(right) {
                let part = std::mem::replace(left.as_mut(), sql::null());
                **left = sql::binary(sql::decimal("1e0"), BinaryOperator::Multiply, part);
            }
            if !is_number(right) && !is_guarded(right) {
                let whole = std::mem::replace(right.as_mut(), sql::null());
                **right = sql::call("NULLIF", vec![whole, sql::number(0)]);
            }
        }
        ControlFlow::Continue(())
    }
}

/// Whether a number with a fraction makes the whole of it decimal.
fn is_decimal(expr: &Expr) -> bool {
    match expr {
        Expr::Value(value) => matches!(&value.value, Value::Number(text, _) if text.contains(['e', 'E'])),
        Expr::Nested(inner) => is_decimal(inner),
        Expr::BinaryOp { left, op: BinaryOperator::Multiply | BinaryOperator::Divide, right } => {
            is_decimal(left) || is_decimal(right)
        }
        _ => false,
    }
}

fn is_number(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if matches!(&value.value, Value::Number(text, _)
        if text.bytes().any(|b| matches!(b, b'1'..=b'9'))))
}

fn is_guarded(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => is_guarded(inner),
        Expr::Function(function) => function.name.to_string().eq_ignore_ascii_case("nullif"),
        _ => false,
    }
}

struct Translate {
    speech: &'static Speech,
    starts_on_sunday: bool,
}

impl VisitorMut for Translate {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let dialect = self.speech.dialect;
        let other = match expr {
            Expr::BinaryOp { left, op: BinaryOperator::StringConcat, right } => {
                Some(self.speech.concat((**left).clone(), (**right).clone()))
            }
            Expr::Cast { kind: CastKind::Cast | CastKind::DoubleColon, expr: inner, data_type, .. } => {
                Some(self.cast((**inner).clone(), data_type))
            }
            // SQLite keeps dates as texts.
            Expr::TypedString(TypedString { data_type: DataType::Date | DataType::Timestamp(..), value, .. })
                if dialect == Dialect::Sqlite =>
            {
                Some(Expr::Value(value.clone()))
            }
            Expr::Extract { field, expr: inner, .. } if dialect == Dialect::Sqlite => extracted(field).map(|format| {
                let format = Expr::Value(Value::SingleQuotedString(format.to_owned()).into());
                let text = sql::call("strftime", vec![format, (**inner).clone()]);
                sql::cast(text, DataType::Integer(None))
            }),
            Expr::Function(function) => self.function(function),
            _ => None,
        };
        if let Some(other) = other {
            *expr = other;
        }
        ControlFlow::Continue(())
    }
}

impl Translate {
    fn cast(&self, inner: Expr, data_type: &DataType) -> Expr {
        let dialect = self.speech.dialect;
        match (dialect, data_type) {
            (Dialect::Sqlite, DataType::Date) => self.speech.day(inner),
            (Dialect::Sqlite, DataType::Timestamp(..) | DataType::Datetime(_)) => sql::call("datetime", vec![inner]),
            (Dialect::MySql, DataType::Integer(_) | DataType::Int(_) | DataType::BigInt(_) | DataType::SmallInt(_)) => {
                sql::cast(inner, DataType::Signed)
            }
            (Dialect::MySql, DataType::Varchar(_) | DataType::Text | DataType::CharacterVarying(_)) => {
                self.speech.text(inner)
            }
            (Dialect::MySql, DataType::Float(_) | DataType::Real | DataType::DoublePrecision | DataType::Double(_)) => {
                sql::bracketed(sql::binary(sql::decimal("1e0"), BinaryOperator::Multiply, inner))
            }
            // Without a scale these would have none at all.
            (Dialect::MySql, DataType::Decimal(ExactNumberInfo::None) | DataType::Numeric(ExactNumberInfo::None)) => {
                sql::cast(inner, DataType::Decimal(ExactNumberInfo::PrecisionAndScale(38, 10)))
            }
            _ => sql::cast(inner, data_type.clone()),
        }
    }

    fn function(&self, function: &mut Function) -> Option<Expr> {
        let name = function.name.to_string().to_ascii_lowercase();
        if let Some(condition) = function.filter.clone().filter(|_| !self.speech.has_filter) {
            filtered(function, *condition);
        }
        if name == "avg"
            && let FunctionArguments::List(list) = &mut function.args
            && let [FunctionArg::Unnamed(FunctionArgExpr::Expr(arg))] = list.args.as_mut_slice()
            && self.speech.has_short_fractions
        {
            *arg = self.speech.in_full(arg.clone());
            return None;
        }
        let FunctionArguments::List(list) = &function.args else { return None };
        let args: Vec<&Expr> = list.args.iter().filter_map(argument).collect();
        match (name.as_str(), args.as_slice()) {
            ("date_trunc", [grain, time]) => {
                let grain = match text(grain)?.to_ascii_lowercase().as_str() {
                    "day" => Grain::Day,
                    "week" => Grain::Week,
                    "month" => Grain::Month,
                    "quarter" => Grain::Quarter,
                    "year" => Grain::Year,
                    _ => return None,
                };
                Some(self.speech.truncated((*time).clone(), grain, self.starts_on_sunday, 0))
            }
            ("median", [value]) if function.over.is_none() => self.speech.median((*value).clone()),
            _ => None,
        }
    }
}

/// `SUM(x) FILTER (WHERE c)` as `SUM(CASE WHEN c THEN x END)`.
fn filtered(function: &mut Function, condition: Expr) {
    if let FunctionArguments::List(list) = &mut function.args
        && let [arg] = list.args.as_mut_slice()
    {
        let value = match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => expr.clone(),
            FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => sql::number(1),
            _ => return,
        };
        *arg = FunctionArg::Unnamed(FunctionArgExpr::Expr(sql::when(condition, value)));
        function.filter = None;
    }
}

fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

fn extracted(field: &DateTimeField) -> Option<&'static str> {
    Some(match field {
        DateTimeField::Year => "%Y",
        DateTimeField::Month => "%m",
        DateTimeField::Day => "%d",
        DateTimeField::Hour => "%H",
        DateTimeField::Minute => "%M",
        _ => return None,
    })
}
