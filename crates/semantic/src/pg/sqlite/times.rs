//! Times and their parts, in SQLite's words.

use sqlparser::ast::{BinaryOperator, DataType, Expr, Interval, Value};

use super::{filled, literal, not_offered, text};
use crate::guard::Refusal;
use crate::pg::types::Type;
use crate::pg::typing::Types;
use crate::template;

/// The time between two others, which is no value of SQLite's: what becomes of it is seen by who asks for a part of it.
pub fn between(left: &Expr, right: &Expr) -> Expr {
    let value = template::bracketed(Expr::BinaryOp {
        left: Box::new(left.clone()),
        op: BinaryOperator::Minus,
        right: Box::new(right.clone()),
    });
    Expr::Interval(Interval {
        value: Box::new(value),
        leading_field: None,
        leading_precision: None,
        last_field: None,
        fractional_seconds_precision: None,
    })
}

/// The two ends of it.
fn ends(expr: &Expr) -> Option<(&Expr, &Expr)> {
    match expr {
        Expr::Nested(inner) => ends(inner),
        Expr::Interval(interval) => ends(&interval.value),
        Expr::BinaryOp { left, op: BinaryOperator::Minus, right } => Some((left, right)),
        _ => None,
    }
}

fn without_brackets(expr: &Expr) -> &Expr {
    if let Expr::Nested(inner) = expr { without_brackets(inner) } else { expr }
}

/// An interval that has come to nothing.
pub fn is_left(expr: &Expr) -> Option<Refusal> {
    let Expr::Interval(_) = expr else { return None };
    Some(match ends(expr) {
        Some(_) => not_offered("the time between two moments as an interval (EXTRACT(EPOCH FROM a - b) is)"),
        None => not_offered("an interval that is not added to a time"),
    })
}

/// So many seconds or days lie between two times.
fn lasted(field: &str, (left, right): (&Expr, &Expr)) -> Result<Expr, Refusal> {
    let template = match field {
        "epoch" => "(unixepoch(a, 'subsec') - unixepoch(b, 'subsec'))",
        "day" | "days" => "((unixepoch(a) - unixepoch(b)) / 86400)",
        other => return Err(not_offered(&format!("EXTRACT of {other} of the time between two moments"))),
    };
    Ok(filled(template, &[("a", left.clone()), ("b", right.clone())]))
}

/// A part of a time, as a number.
pub fn extract(field: &str, of: &Expr) -> Result<Expr, Refusal> {
    let field = field.to_ascii_lowercase();
    if let Expr::Interval(_) = without_brackets(of)
        && let Some(ends) = ends(of)
    {
        return lasted(&field, ends);
    }
    let template = match field.as_str() {
        "year" | "years" => "CAST(strftime('%Y', x) AS INTEGER)",
        "quarter" => "((CAST(strftime('%m', x) AS INTEGER) + 2) / 3)",
        "month" | "months" => "CAST(strftime('%m', x) AS INTEGER)",
        "week" | "weeks" => "CAST(strftime('%V', x) AS INTEGER)",
        "isoyear" => "CAST(strftime('%G', x) AS INTEGER)",
        "day" | "days" => "CAST(strftime('%d', x) AS INTEGER)",
        "doy" => "CAST(strftime('%j', x) AS INTEGER)",
        "dow" => "CAST(strftime('%w', x) AS INTEGER)",
        "isodow" => "((CAST(strftime('%w', x) AS INTEGER) + 6) % 7 + 1)",
        "hour" | "hours" => "CAST(strftime('%H', x) AS INTEGER)",
        "minute" | "minutes" => "CAST(strftime('%M', x) AS INTEGER)",
        "second" | "seconds" => "CAST(strftime('%f', x) AS REAL)",
        "epoch" => "unixepoch(x, 'subsec')",
        other => return Err(not_offered(&format!("EXTRACT of {other}"))),
    };
    Ok(filled(template, &[("x", of.clone())]))
}

