//! Conditions on rows and on groups. Every value is a parameter.

use jiff::civil::Date;
use sqlparser::ast::{BinaryOperator, Expr, Value as SqlValue};

use super::{PlanProblem, Planner, sql};
use crate::chat::ground::{FieldId, MaskShows, Type};
use crate::chat::query::{Filter, Op, Range, Value};
use crate::guard::Literal;

/// Marks a character of a pattern as itself. Backslashes mean different things in different dialects.
const ESCAPE: char = '!';

impl Planner<'_> {
    /// The condition of a filter over the row of an alias.
    pub(super) fn condition(&mut self, filter: &Filter, alias: &str) -> Result<Expr, PlanProblem> {
        let field = filter.field;
        let value = self.field(field, alias)?;
        let ty = self.ground.field(field).ty;
        let bad = PlanProblem::BadValue { field };
        let is_of_nulls = matches!(filter.op, Op::IsEmpty | Op::IsNotEmpty) && filter.values.is_empty();
        // The ends of a range of days are looked at where they are known.
        if !is_of_nulls && self.mask_of(field).is_some_and(|shows| shows != MaskShows::Year) {
            return Err(self.masked(field));
        }
        match filter.op {
            Op::IsEmpty | Op::IsNotEmpty if let [Value::Date(day)] = filter.values.as_slice() => {
                let (from, to) = if filter.op == Op::IsEmpty { (Some(*day), None) } else { (None, Some(*day)) };
                let range = self.between(field, value.clone(), from, to)?;
                return match filter.op {
                    Op::IsEmpty => sql::any(vec![Expr::IsNull(Box::new(value)), range]).ok_or(bad),
                    _ => Ok(range),
                };
            }
            Op::IsEmpty => return Ok(Expr::IsNull(Box::new(value))),
            Op::IsNotEmpty => return Ok(Expr::IsNotNull(Box::new(value))),
            Op::Contains | Op::StartsWith | Op::EndsWith => return self.pattern(filter, value),
            _ if filter.values.is_empty() => return Err(bad),
            _ => {}
        }
        let is_time = self.is_time(field);
        let has_dates = filter.values.iter().any(|value| matches!(value, Value::Date(_)));
        if has_dates || matches!(ty, Type::Date | Type::Timestamp) {
            if !is_time {
                return Err(bad);
            }
            return self.dates(filter, value);
        }
        self.is_unmasked(field)?;
        let condition = match filter.op {
            Op::Is | Op::IsNot => {
                let values =
                    filter.values.iter().map(|value| self.literal(field, value)).collect::<Result<Vec<_>, _>>()?;
                let is_negated = filter.op == Op::IsNot;
                let among = match values.as_slice() {
                    [one] => {
                        let op = if is_negated { BinaryOperator::NotEq } else { BinaryOperator::Eq };
                        sql::binary(value.clone(), op, one.clone())
                    }
                    _ => Expr::InList { expr: Box::new(value.clone()), list: values, negated: is_negated },
                };
                if !is_negated {
                    return Ok(among);
                }
                return Ok(self.or_empty(field, among, value));
            }
            Op::Between => {
                let [low, high] = filter.values.as_slice() else { return Err(bad) };
                let (low, high) = (self.literal(field, low)?, self.literal(field, high)?);
                let from = sql::binary(value.clone(), BinaryOperator::GtEq, low);
                sql::binary(from, BinaryOperator::And, sql::binary(value, BinaryOperator::LtEq, high))
            }
            other => {
                let ([one], Some(op)) = (filter.values.as_slice(), comparison(other)) else { return Err(bad) };
                sql::binary(value, op, self.literal(field, one)?)
            }
        };
        Ok(condition)
    }

    /// What is not one of some values may be nothing at all.
    fn or_empty(&mut self, field: FieldId, condition: Expr, value: Expr) -> Expr {
        let name = super::columns::lowered(self.ground.field(field).names.shown());
        self.assume(format!("Rows without {name} are among those that are left."));
        sql::any(vec![condition, Expr::IsNull(Box::new(value))]).unwrap_or_else(sql::null)
    }

    fn pattern(&mut self, filter: &Filter, value: Expr) -> Result<Expr, PlanProblem> {
        let ty = self.ground.field(filter.field).ty;
        let bad = PlanProblem::BadValue { field: filter.field };
        let value = match ty {
            Type::Text => value,
            Type::Number | Type::Other => self.speech.text(value),
            _ => return Err(bad),
        };
        let mut conditions = Vec::new();
        for text in &filter.values {
            let (Value::Text(text) | Value::Number(text)) = text else { return Err(bad) };
            if text.is_empty() {
                return Err(bad);
            }
            let mut pattern = String::new();
            for c in text.chars() {
                if matches!(c, '%' | '_' | ESCAPE) {
                    pattern.push(ESCAPE);
                }
                pattern.push(c);
            }
            let pattern = match filter.op {
                Op::StartsWith => format!("{pattern}%"),
                Op::EndsWith => format!("%{pattern}"),
                _ => format!("%{pattern}%"),
            };
            let pattern = self.value(Literal::Text(pattern));
            conditions.push(Expr::Like {
                negated: false,
                any: false,
                expr: Box::new(sql::call("LOWER", vec![value.clone()])),
                pattern: Box::new(sql::call("LOWER", vec![pattern])),
                escape_char: Some(Box::new(Expr::Value(SqlValue::SingleQuotedString(ESCAPE.to_string()).into()))),
            });
        }
        sql::any(conditions).ok_or(bad)
    }

    /// Conditions on days: a time is on a day from its beginning to its end.
    fn dates(&mut self, filter: &Filter, value: Expr) -> Result<Expr, PlanProblem> {
        let field = filter.field;
        let bad = PlanProblem::BadValue { field };
        let day = |value: &Value| match value {
            Value::Date(date) => Ok(*date),
            Value::Text(text) => text.parse::<Date>().map_err(|_| PlanProblem::BadValue { field }),
            _ => Err(PlanProblem::BadValue { field }),
        };
        let days = filter.values.iter().map(day).collect::<Result<Vec<_>, _>>()?;
        let after = |day: &Date| day.tomorrow().map_err(|_| PlanProblem::BadValue { field });
        match (filter.op, days.as_slice()) {
            (Op::Is | Op::IsNot, days) => {
                let mut among = Vec::new();
                for day in days {
                    let range = self.between(field, value.clone(), Some(*day), Some(after(day)?))?;
                    among.push(sql::bracketed(range));
                }
                let among = sql::any(among).ok_or(bad)?;
                if filter.op == Op::Is {
                    return Ok(among);
                }
                Ok(self.or_empty(field, sql::not(among), value))
            }
            (Op::Less, [day]) => self.between(field, value, None, Some(*day)),
            (Op::AtMost, [day]) => self.between(field, value, None, Some(after(day)?)),
            (Op::More, [day]) => self.between(field, value, Some(after(day)?), None),
            (Op::AtLeast, [day]) => self.between(field, value, Some(*day), None),
            (Op::Between, [from, to]) => self.between(field, value, Some(*from), Some(after(to)?)),
            _ => Err(bad),
        }
    }

    /// A time in a range of days; `None` where the range has no end on either side.
    pub(super) fn in_range(&mut self, field: FieldId, alias: &str, range: &Range) -> Result<Option<Expr>, PlanProblem> {
        if !self.is_time(field) {
            return Err(PlanProblem::NotATime { field });
        }
        if range.from.is_none() && range.to.is_none() {
            return Ok(None);
        }
        let value = self.field(field, alias)?;
        // What ends with today ends with what there is.
        let to = range.to.filter(|to| !range.is_partial || self.today.tomorrow().ok() != Some(*to));
        self.tells_range(field, [range.from, to])?;
        self.within(field, value, range.from, range.to).map(Some)
    }

    fn between(
        &mut self,
        field: FieldId,
        value: Expr,
        from: Option<Date>,
        to: Option<Date>,
    ) -> Result<Expr, PlanProblem> {
        self.tells_range(field, [from, to])?;
        self.within(field, value, from, to)
    }

    fn within(
        &mut self,
        field: FieldId,
        value: Expr,
        from: Option<Date>,
        to: Option<Date>,
    ) -> Result<Expr, PlanProblem> {
        let is_native = matches!(self.ground.field(field).ty, Type::Date | Type::Timestamp);
        let time = if is_native && self.speech.compares_times { value } else { self.speech.day(value) };
        let mut conditions = Vec::new();
        for (end, op) in [(from, BinaryOperator::GtEq), (to, BinaryOperator::Lt)] {
            if let Some(date) = end {
                let text = self.value(Literal::Text(date.to_string()));
                conditions.push(sql::binary(time.clone(), op, self.speech.date(text)));
            }
        }
        sql::all(conditions).ok_or(PlanProblem::BadValue { field })
    }

    /// Whether days of it can be told: a date, a time, or a text that the model calls one.
    pub(super) fn is_time(&self, field: FieldId) -> bool {
        let known = self.ground.field(field);
        matches!(known.ty, Type::Date | Type::Timestamp) || known.is_time && known.ty == Type::Text
    }

    /// A value of the field's type.
    pub(super) fn literal(&mut self, field: FieldId, value: &Value) -> Result<Expr, PlanProblem> {
        let bad = PlanProblem::BadValue { field };
        let literal = match (self.ground.field(field).ty, value) {
            (Type::Text | Type::Other, Value::Text(text) | Value::Number(text)) => Literal::Text(text.clone()),
            (Type::Number, Value::Number(digits)) => number(digits).ok_or(bad)?,
            (Type::Number, Value::Text(text)) => number(text).ok_or(bad)?,
            (Type::Boolean, Value::Boolean(truth)) => Literal::Boolean(*truth),
            (Type::Boolean, Value::Text(text)) => Literal::Boolean(truth(text).ok_or(bad)?),
            (Type::Boolean, Value::Number(digits)) => Literal::Boolean(truth(digits).ok_or(bad)?),
            // Flags that are kept as 0 and 1.
            (Type::Number, Value::Boolean(truth)) => Literal::Number(u8::from(*truth).to_string()),
            _ => return Err(bad),
        };
        Ok(self.value(literal))
    }

    /// A condition on a figure.
    pub(super) fn on_figure(&mut self, figure: Expr, ty: Type, op: Op, values: &[Value]) -> Result<Expr, PlanProblem> {
        let bad = PlanProblem::Combination("This condition on a figure");
        if ty != Type::Number {
            return Err(bad);
        }
        let mut operands = Vec::new();
        for value in values {
            let (Value::Number(digits) | Value::Text(digits)) = value else { return Err(bad) };
            let literal = number(digits).ok_or(PlanProblem::Combination("A condition without a number"))?;
            operands.push(self.value(literal));
        }
        match (op, operands.as_slice()) {
            (Op::Between, [low, high]) => {
                let from = sql::binary(figure.clone(), BinaryOperator::GtEq, low.clone());
                Ok(sql::binary(from, BinaryOperator::And, sql::binary(figure, BinaryOperator::LtEq, high.clone())))
            }
            (Op::IsEmpty, []) => Ok(Expr::IsNull(Box::new(sql::bracketed(figure)))),
            (Op::IsNotEmpty, []) => Ok(Expr::IsNotNull(Box::new(sql::bracketed(figure)))),
            (op, [one]) => {
                let op = match op {
                    Op::Is => BinaryOperator::Eq,
                    Op::IsNot => BinaryOperator::NotEq,
                    other => comparison(other).ok_or(bad)?,
                };
                Ok(sql::binary(figure, op, one.clone()))
            }
            _ => Err(bad),
        }
    }
}

fn comparison(op: Op) -> Option<BinaryOperator> {
    Some(match op {
        Op::Less => BinaryOperator::Lt,
        Op::AtMost => BinaryOperator::LtEq,
        Op::More => BinaryOperator::Gt,
        Op::AtLeast => BinaryOperator::GtEq,
        _ => return None,
    })
}

/// Digits that the guard takes as a number.
fn number(text: &str) -> Option<Literal> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.bytes().filter(|b| *b == b'.').count() <= 1
        && digits.len() <= 40;
    is_number.then(|| Literal::Number(text.to_owned()))
}

fn truth(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "1" => Some(true),
        "false" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// Whether rows whose value is missing cannot fulfil it.
pub(super) fn needs_a_value(filter: &Filter) -> bool {
    !matches!(filter.op, Op::IsNot | Op::IsEmpty)
}
