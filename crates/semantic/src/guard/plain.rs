//! Plain row filters: columns that are compared with values, joined by AND and OR.

use sqlparser::ast::{
    BinaryOperator, DataType, Expr, Ident, Query, SetExpr, TypedString, UnaryOperator, Value as Word,
};

use super::dialect::Dialect;
use super::parse;

/// Longer ones are not plain.
const MAX_BYTES: usize = 500;
/// Comparisons in all, and values in a list.
const MAX_TESTS: usize = 8;
const MAX_VALUES: usize = 12;
/// Groups inside groups: an OR inside an AND is two.
const MAX_GROUPS: usize = 2;

/// A condition. A group has two parts or more, and none that is a group of its own sort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plain {
    All(Vec<Plain>),
    Any(Vec<Plain>),
    Test(Test),
}

/// A column, how it is compared, and with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    pub column: String,
    pub how: How,
    pub values: Vec<Value>,
}

/// Only `Empty` holds where the column has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    Is,
    Other,
    OneOf,
    NoneOf,
    More,
    Less,
    AtLeast,
    AtMost,
    /// From the first value to the second one, both included.
    Between,
    /// At the beginning of a day or later.
    From,
    Before,
    Begins,
    NotBegins,
    Ends,
    NotEnds,
    Contains,
    NotContains,
    Empty,
    Filled,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Text(String),
    /// Decimal digits with an optional sign and fraction.
    Number(String),
    Boolean(bool),
    /// A day, `2025-01-31`.
    Day(String),
}

/// What a condition says; `None` where it is not plain, or does not say the same in every dialect that can read it.
pub fn plain(condition: &str) -> Option<Plain> {
    let dialects = [Dialect::Sqlite, Dialect::PostgreSql, Dialect::MySql];
    let mut readings = dialects.into_iter().filter_map(|dialect| reading(condition, dialect));
    let first = readings.next()??;
    readings.all(|other| other.as_ref() == Some(&first)).then_some(first)
}

/// The same for a condition that is written in one dialect.
pub fn plain_in(condition: &str, dialect: Dialect) -> Option<Plain> {
    reading(condition, dialect)?
}

/// `None` where the dialect cannot read it, `Some(None)` where what it reads is not plain.
fn reading(condition: &str, dialect: Dialect) -> Option<Option<Plain>> {
    if condition.len() > MAX_BYTES {
        return Some(None);
    }
    parse::read(&format!("SELECT 1 WHERE ({condition}\n)"), dialect, |query| {
        let found = of(selected(&query)?, false)?;
        (found.tests() <= MAX_TESTS && found.groups() <= MAX_GROUPS).then_some(found)
    })
    .ok()
}

/// The condition, if it is all that the text around it holds.
fn selected(query: &Query) -> Option<&Expr> {
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    let Some(Expr::Nested(inner)) = &select.selection else { return None };
    (query.to_string() == format!("SELECT 1 WHERE ({inner})")).then_some(inner)
}

impl Plain {
    fn tests(&self) -> usize {
        match self {
            Plain::All(parts) | Plain::Any(parts) => parts.iter().map(Plain::tests).sum(),
            Plain::Test(_) => 1,
        }
    }

    fn groups(&self) -> usize {
        match self {
            Plain::All(parts) | Plain::Any(parts) => 1 + parts.iter().map(Plain::groups).max().unwrap_or_default(),
            Plain::Test(_) => 0,
        }
    }
}

