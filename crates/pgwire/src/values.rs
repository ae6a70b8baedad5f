//! Values on the wire: which type a column is of, and how a value of it is written and read.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{BufMut, BytesMut};
use emporion_products::databases::Answered;
use jiff::civil::{Date, DateTime, Time};
use pgwire::api::Type;
use pgwire::api::portal::Format;
use pgwire::api::results::FieldFormat;
use pgwire::error::PgWireError;
use pgwire::messages::data::DataRow;
use serde_json::Value;

use crate::binary;
use crate::failures::{self, WRONG_VALUE};

/// An answer as clients get it.
#[derive(Debug, Clone)]
pub struct Table {
    pub columns: Vec<(String, Type)>,
    pub rows: Vec<Vec<Value>>,
}

impl Table {
    /// Types are those that the source names, or the statement where the source computes, as far as the values are of them.
    pub fn of(answered: Answered, computed: impl Fn(usize) -> Option<Type>) -> Table {
        let Answered { columns, rows, .. } = answered;
        let typed = columns.into_iter().enumerate().map(|(at, (name, kind))| {
            let values = rows.iter().filter_map(|row| row.get(at)).filter(|value| !value.is_null());
            let ty = of_values(of_kind(kind, computed(at)), values);
            (name, ty)
        });
        let columns = typed.collect();
        Table { columns, rows }
    }

    /// One row of one text.
    pub fn text(name: &str, text: String) -> Table {
        Table { columns: vec![(name.to_owned(), Type::TEXT)], rows: vec![vec![text.into()]] }
    }

    /// The rows in the formats that are asked for, with the types that were told before where any were.
    ///
    /// Errors: a value that is none of the type that was told.
    pub fn encoded(&self, types: &[Type], format: &Format) -> Result<Vec<DataRow>, PgWireError> {
        let row = |row: &Vec<Value>| {
            let mut data = BytesMut::with_capacity(16 * row.len());
            for (at, value) in row.iter().enumerate() {
                let ty = types.get(at).unwrap_or(&Type::TEXT);
                field(value, ty, format_at(format, at) == FieldFormat::Binary, &mut data)?;
            }
            let count =
                i16::try_from(row.len()).map_err(|_| failures::error(failures::TOO_LARGE, "too many columns"))?;
            Ok(DataRow::new(data, count))
        };
        self.rows.iter().map(row).collect()
    }
}

/// As a client that gave fewer formats than there are columns is answered: in text.
pub fn format_at(format: &Format, at: usize) -> FieldFormat {
    match format {
        Format::UnifiedText => FieldFormat::Text,
        Format::UnifiedBinary => FieldFormat::Binary,
        Format::Individual(codes) => codes.get(at).map_or(FieldFormat::Text, |code| FieldFormat::from(*code)),
    }
}

/// The type that a source's word stands for, before any value was seen; where that is a text, the one that is computed.
pub fn of_kind(kind: &str, computed: Option<Type>) -> Type {
    match kind {
        "NUMBER" => Type::NUMERIC,
        "FLOAT" => Type::FLOAT8,
        "BOOLEAN" => Type::BOOL,
        "DATE" => Type::DATE,
        "TIME" => Type::TIME,
        "TIMESTAMP" => Type::TIMESTAMP,
        "TIMESTAMP_TZ" => Type::TIMESTAMPTZ,
        "JSON" => Type::JSON,
        "BINARY" => Type::BYTEA,
        _ => computed.unwrap_or(Type::TEXT),
    }
}

fn of_values<'a>(told: Type, mut values: impl Iterator<Item = &'a Value> + Clone) -> Type {
    let is_whole = |value: &Value| value.is_i64() || value.as_str().is_some_and(|text| text.parse::<i64>().is_ok());
    let has_any = values.clone().next().is_some();
    match told {
        Type::NUMERIC if has_any && values.clone().all(is_whole) => Type::INT8,
        Type::TEXT if has_any && values.clone().all(Value::is_i64) => Type::INT8,
        Type::TEXT if has_any && values.clone().all(Value::is_number) => Type::FLOAT8,
        Type::TEXT if has_any && values.clone().all(Value::is_boolean) => Type::BOOL,
        Type::TEXT => told,
        told => match values.all(|value| written(value, &told).is_some()) {
            true => told,
            false => Type::TEXT,
        },
    }
}

