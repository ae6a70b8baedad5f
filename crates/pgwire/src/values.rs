//! Values on the wire: which type a column is of, and how a value of it is written and read.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{BufMut, Bytes, BytesMut};
use emporion_products::databases::Answered;
use emporion_products::warning::Warning;
use emporion_semantic::pg::types::Type as Known;
use jiff::civil::{Date, DateTime, Time};
use pgwire::api::Type;
use pgwire::api::portal::Format;
use pgwire::api::results::FieldFormat;
use pgwire::error::PgWireError;
use pgwire::messages::data::DataRow;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::failures::{self, WRONG_VALUE};
use crate::{arrays, binary};

/// An answer as clients get it.
#[derive(Debug, Clone, Default)]
pub struct Table {
    pub columns: Vec<(String, Type)>,
    pub rows: Vec<Vec<Value>>,
    pub warnings: Vec<Warning>,
    /// A portion of what a cursor has.
    pub is_fetched: bool,
}

impl Table {
    /// Types are those that the statement says its columns are of, or else its source, as far as the values are of them.
    pub fn of(answered: Answered, said: &[Option<Known>]) -> Table {
        let Answered { columns, mut rows, warnings, .. } = answered;
        write_documents(&columns, &mut rows);
        let said = of_columns(said, columns.len());
        let typed = columns.into_iter().enumerate().map(|(at, (name, kind))| {
            let values = rows.iter().filter_map(|row| row.get(at)).filter(|value| !value.is_null());
            let told = of_kind(kind, said(at));
            let ty = match said(at).is_some() && values.clone().all(|value| written(value, &told).is_some()) {
                true => told,
                false => of_values(of_kind(kind, None), values),
            };
            (name, ty)
        });
        let columns = typed.collect();
        Table { columns, rows, warnings, is_fetched: false }
    }

    /// About as many bytes as its values take.
    pub fn bytes(&self) -> usize {
        let size = |value: &Value| size_of::<Value>() + value.as_str().map_or(0, str::len);
        self.rows.iter().flatten().map(size).sum()
    }