/// Of the condition, or of its contrary, which goes inwards: NOT holds nowhere where a value is missing, and neither
/// does what it becomes.
fn of(expr: &Expr, is_not: bool) -> Option<Plain> {
    match expr {
        Expr::Nested(inner) => of(inner, is_not),
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => of(expr, !is_not),
        Expr::BinaryOp { left, op: op @ (BinaryOperator::And | BinaryOperator::Or), right } => {
            let sides = [of(left, is_not)?, of(right, is_not)?];
            Some(if (*op == BinaryOperator::And) != is_not { all(sides) } else { any(sides) })
        }
        Expr::BinaryOp { left, op, right } => compared(left, op, right, is_not),
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => is(expr, !is_not),
        Expr::IsTrue(expr) if !is_not => is(expr, true),
        Expr::IsFalse(expr) if !is_not => is(expr, false),
        Expr::IsNull(expr) => test(expr, if is_not { How::Filled } else { How::Empty }, Vec::new()),
        Expr::IsNotNull(expr) => test(expr, if is_not { How::Empty } else { How::Filled }, Vec::new()),
        Expr::InList { expr, list, negated } => listed(expr, list, *negated != is_not),
        Expr::Between { expr, negated, low, high } => between(expr, low, high, *negated != is_not),
        Expr::Like { expr, pattern, negated, any: false, escape_char: None } => like(expr, pattern, *negated != is_not),
        _ => None,
    }
}

fn all(sides: [Plain; 2]) -> Plain {
    let parts = sides.into_iter().flat_map(|side| match side {
        Plain::All(parts) => parts,
        other => vec![other],
    });
    Plain::All(parts.collect())
}

fn any(sides: [Plain; 2]) -> Plain {
    let parts = sides.into_iter().flat_map(|side| match side {
        Plain::Any(parts) => parts,
        other => vec![other],
    });
    Plain::Any(parts.collect())
}

fn test(expr: &Expr, how: How, values: Vec<Value>) -> Option<Plain> {
    Some(Plain::Test(Test { column: column(expr)?.value.clone(), how, values }))
}

fn column(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Identifier(ident) => Some(ident),
        Expr::CompoundIdentifier(parts) => parts.last(),
        Expr::Nested(inner) => column(inner),
        _ => None,
    }
}

fn is(expr: &Expr, yes: bool) -> Option<Plain> {
    test(expr, How::Is, vec![Value::Boolean(yes)])
}

fn compared(left: &Expr, op: &BinaryOperator, right: &Expr, is_not: bool) -> Option<Plain> {
    use BinaryOperator as Op;
    let op = if is_not { contrary(op)? } else { op.clone() };
    let (column, op, value) = match column(left) {
        Some(_) => (left, op, right),
        None => (right, turned(op), left),
    };
    if let Some(day) = day(value) {
        return match op {
            Op::GtEq => test(column, How::From, vec![day]),
            Op::Lt => test(column, How::Before, vec![day]),
            // Whether a moment of that day is meant depends on the column.
            _ => None,
        };
    }
    let value = literal(value)?;
    let is_number = matches!(value, Value::Number(_));
    let how = match op {
        Op::Eq => How::Is,
        Op::NotEq => How::Other,
        // What comes before a text depends on the source.
        Op::Gt if is_number => How::More,
        Op::Lt if is_number => How::Less,
        Op::GtEq if is_number => How::AtLeast,
        Op::LtEq if is_number => How::AtMost,
        _ => return None,
    };
    test(column, how, vec![value])
}

fn contrary(op: &BinaryOperator) -> Option<BinaryOperator> {
    use BinaryOperator as Op;
    Some(match op {
        Op::Eq => Op::NotEq,
        Op::NotEq => Op::Eq,
        Op::Gt => Op::LtEq,
        Op::LtEq => Op::Gt,
        Op::Lt => Op::GtEq,
        Op::GtEq => Op::Lt,
        _ => return None,
    })
}

/// With its sides changed.
fn turned(op: BinaryOperator) -> BinaryOperator {
    use BinaryOperator as Op;
    match op {
        Op::Gt => Op::Lt,
        Op::Lt => Op::Gt,
        Op::GtEq => Op::LtEq,
        Op::LtEq => Op::GtEq,
        other => other,
    }
}