/// A value in the text form of its type; `None` where it is no value of it.
fn written(value: &Value, ty: &Type) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Bool(flag) if *ty == Type::BOOL => return Some(if *flag { "t" } else { "f" }.to_owned()),
        other => other.to_string(),
    };
    let is_one = match *ty {
        Type::BOOL => return as_bool(&text).map(|flag| if flag { "t" } else { "f" }.to_owned()),
        Type::INT2 | Type::INT4 | Type::INT8 | Type::OID => text.parse::<i64>().is_ok(),
        Type::FLOAT4 | Type::FLOAT8 => text.parse::<f64>().is_ok(),
        Type::NUMERIC => binary::numeric(&text).is_some(),
        Type::DATE => return Some(day(&text)?.to_string()),
        Type::TIME => return Some(text.parse::<Time>().ok()?.to_string()),
        Type::TIMESTAMP => return Some(shown(moment(&text)?.0)),
        Type::TIMESTAMPTZ => return Some(format!("{}+00", shown(moment(&text)?.0))),
        Type::BYTEA => {
            let bytes = STANDARD.decode(&text).ok()?;
            let mut hex = String::with_capacity(2 + 2 * bytes.len());
            hex.push_str("\\x");
            bytes.iter().try_for_each(|byte| write!(hex, "{byte:02x}")).ok()?;
            return Some(hex);
        }
        _ => true,
    };
    is_one.then_some(text)
}

fn as_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "true" => Some(true),
        "0" | "f" | "false" => Some(false),
        _ => None,
    }
}

/// A day, also with a midnight behind it.
fn day(text: &str) -> Option<Date> {
    text.get(..10).filter(|_| text.len() == 10 || moment(text).is_some())?.parse().ok()
}

/// A moment, in UTC where it says where it is.
fn moment(text: &str) -> Option<(DateTime, bool)> {
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Some((at.to_zoned(jiff::tz::TimeZone::UTC).datetime(), true));
    }
    // PostgreSQL's own way to say where: `+00`.
    text.parse::<DateTime>().ok().map(|at| (at, false))
}

/// A moment as it stands, whatever zone is written behind it.
fn local(text: &str) -> Option<DateTime> {
    let zone = text.get(10..)?.find(['+', '-', 'Z']).map_or(text.len(), |at| 10 + at);
    let text = text[..zone].trim_end();
    text.parse::<DateTime>().ok().or_else(|| text.parse::<Date>().ok().map(|day| day.to_datetime(Time::midnight())))
}

/// A moment in UTC, of a text as PostgreSQL writes it: its zone may be hours alone.
fn zoned(text: &str) -> Option<DateTime> {
    let has_hours_alone =
        text.len() > 13 && text.as_bytes()[text.len() - 3..].first().is_some_and(|sign| b"+-".contains(sign));
    let text = if has_hours_alone { format!("{text}:00") } else { text.to_owned() };
    moment(&text).map(|(at, _)| at)
}

fn shown(at: DateTime) -> String {
    at.to_string().replace('T', " ")
}

fn field(value: &Value, ty: &Type, is_binary: bool, data: &mut BytesMut) -> Result<(), PgWireError> {
    if value.is_null() {
        data.put_i32(-1);
        return Ok(());
    }
    let none = || failures::error(WRONG_VALUE, format!("a value of the answer is no {}", ty.name()));
    let text = written(value, ty).ok_or_else(none)?;
    let bytes = match is_binary {
        false => text.into_bytes(),
        true => binary_of(&text, ty).ok_or_else(none)?,
    };
    data.put_i32(i32::try_from(bytes.len()).map_err(|_| none())?);
    data.put_slice(&bytes);
    Ok(())
}