pub fn truncated(grain: &Expr, of: &Expr) -> Result<Expr, Refusal> {
    let grain = literal(grain).unwrap_or_default().to_ascii_lowercase();
    let template = match grain.as_str() {
        "year" => "strftime('%Y-%m-%d %H:%M:%S', x, 'start of year')",
        "quarter" => {
            "strftime('%Y-%m-%d %H:%M:%S', x, 'start of month', '-' || ((strftime('%m', x) - 1) % 3) || ' months')"
        }
        "month" => "strftime('%Y-%m-%d %H:%M:%S', x, 'start of month')",
        "week" => "strftime('%Y-%m-%d %H:%M:%S', x, 'start of day', '-6 days', 'weekday 1')",
        "day" => "strftime('%Y-%m-%d %H:%M:%S', x, 'start of day')",
        "hour" => "strftime('%Y-%m-%d %H:00:00', x)",
        "minute" => "strftime('%Y-%m-%d %H:%M:00', x)",
        "second" => "strftime('%Y-%m-%d %H:%M:%S', x)",
        other => return Err(not_offered(&format!("date_trunc to '{other}'"))),
    };
    Ok(filled(template, &[("x", of.clone())]))
}

/// Of a pattern, those that are written one by one.
const MOST_PARTS: usize = 8;

/// `to_char` of a time, in the patterns that are common.
pub fn shown(of: &Expr, format: &Expr) -> Result<Expr, Refusal> {
    const PATTERNS: [(&str, &str); 14] = [
        ("YYYY", "%Y"),
        ("IYYY", "%G"),
        ("HH24", "%H"),
        ("DDD", "%j"),
        ("MM", "%m"),
        ("DD", "%d"),
        ("MI", "%M"),
        ("SS", "%S"),
        ("IW", "%V"),
        ("ID", "%u"),
        ("Mon", "\u{1}"),
        ("Dy", "\u{2}"),
        ("Q", "\u{3}"),
        ("YY", "\u{4}"),
    ];
    let no_such = || not_offered("to_char with this pattern");
    let format = literal(format).ok_or_else(no_such)?;
    let mut rest = format.as_str();
    let mut written = String::new();
    while let Some(c) = rest.chars().next() {
        if let Some((known, means)) = PATTERNS.iter().find(|(known, _)| rest.starts_with(known)) {
            written.push_str(means);
            rest = &rest[known.len()..];
        } else if let Some(quoted) = rest.strip_prefix('"') {
            let (plain, behind) = quoted.split_once('"').ok_or_else(no_such)?;
            written.push_str(&plain.replace('%', "%%"));
            rest = behind;
        } else if c.is_ascii_alphanumeric() {
            return Err(no_such());
        } else {
            written.push_str(if c == '%' { "%%" } else { &rest[..c.len_utf8()] });
            rest = &rest[c.len_utf8()..];
        }
    }
    if written.chars().filter(|c| ('\u{1}'..='\u{4}').contains(c)).count() > MOST_PARTS {
        return Err(no_such());
    }
    let place = |mark: char| match mark {
        '\u{1}' => "substr('JanFebMarAprMayJunJulAugSepOctNovDec', strftime('%m', x) * 3 - 2, 3)",
        '\u{2}' => "substr('SunMonTueWedThuFriSat', strftime('%w', x) * 3 + 1, 3)",
        '\u{3}' => "((strftime('%m', x) + 2) / 3)",
        _ => "substr(strftime('%Y', x), 3)",
    };
    let mut parts = Vec::new();
    let mut plain = String::new();
    for c in written.chars() {
        if ('\u{1}'..='\u{4}').contains(&c) {
            parts.extend((!plain.is_empty()).then(|| said(&std::mem::take(&mut plain), of)));
            parts.push(filled(place(c), &[("x", of.clone())]));
        } else {
            plain.push(c);
        }
    }
    parts.extend((!plain.is_empty()).then(|| said(&plain, of)));
    let joined = parts.into_iter().reduce(|left, right| filled("(a || b)", &[("a", left), ("b", right)]));
    Ok(joined.unwrap_or_else(|| text("")))
}

fn said(format: &str, of: &Expr) -> Expr {
    filled("strftime(f, x)", &[("f", text(format)), ("x", of.clone())])
}

/// How far one moment is from another.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct IntervalLength {
    pub months: i64,
    pub days: i64,
    pub seconds: i64,
}