fn listed(expr: &Expr, list: &[Expr], is_not: bool) -> Option<Plain> {
    let days = list.iter().any(|value| day(value).is_some());
    let values: Vec<Value> = list.iter().map(literal).collect::<Option<_>>()?;
    let how = match (values.len(), is_not) {
        (1, false) => How::Is,
        (1, true) => How::Other,
        (2..=MAX_VALUES, false) => How::OneOf,
        (2..=MAX_VALUES, true) => How::NoneOf,
        _ => return None,
    };
    if days { None } else { test(expr, how, values) }
}

fn between(expr: &Expr, low: &Expr, high: &Expr, is_not: bool) -> Option<Plain> {
    let (Some(low @ Value::Number(_)), Some(high @ Value::Number(_))) = (literal(low), literal(high)) else {
        return None;
    };
    if is_not {
        return Some(any([test(expr, How::Less, vec![low])?, test(expr, How::More, vec![high])?]));
    }
    test(expr, How::Between, vec![low, high])
}

/// Where the only wildcards are at its ends.
fn like(expr: &Expr, pattern: &Expr, is_not: bool) -> Option<Plain> {
    let Some(Value::Text(pattern)) = literal(pattern) else { return None };
    let (begun, begins_open) = pattern.strip_prefix('%').map_or((pattern.as_str(), false), |rest| (rest, true));
    let (text, ends_open) = begun.strip_suffix('%').map_or((begun, false), |rest| (rest, true));
    if text.is_empty() || text.contains(['%', '_', '\\']) {
        return None;
    }
    let how = match (begins_open, ends_open, is_not) {
        (false, true, false) => How::Begins,
        (false, true, true) => How::NotBegins,
        (true, false, false) => How::Ends,
        (true, false, true) => How::NotEnds,
        (true, true, false) => How::Contains,
        (true, true, true) => How::NotContains,
        (false, false, _) => return None,
    };
    test(expr, how, vec![Value::Text(text.to_owned())])
}

fn literal(expr: &Expr) -> Option<Value> {
    match expr {
        Expr::Nested(inner) => literal(inner),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match literal(expr)? {
            Value::Number(digits) if !digits.starts_with('-') => Some(Value::Number(format!("-{digits}"))),
            _ => None,
        },
        Expr::Value(value) => match &value.value {
            Word::SingleQuotedString(text) if !text.is_empty() => Some(Value::Text(text.clone())),
            Word::Number(digits, false) if is_decimal(digits) => Some(Value::Number(digits.clone())),
            Word::Boolean(yes) => Some(Value::Boolean(*yes)),
            _ => None,
        },
        _ => None,
    }
}