/// The binary form of a value that is in its text form.
fn binary_of(text: &str, ty: &Type) -> Option<Vec<u8>> {
    Some(match *ty {
        Type::BOOL => vec![u8::from(text == "t")],
        Type::INT2 => text.parse::<i16>().ok()?.to_be_bytes().to_vec(),
        Type::INT4 => text.parse::<i32>().ok()?.to_be_bytes().to_vec(),
        Type::INT8 => text.parse::<i64>().ok()?.to_be_bytes().to_vec(),
        Type::OID => text.parse::<u32>().ok()?.to_be_bytes().to_vec(),
        Type::FLOAT4 => text.parse::<f32>().ok()?.to_be_bytes().to_vec(),
        Type::FLOAT8 => text.parse::<f64>().ok()?.to_be_bytes().to_vec(),
        Type::NUMERIC => binary::numeric(text)?,
        Type::DATE => binary::days(day(text)?).to_be_bytes().to_vec(),
        Type::TIME => binary::micros_of_day(text.parse().ok()?).to_be_bytes().to_vec(),
        Type::TIMESTAMP | Type::TIMESTAMPTZ => {
            let at: DateTime = text.strip_suffix("+00").unwrap_or(text).parse().ok()?;
            binary::micros(at).to_be_bytes().to_vec()
        }
        Type::BYTEA => text.get(2..)?.as_bytes().chunks(2).map(hex).collect::<Option<_>>()?,
        _ => text.as_bytes().to_vec(),
    })
}

fn hex(pair: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()
}

/// What a parameter of a statement was bound to, with the type that the client says it is of.
#[derive(Debug, Clone)]
pub struct Parameter {
    pub value: Value,
    pub ty: Option<Type>,
}

/// A parameter as it was bound, as what a statement's parameter is given.
///
/// Errors: bytes that are no value of the type; types that are not offered.
pub fn parameter(bytes: Option<&[u8]>, ty: Option<&Type>, is_binary: bool) -> Result<Value, PgWireError> {
    let Some(bytes) = bytes else { return Ok(Value::Null) };
    let ty = ty.unwrap_or(&Type::UNKNOWN);
    let wrong = || failures::error(WRONG_VALUE, format!("a parameter is no {}", ty.name()));
    if ty.name().starts_with('_') {
        return Err(failures::error(failures::NOT_OFFERED, "arrays are not taken as parameters"));
    }
    if !is_binary {
        let text = std::str::from_utf8(bytes).map_err(|_| wrong())?;
        return match *ty {
            Type::INT2 | Type::INT4 | Type::INT8 | Type::OID => {
                text.trim().parse::<i64>().map(Value::from).map_err(|_| wrong())
            }
            Type::FLOAT4 | Type::FLOAT8 | Type::NUMERIC => number(text.trim()).ok_or_else(wrong),
            Type::BOOL => as_bool(text).map(Value::from).ok_or_else(wrong),
            // A zone is read over where the type has none.
            Type::DATE => local(text.trim()).map(|at| at.date().to_string().into()).ok_or_else(wrong),
            Type::TIMESTAMP => local(text.trim()).map(|at| shown(at).into()).ok_or_else(wrong),
            Type::TIMESTAMPTZ => zoned(text.trim()).map(|at| shown(at).into()).ok_or_else(wrong),
            _ => Ok(text.into()),
        };
    }
    let read = match *ty {
        Type::BOOL => bytes.first().map(|byte| Value::from(*byte != 0)),
        Type::INT2 => bytes.try_into().ok().map(|bytes| i16::from_be_bytes(bytes).into()),
        Type::INT4 => bytes.try_into().ok().map(|bytes| i32::from_be_bytes(bytes).into()),
        Type::INT8 => bytes.try_into().ok().map(|bytes| i64::from_be_bytes(bytes).into()),
        Type::OID => bytes.try_into().ok().map(|bytes| u32::from_be_bytes(bytes).into()),
        Type::FLOAT4 => bytes.try_into().ok().and_then(|bytes| number(&f32::from_be_bytes(bytes).to_string())),
        Type::FLOAT8 => bytes.try_into().ok().and_then(|bytes| number(&f64::from_be_bytes(bytes).to_string())),
        Type::NUMERIC => binary::numeric_text(bytes).and_then(|text| number(&text)),
        Type::DATE => bytes
            .try_into()
            .ok()
            .and_then(|bytes| binary::day(i32::from_be_bytes(bytes)))
            .map(|day| day.to_string().into()),
        Type::TIMESTAMP | Type::TIMESTAMPTZ => {
            bytes.try_into().ok().and_then(|bytes| binary::at(i64::from_be_bytes(bytes))).map(|at| shown(at).into())
        }
        Type::UUID => uuid::Uuid::from_slice(bytes).ok().map(|id| id.to_string().into()),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::CHAR | Type::UNKNOWN | Type::JSON => {
            std::str::from_utf8(bytes).ok().map(Value::from)
        }
        _ => return Err(failures::error(failures::NOT_OFFERED, format!("{} is not taken in binary", ty.name()))),
    };
    read.ok_or_else(wrong)
}