    /// One row of one text.
    pub fn text(name: &str, text: String) -> Table {
        let (columns, rows) = (vec![(name.to_owned(), Type::TEXT)], vec![vec![text.into()]]);
        Table { columns, rows, ..Table::default() }
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

/// A source hands on what a JSON document says: here it is text again.
fn write_documents(columns: &[(String, &'static str)], rows: &mut [Vec<Value>]) {
    let at: Vec<usize> = (0..columns.len()).filter(|at| columns[*at].1 == "JSON").collect();
    for row in rows {
        for at in &at {
            if let Some(value) = row.get_mut(*at).filter(|value| !value.is_null() && !is_document(value)) {
                *value = value.to_string().into();
            }
        }
    }
}

/// Whether it is one that a source has left as text, for its numbers have more digits than a floating point keeps.
fn is_document(value: &Value) -> bool {
    let is_one = |text: &str| {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let begins = text.starts_with(|c: char| matches!(c, '{' | '[' | '-') || c.is_ascii_digit());
        begins && digits > f64::DIGITS as usize && is_json(text)
    };
    value.as_str().is_some_and(is_one)
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// As a client that gave fewer formats than there are columns is answered: in text.
pub fn format_at(format: &Format, at: usize) -> FieldFormat {
    match format {
        Format::UnifiedText => FieldFormat::Text,
        Format::UnifiedBinary => FieldFormat::Binary,
        Format::Individual(codes) => codes.get(at).map_or(FieldFormat::Text, |code| FieldFormat::from(*code)),
    }
}

/// What a statement says of its columns, where it speaks of those that were answered.
pub fn of_columns(said: &[Option<Known>], count: usize) -> impl Fn(usize) -> Option<Known> {
    move |at| said.get(at).copied().flatten().filter(|_| said.len() == count)
}

/// The type that a column is told as, before any value was seen: by its source's word, and where that says little by what the
/// statement says.
pub fn of_kind(kind: &str, said: Option<Known>) -> Type {
    let is_number = |ty: &Known| ty.is_number() || *ty == Known::Bool;
    match kind {
        "NUMBER" | "FLOAT" if said.as_ref().is_some_and(is_number) => said.map_or(Type::NUMERIC, told),
        "NUMBER" => Type::NUMERIC,
        "FLOAT" => Type::FLOAT8,
        "BOOLEAN" => Type::BOOL,
        "DATE" => Type::DATE,
        "TIME" => Type::TIME,
        "TIMESTAMP" => Type::TIMESTAMP,
        "TIMESTAMP_TZ" => Type::TIMESTAMPTZ,
        "JSON" => Type::JSON,
        "BINARY" => Type::BYTEA,
        _ => said.map_or(Type::TEXT, told),
    }
}

/// As clients are told of a type. Sources hold larger whole numbers than their words say.
pub fn told(ty: Known) -> Type {
    match ty {
        Known::Bool => Type::BOOL,
        Known::Int4 | Known::Int8 => Type::INT8,
        Known::Numeric => Type::NUMERIC,
        Known::Float8 => Type::FLOAT8,
        Known::Date => Type::DATE,
        Known::Time => Type::TIME,
        Known::Timestamp => Type::TIMESTAMP,
        Known::TimestampTz => Type::TIMESTAMPTZ,
        Known::Json => Type::JSON,
        Known::Bytea => Type::BYTEA,
        Known::Oid => Type::OID,
        Known::Name => Type::NAME,
        Known::Char => Type::CHAR,
        // What is no text of these is sent as its source writes it.
        Known::Text | Known::Interval => Type::TEXT,
        Known::Texts => Type::TEXT_ARRAY,
        Known::Bools => Type::BOOL_ARRAY,
        Known::Wholes => Type::INT8_ARRAY,
        Known::Oids => Type::OID_ARRAY,
    }
}

/// The type that a client says a parameter is of; of a text it says little.
pub fn taken(ty: &Type) -> Option<Known> {
    Some(match *ty {
        Type::BOOL => Known::Bool,
        Type::INT2 | Type::INT4 => Known::Int4,
        Type::INT8 | Type::OID => Known::Int8,
        Type::FLOAT4 | Type::FLOAT8 => Known::Float8,
        Type::NUMERIC => Known::Numeric,
        Type::DATE => Known::Date,
        Type::TIME => Known::Time,
        Type::TIMESTAMP => Known::Timestamp,
        Type::TIMESTAMPTZ => Known::TimestampTz,
        Type::BYTEA => Known::Bytea,
        ref array => return element_of(array).and_then(|element| taken(&element)),
    })
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
        Type::JSON => is_json(&text),
        Type::TEXT_ARRAY | Type::INT8_ARRAY => arrays::of_text(&text).is_some(),
        Type::DATE => return Some(day(&text)?.to_string()),
        Type::TIME => return Some(text.parse::<Time>().ok()?.to_string()),
        Type::TIMESTAMP => return Some(shown(moment(&text)?.0)),
        Type::TIMESTAMPTZ => return Some(format!("{}+00", shown(moment(&text)?.0))),
        Type::BOOL_ARRAY => {
            let flag = |element: Option<Bytes>| match element {
                Some(element) => written(&String::from_utf8_lossy(&element).into(), &Type::BOOL),
                None => Some("NULL".to_owned()),
            };
            let flags: Option<Vec<String>> = arrays::of_text(&text)?.into_iter().map(flag).collect();
            return Some(format!("{{{}}}", flags?.join(",")));
        }
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
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "t" | "true" | "y" | "yes" | "on" => Some(true),
        "0" | "f" | "false" | "n" | "no" | "off" => Some(false),
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

/// A value in the text form of its type.
///
/// Errors: a value that is none of it.
pub fn text(value: &Value, ty: &Type) -> Result<String, PgWireError> {
    written(value, ty).ok_or_else(|| none_of(ty))
}

fn none_of(ty: &Type) -> PgWireError {
    failures::error(WRONG_VALUE, format!("a value of the answer is no {}", ty.name()))
}

fn field(value: &Value, ty: &Type, is_binary: bool, data: &mut BytesMut) -> Result<(), PgWireError> {
    if value.is_null() {
        data.put_i32(-1);
        return Ok(());
    }
    let text = text(value, ty)?;
    let bytes = match is_binary {
        false => text.into_bytes(),
        true => binary_of(&text, ty).ok_or_else(|| none_of(ty))?,
    };
    data.put_i32(i32::try_from(bytes.len()).map_err(|_| none_of(ty))?);
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
        ref array if element_of(array).is_some() => {
            let element = element_of(array)?;
            let binary = |text: Bytes| binary_of(std::str::from_utf8(&text).ok()?, &element);
            arrays::binary(arrays::of_text(text)?, element.oid(), binary)?
        }
        _ => text.as_bytes().to_vec(),
    })
}

fn hex(pair: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()
}

/// A parameter as a client bound it, with the type that he says it is of.
#[derive(Debug, Clone, Default)]
pub struct Bound {
    pub bytes: Option<Bytes>,
    pub is_binary: bool,
    pub ty: Option<Type>,
}

/// The types that a client says its parameters are of.
pub fn given(bound: &[Bound]) -> Vec<Option<Known>> {
    bound.iter().map(|one| one.ty.as_ref().and_then(taken)).collect()
}

/// The types that arrays of others are of.
const ARRAYS: [(Type, Type); 20] = [
    (Type::BOOL, Type::BOOL_ARRAY),
    (Type::BYTEA, Type::BYTEA_ARRAY),
    (Type::CHAR, Type::CHAR_ARRAY),
    (Type::NAME, Type::NAME_ARRAY),
    (Type::INT8, Type::INT8_ARRAY),
    (Type::INT2, Type::INT2_ARRAY),
    (Type::INT4, Type::INT4_ARRAY),
    (Type::TEXT, Type::TEXT_ARRAY),
    (Type::OID, Type::OID_ARRAY),
    (Type::JSON, Type::JSON_ARRAY),
    (Type::FLOAT4, Type::FLOAT4_ARRAY),
    (Type::FLOAT8, Type::FLOAT8_ARRAY),
    (Type::BPCHAR, Type::BPCHAR_ARRAY),
    (Type::VARCHAR, Type::VARCHAR_ARRAY),
    (Type::DATE, Type::DATE_ARRAY),
    (Type::TIME, Type::TIME_ARRAY),
    (Type::TIMESTAMP, Type::TIMESTAMP_ARRAY),
    (Type::TIMESTAMPTZ, Type::TIMESTAMPTZ_ARRAY),
    (Type::NUMERIC, Type::NUMERIC_ARRAY),
    (Type::UUID, Type::UUID_ARRAY),
];

fn element_of(array: &Type) -> Option<Type> {
    ARRAYS.into_iter().find(|(_, of)| of == array).map(|(element, _)| element)
}

pub fn array_of(element: &Type) -> Type {
    ARRAYS.into_iter().find(|(of, _)| of == element).map_or(Type::TEXT_ARRAY, |(_, array)| array)
}

impl Bound {
    /// How many elements it has; `None` for what is no array.
    pub fn count(&self) -> Option<usize> {
        self.taken_apart().map(|(elements, _)| elements.len())
    }

    /// Its elements, and the type that they say they are of.
    fn taken_apart(&self) -> Option<(Vec<Option<Bytes>>, Option<Type>)> {
        let bytes = self.bytes.as_ref()?;
        match self.is_binary {
            true => arrays::of_binary(bytes).map(|(elements, oid)| (elements, Type::from_oid(oid))),
            false => Some((arrays::of_text(std::str::from_utf8(bytes).ok()?)?, None)),
        }
    }

    /// The values of its elements.
    ///
    /// Errors: as those of a value; what is no array.
    pub fn elements(&self, known: Option<Known>) -> Result<Vec<Value>, PgWireError> {
        let wrong = || failures::error(WRONG_VALUE, "a parameter is no array of one dimension");
        if self.bytes.is_none() {
            return Ok(Vec::new());
        }
        let (elements, said) = self.taken_apart().ok_or_else(wrong)?;
        let ty = self.ty.as_ref().and_then(element_of).or(said);
        let value = |bytes| Bound { bytes, is_binary: self.is_binary, ty: ty.clone() }.value(known);
        elements.into_iter().map(value).collect()
    }

    /// Its value. Where its client has said little, it is one of the type that the statement takes it for.
    ///
    /// Errors: bytes that are no value of the type; types that are not offered.
    pub fn value(&self, known: Option<Known>) -> Result<Value, PgWireError> {
        let known = known.map_or(Type::TEXT, told);
        match &self.ty {
            None => parameter(self.bytes.as_deref(), &known, self.is_binary),
            Some(Type::TEXT | Type::VARCHAR | Type::UNKNOWN) => parameter(self.bytes.as_deref(), &known, false),
            Some(ty) => parameter(self.bytes.as_deref(), ty, self.is_binary),
        }
    }
}

/// Errors: bytes that are no value of the type; types that are not offered.
fn parameter(bytes: Option<&[u8]>, ty: &Type, is_binary: bool) -> Result<Value, PgWireError> {
    let Some(bytes) = bytes else { return Ok(Value::Null) };
    let wrong = || failures::error(WRONG_VALUE, format!("a parameter is no {}", ty.name()));
    if ty.name().starts_with('_') {
        return Err(failures::error(failures::NOT_OFFERED, "arrays are taken as parameters in = ANY ($1) alone"));
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
        let (took, warnings) = (std::time::Duration::ZERO, Vec::new());
        Table::of(Answered { columns, rows, truncated: false, took, warnings }, &[])
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
        for (value, text) in [
            (json!({"a": [1, "b"]}), r#"{"a":[1,"b"]}"#),
            (json!("it's"), r#""it's""#),
            (json!("5"), r#""5""#),
            (json!("{"), r#""{""#),
            (json!(5), "5"),
            (json!(true), "true"),
            (json!(r#"{"a": 0.12345678901234567890}"#), r#"{"a": 0.12345678901234567890}"#),
        ] {
            let answered = table("JSON", &[value]);
            assert_eq!((&answered.columns[0].1, &answered.rows[0][0]), (&Type::JSON, &json!(text)));
        }
        assert_eq!(written(&json!("it's"), &Type::JSON), None);
        assert_eq!(written(&json!("{1,NULL,0}"), &Type::BOOL_ARRAY).as_deref(), Some("{t,NULL,f}"));
        assert_eq!(table("NUMBER", &[]).columns[0].1, Type::NUMERIC);
    }

    #[test]
    fn columns_are_of_the_type_that_their_statement_says_unless_a_value_is_not() {
        let ty = |kind: &'static str, said: Known, value: Value| {
            let (columns, rows) = (vec![("x".to_owned(), kind)], vec![vec![value]]);
            let answered =
                Answered { columns, rows, truncated: false, took: std::time::Duration::ZERO, warnings: Vec::new() };
            Table::of(answered, &[Some(said)]).columns[0].1.clone()
        };
        assert_eq!(ty("NUMBER", Known::Numeric, json!(5)), Type::NUMERIC);
        assert_eq!(ty("NUMBER", Known::Bool, json!(1)), Type::BOOL);
        assert_eq!(ty("NUMBER", Known::Int4, json!(1.5)), Type::NUMERIC);
        assert_eq!(ty("VARCHAR", Known::Date, json!("2026-01-31")), Type::DATE);
        assert_eq!(ty("VARCHAR", Known::Date, json!("soon")), Type::TEXT);
        assert_eq!(ty("VARCHAR", Known::Text, json!(3)), Type::TEXT);
        assert_eq!(ty("DATE", Known::Text, json!("2026-01-31")), Type::DATE);
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
        let read = |bytes: &[u8], ty: Type, is_binary| parameter(Some(bytes), &ty, is_binary).ok();
        assert_eq!(read(b"12", Type::INT4, false), Some(json!(12)));
        assert_eq!(read(&[0, 0, 0, 12], Type::INT4, true), Some(json!(12)));
        assert_eq!(read(&[0, 12], Type::INT4, true), None);
        assert_eq!(read(b"1; drop", Type::INT4, false), None);
        // As the driver for Java says it.
        assert_eq!(read(b"FALSE", Type::BOOL, false), Some(json!(false)));
        assert_eq!(read(b"1.10", Type::NUMERIC, false), Some(json!("1.10")));
        assert_eq!(read(b"o'clock", Type::TEXT, true), Some(json!("o'clock")));
        assert_eq!(read(&[0, 0, 0, 1], Type::DATE, true), Some(json!("2000-01-02")));
        assert_eq!(read(b"{1}", Type::INT4_ARRAY, false), None);
        let array = |is_binary, bytes: &'static [u8]| {
            Bound { bytes: Some(Bytes::from_static(bytes)), is_binary, ty: Some(Type::INT4_ARRAY) }.elements(None).ok()
        };
        assert_eq!(array(false, b"{1,2}"), Some(vec![json!(1), json!(2)]));
        let one = b"\0\0\0\x01\0\0\0\0\0\0\0\x17\0\0\0\x01\0\0\0\x01\0\0\0\x04\0\0\0\x07";
        assert_eq!(array(true, one), Some(vec![json!(7)]));
        assert_eq!((array(false, b"7"), array(true, b"\0")), (None, None));
        assert_eq!(parameter(None, &Type::INT4, true).ok(), Some(Value::Null));
        let bound = |ty: Option<Type>, is_binary, bytes: &'static [u8]| {
            Bound { bytes: Some(Bytes::from_static(bytes)), is_binary, ty }.value(Some(Known::Date)).ok()
        };
        assert_eq!(bound(None, true, &[0, 0, 0, 1]), Some(json!("2000-01-02")));
        assert_eq!(bound(Some(Type::VARCHAR), true, b"2000-01-02 +01"), Some(json!("2000-01-02")));
        assert_eq!(bound(Some(Type::INT4), false, b"7"), Some(json!(7)));
    }
}