impl IntervalLength {
    /// Errors: an interval that is no whole number of these.
    pub fn of(interval: &Interval) -> Result<IntervalLength, Refusal> {
        let said = literal(&interval.value).or_else(|| match &*interval.value {
            Expr::Value(value) => match &value.value {
                Value::Number(digits, _) => Some(digits.clone()),
                _ => None,
            },
            _ => None,
        });
        let said = said.ok_or_else(no_such_interval)?;
        match &interval.leading_field {
            Some(field) => IntervalLength::read(&format!("{said} {field}")),
            None => IntervalLength::read(&said),
        }
    }

    /// Of `1 month 2 days`.
    pub fn read(said: &str) -> Result<IntervalLength, Refusal> {
        let said = said.to_ascii_lowercase();
        let words: Vec<&str> = said.split_whitespace().collect();
        let (mut months, mut days, mut seconds) = (0.0, 0.0, 0.0);
        for pair in words.chunks(2) {
            let [count, unit] = pair else { return Err(no_such_interval()) };
            let count: f64 = count.parse().map_err(|_| no_such_interval())?;
            let (sum, times) = match unit.trim_end_matches('s') {
                "year" | "yr" => (&mut months, 12.0),
                "mon" | "month" => (&mut months, 1.0),
                "quarter" => (&mut months, 3.0),
                "week" => (&mut days, 7.0),
                "day" => (&mut days, 1.0),
                "hour" | "hr" => (&mut seconds, 3_600.0),
                "min" | "minute" => (&mut seconds, 60.0),
                "sec" | "second" => (&mut seconds, 1.0),
                _ => return Err(no_such_interval()),
            };
            *sum += count * times;
        }
        if [months, days, seconds].iter().any(|sum: &f64| sum.fract() != 0.0 || sum.abs() > 1e9) || words.is_empty() {
            return Err(no_such_interval());
        }
        Ok(IntervalLength { months: months as i64, days: days as i64, seconds: seconds as i64 })
    }
}

fn no_such_interval() -> Refusal {
    not_offered("this interval")
}

/// An interval, once or so many times.
pub struct Step<'a> {
    interval: &'a Interval,
    times: Option<&'a Expr>,
}

/// What is added to a time, where that is an interval.
pub fn step(expr: &Expr) -> Option<Step<'_>> {
    match without_brackets(expr) {
        Expr::Interval(interval) => Some(Step { interval, times: None }),
        Expr::BinaryOp { left, op: BinaryOperator::Multiply, right } => {
            match (without_brackets(left), without_brackets(right)) {
                (Expr::Interval(interval), times) | (times, Expr::Interval(interval)) => {
                    Some(Step { interval, times: Some(times) })
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// What is a whole number whatever it is made of.
fn is_whole(expr: &Expr, types: &Types) -> bool {
    match without_brackets(expr) {
        Expr::Floor { .. } | Expr::Ceil { .. } | Expr::Cast { data_type: DataType::Integer(_), .. } => true,
        expr => types.of(expr).is_some_and(Type::is_whole),
    }
}

/// So much later or earlier; a day that the month lacks becomes its last.
pub fn moved(time: &Expr, step: &Step<'_>, is_back: bool, types: &Types) -> Result<Expr, Refusal> {
    let IntervalLength { months, days, seconds } = IntervalLength::of(step.interval)?;
    if step.times.is_some_and(|times| !is_whole(times, types)) {
        return Err(not_offered("an interval times what may be no whole number"));
    }
    let mut modifiers = String::new();
    for (sum, unit, floor) in [(months, "months", ", 'floor'"), (days, "days", ""), (seconds, "seconds", "")] {
        let sum = if is_back { -sum } else { sum };
        if sum != 0 {
            modifiers.push_str(&match step.times {
                None => format!(", '{sum:+} {unit}'{floor}"),
                Some(_) => format!(", (n * ({sum})) || ' {unit}'{floor}"),
            });
        }
    }
    let places = [Some(("x", time.clone())), step.times.map(|times| ("n", times.clone()))];
    // Fractions of a second stay, where there are some.
    let template = format!("rtrim(rtrim(strftime('%Y-%m-%d %H:%M:%f', x{modifiers}), '0'), '.')");
    Ok(filled(&template, &places.into_iter().flatten().collect::<Vec<_>>()))
}