/// A number with all its digits, or as a text where a floating point would lose some.
fn number(text: &str) -> Option<Value> {
    binary::numeric(text)?;
    let read: Value = serde_json::from_str(text).ok().filter(Value::is_number)?;
    Some(if read.to_string().as_str() == text { read } else { Value::from(text) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn table(kind: &'static str, values: &[Value]) -> Table {
        let rows = values.iter().map(|value| vec![value.clone()]).collect();
        let columns = vec![("x".to_owned(), kind)];
        let (took, filtered) = (std::time::Duration::ZERO, Vec::new());
        Table::of(Answered { columns, rows, truncated: false, took, filtered }, |_| None)
    }

    fn shown(kind: &'static str, value: Value) -> (Type, String) {
        let table = table(kind, std::slice::from_ref(&value));
        let ty = table.columns[0].1.clone();
        let text = written(&value, &ty).expect("of its type");
        (ty, text)
    }

    #[test]
    fn columns_are_of_the_type_that_all_their_values_are_of() {
        assert_eq!(shown("NUMBER", json!(5)), (Type::INT8, "5".into()));
        assert_eq!(shown("NUMBER", json!("9007199254740993")), (Type::INT8, "9007199254740993".into()));
        assert_eq!(shown("NUMBER", json!(1.5)), (Type::NUMERIC, "1.5".into()));
        assert_eq!(shown("VARCHAR", json!(3)), (Type::INT8, "3".into()));
        assert_eq!(shown("VARCHAR", json!("3")), (Type::TEXT, "3".into()));
        assert_eq!(shown("BOOLEAN", json!(true)), (Type::BOOL, "t".into()));
        assert_eq!(shown("DATE", json!("2026-01-31")), (Type::DATE, "2026-01-31".into()));
        assert_eq!(shown("DATE", json!("soon")), (Type::TEXT, "soon".into()));
        assert_eq!(
            shown("TIMESTAMP", json!("2026-01-31T10:00:00.5")),
            (Type::TIMESTAMP, "2026-01-31 10:00:00.5".into())
        );
        let zoned = shown("TIMESTAMP_TZ", json!("2026-01-31T10:00:00+02:00"));
        assert_eq!(zoned, (Type::TIMESTAMPTZ, "2026-01-31 08:00:00+00".into()));
        assert_eq!(shown("BINARY", json!("AAE=")), (Type::BYTEA, "\\x0001".into()));
        assert_eq!(table("NUMBER", &[]).columns[0].1, Type::NUMERIC);
    }

    #[test]
    fn what_was_told_before_is_kept_to() {
        let table = table("VARCHAR", &[json!("x"), Value::Null]);
        assert_eq!(table.encoded(&[Type::TEXT], &Format::UnifiedBinary).map(|rows| rows.len()).ok(), Some(2));
        assert!(table.encoded(&[Type::INT8], &Format::UnifiedText).is_err());
        // As many formats as were given, and no more.
        assert_eq!(format_at(&Format::Individual(vec![1, 1]), 7), FieldFormat::Text);
    }

    #[test]
    fn parameters_are_read_in_both_forms() {
        let read = |bytes: &[u8], ty: Type, is_binary| parameter(Some(bytes), Some(&ty), is_binary).ok();
        assert_eq!(read(b"12", Type::INT4, false), Some(json!(12)));
        assert_eq!(read(&[0, 0, 0, 12], Type::INT4, true), Some(json!(12)));
        assert_eq!(read(&[0, 12], Type::INT4, true), None);
        assert_eq!(read(b"1; drop", Type::INT4, false), None);
        assert_eq!(read(b"1.10", Type::NUMERIC, false), Some(json!("1.10")));
        assert_eq!(read(b"o'clock", Type::TEXT, true), Some(json!("o'clock")));
        assert_eq!(read(&[0, 0, 0, 1], Type::DATE, true), Some(json!("2000-01-02")));
        assert_eq!(read(b"{1}", Type::INT4_ARRAY, false), None);
        assert_eq!(parameter(None, None, false).ok(), Some(Value::Null));
    }
}
