//! Values of another type, and literals in quotes that are taken for one.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use sqlparser::ast::{CharacterLength, DataType, ExactNumberInfo, Expr, Value};

use super::{filled, is_number, literal, not_offered, text};
use crate::guard::{Refusal, Rule};
use crate::pg::types::Type;

/// A literal in quotes as a value of the type that it is taken for; `None` for what stays a text.
///
/// Errors: what is no value of it.
pub fn taken(written: &str, ty: Type) -> Result<Option<Expr>, Refusal> {
    let wrong = |what: &str| Refusal::new(Rule::Value, format!("invalid input syntax for type {what}"));
    let trimmed = written.trim();
    Ok(Some(match ty {
        Type::Date | Type::Timestamp | Type::TimestampTz => text(&time(trimmed, ty)?),
        Type::Int4 | Type::Int8 | Type::Oid => {
            number(&trimmed.parse::<i64>().map_err(|_| wrong("bigint"))?.to_string())
        }
        Type::Numeric | Type::Float8 => {
            let is_plain = trimmed.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
            match trimmed.parse::<f64>() {
                Ok(value) if is_plain && value.is_finite() => number(trimmed.trim_start_matches('+')),
                _ => return Err(wrong("numeric")),
            }
        }
        Type::Bool => {
            let word = trimmed.to_ascii_lowercase();
            let is_true = ["t", "true", "y", "yes", "on", "1"].contains(&word.as_str());
            if !is_true && !["f", "false", "n", "no", "off", "0"].contains(&word.as_str()) {
                return Err(wrong("boolean"));
            }
            Expr::Value(Value::Boolean(is_true).into())
        }
        _ => return Ok(None),
    }))
}

/// With a sign in brackets: two of them would begin a comment.
fn number(digits: &str) -> Expr {
    let number = |digits: &str| Expr::Value(Value::Number(digits.to_owned(), false).into());
    match digits.strip_prefix('-') {
        Some(digits) => filled("(-x)", &[("x", number(digits))]),
        None => number(digits),
    }
}

/// A day or a moment as SQLite keeps it. Its zone is read over where the type has none.
pub(super) fn time(written: &str, ty: Type) -> Result<String, Refusal> {
    let wrong = || not_offered("a day that is not written as 2025-01-31");
    let day = written.get(..10).ok_or_else(wrong)?;
    let time = written[10..].trim_start_matches(['T', ' ']).trim_end();
    let zone = match time.strip_prefix(['+', '-']) {
        Some(_) => 0,
        None => time.find(['+', '-', 'Z', 'z']).unwrap_or(time.len()),
    };
    let (clock, zone) = (time[..zone].trim_end(), time[zone..].trim());
    let clock = match clock.len() {
        0 => "00:00:00",
        _ => clock,
    };
    let at: DateTime = format!("{day}T{clock}").parse().map_err(|_| wrong())?;
    let at = match ty {
        Type::Date => return Ok(at.date().to_string()),
        Type::TimestampTz if !zone.is_empty() => {
            let zone = if zone.len() == 3 { format!("{zone}:00") } else { zone.to_ascii_uppercase() };
            let at: jiff::Timestamp = format!("{at}{zone}").parse().map_err(|_| wrong())?;
            at.to_zoned(TimeZone::UTC).datetime()
        }
        _ => at,
    };
    Ok(at.to_string().replace('T', " "))
}

/// The same value as one of another type.
pub fn cast(inner: &Expr, data_type: &DataType) -> Result<Expr, Refusal> {
    // What stands in a type itself.
    let taken = match (literal(inner), Type::of_data_type(data_type)) {
        (Some(written), Some(ty)) => taken(&written, ty)?,
        _ => None,
    };
    let inner = taken.as_ref().unwrap_or(inner);
    let x = || [("x", inner.clone())];
    Ok(match data_type {
        DataType::Date => filled("date(x)", &x()),
        DataType::Timestamp(..) | DataType::TimestampNtz(..) | DataType::Datetime(_) => filled("datetime(x)", &x()),
        DataType::Time(..) => filled("time(x)", &x()),
        DataType::Integer(_)
        | DataType::Int(_)
        | DataType::Int2(_)
        | DataType::Int4(_)
        | DataType::Int8(_)
        | DataType::BigInt(_)
        | DataType::SmallInt(_) => match is_number(inner) {
            true => filled("CAST(ROUND(x) AS INTEGER)", &x()),
            false => filled("CASE typeof(x) WHEN 'integer' THEN x ELSE CAST(ROUND(x) AS INTEGER) END", &x()),
        },
        DataType::Numeric(info) | DataType::Decimal(info) | DataType::Dec(info) => match info {
            ExactNumberInfo::None => filled("CAST(x AS REAL)", &x()),
            ExactNumberInfo::Precision(_) => filled("ROUND(CAST(x AS REAL))", &x()),
            ExactNumberInfo::PrecisionAndScale(_, scale) if *scale >= 0 => {
                filled(&format!("ROUND(CAST(x AS REAL), {scale})"), &x())
            }
            ExactNumberInfo::PrecisionAndScale(..) => return Err(not_offered("a scale below nothing")),
        },
        DataType::Real
        | DataType::Float(_)
        | DataType::Float4
        | DataType::Float8
        | DataType::Double(_)
        | DataType::DoublePrecision => filled("CAST(x AS REAL)", &x()),
        DataType::Boolean | DataType::Bool => filled(
            "CASE WHEN typeof(x) IN ('integer', 'real') THEN x <> 0 \
             WHEN lower(CAST(x AS TEXT)) IN ('t', 'true', 'y', 'yes', 'on', '1') THEN TRUE \
             WHEN lower(CAST(x AS TEXT)) IN ('f', 'false', 'n', 'no', 'off', '0') THEN FALSE END",
            &x(),
        ),
        DataType::Varchar(Some(CharacterLength::IntegerLength { length, unit: None }))
        | DataType::CharacterVarying(Some(CharacterLength::IntegerLength { length, unit: None })) => {
            filled(&format!("substr(CAST(x AS TEXT), 1, {length})"), &x())
        }
        DataType::Text
        | DataType::Varchar(None)
        | DataType::CharacterVarying(None)
        | DataType::Uuid
        | DataType::String(_) => filled("CAST(x AS TEXT)", &x()),
        DataType::Custom(name, _) if name.to_string().eq_ignore_ascii_case("name") => filled("CAST(x AS TEXT)", &x()),
        other => return Err(not_offered(&format!("a value of the type {other}"))),
    })
}