fn is_decimal(digits: &str) -> bool {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    [whole, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `'2025-01-31'` and `DATE '2025-01-31'`.
fn day(expr: &Expr) -> Option<Value> {
    let value = match expr {
        Expr::Nested(inner) => return day(inner),
        Expr::TypedString(TypedString { data_type: DataType::Date, value, .. }) | Expr::Value(value) => &value.value,
        _ => return None,
    };
    let Word::SingleQuotedString(text) = value else { return None };
    let is_day = text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok();
    is_day.then(|| Value::Day(text.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(column: &str, how: How, values: &[Value]) -> Plain {
        Plain::Test(Test { column: column.to_owned(), how, values: values.to_vec() })
    }

    fn text(value: &str) -> Value {
        Value::Text(value.to_owned())
    }

    fn number(digits: &str) -> Value {
        Value::Number(digits.to_owned())
    }

    #[test]
    fn one_comparison_is_plain() {
        for (condition, column, how, values) in [
            ("region = 'EMEA'", "region", How::Is, vec![text("EMEA")]),
            ("'EMEA' = region", "region", How::Is, vec![text("EMEA")]),
            ("customer.region <> 'EMEA'", "region", How::Other, vec![text("EMEA")]),
            ("region IN ('EMEA', 'APAC')", "region", How::OneOf, vec![text("EMEA"), text("APAC")]),
            ("region NOT IN ('EMEA')", "region", How::Other, vec![text("EMEA")]),
            ("NOT (region IN ('EMEA', 'APAC'))", "region", How::NoneOf, vec![text("EMEA"), text("APAC")]),
            ("100 < amount", "amount", How::More, vec![number("100")]),
            ("NOT amount > -1.5", "amount", How::AtMost, vec![number("-1.5")]),
            ("amount BETWEEN 1 AND 5", "amount", How::Between, vec![number("1"), number("5")]),
            ("day >= '2025-01-31'", "day", How::From, vec![Value::Day("2025-01-31".into())]),
            ("NOT day >= DATE '2025-01-31'", "day", How::Before, vec![Value::Day("2025-01-31".into())]),
            ("name LIKE 'a%'", "name", How::Begins, vec![text("a")]),
            ("name NOT LIKE '%a'", "name", How::NotEnds, vec![text("a")]),
            ("NOT name NOT LIKE '%a b%'", "name", How::Contains, vec![text("a b")]),
            ("name IS NULL", "name", How::Empty, vec![]),
            ("NOT name IS NULL", "name", How::Filled, vec![]),
            ("NOT active", "active", How::Is, vec![Value::Boolean(false)]),
            ("active = TRUE", "active", How::Is, vec![Value::Boolean(true)]),
            ("name = 'it''s'", "name", How::Is, vec![text("it's")]),
        ] {
            assert_eq!(plain(condition), Some(one(column, how, &values)), "{condition}");
        }
    }

    #[test]
    fn groups_are_what_brackets_and_not_make_of_them() {
        let of = |column| one(column, How::Is, &[number("1")]);
        let other = |column| one(column, How::Other, &[number("1")]);
        assert_eq!(plain("a = 1 AND (b = 1 AND c = 1)"), Some(Plain::All(vec![of("a"), of("b"), of("c")])));
        let inner = Plain::Any(vec![of("b"), of("c")]);
        assert_eq!(plain("a = 1 AND (b = 1 OR c = 1)"), Some(Plain::All(vec![of("a"), inner])));
        let inner = Plain::All(vec![of("a"), of("b")]);
        assert_eq!(plain("a = 1 AND b = 1 OR c = 1"), Some(Plain::Any(vec![inner, of("c")])));
        assert_eq!(plain("NOT (a = 1 OR b = 1)"), Some(Plain::All(vec![other("a"), other("b")])));
        let outside = [one("a", How::Less, &[number("1")]), one("a", How::More, &[number("5")])];
        assert_eq!(plain("a NOT BETWEEN 1 AND 5"), Some(Plain::Any(outside.to_vec())));
    }

    #[test]
    fn what_is_not_plain_is_not_said_by_halves() {
        for condition in [
            "region = 'EMEA' AND lower(name) = 'a'",
            "region = area",
            "region = NULL",
            "region IN ('EMEA', NULL)",
            "region > 'M'",
            "region = ''",
            "day > '2025-01-31'",
            "day BETWEEN '2025-01-01' AND '2025-01-31'",
            "name LIKE 'a_c%'",
            "name LIKE 'a%c'",
            "name LIKE '%'",
            "name LIKE 'abc'",
            "name LIKE 'a!%' ESCAPE '!'",
            "amount > 1e5",
            "amount = 0x10",
            "amount % 2 = 0",
            "(active = TRUE) IS NOT TRUE",
            "a = 1 AND (b = 1 OR (c = 1 AND d = 1))",
            "a = 1) OR (b = 2",
            "a = 1) ORDER BY (1",
            "region = ",
            "",
            // Double quotes make a name for some and a text for others; a backslash is a sign or half of one.
            "\"region\" = 'EMEA'",
            "region = 'a\\\\b'",
            "EXISTS (SELECT 1)",
        ] {
            assert_eq!(plain(condition), None, "{condition}");
        }
        let many: Vec<String> = (0..=MAX_TESTS).map(|at| format!("c{at} = 1")).collect();
        assert_eq!(plain(&many.join(" AND ")), None);
        assert!(plain(&many[1..].join(" AND ")).is_some());
        assert_eq!(plain(&format!("a = '{}'", "x".repeat(MAX_BYTES))), None);
    }
}
