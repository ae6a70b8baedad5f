//! What the fields of a file are: text as it stands there, and the value that the engine keeps.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use rusqlite::types::Value;
use serde_json::json;

/// What the fields of a column are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    Boolean,
    Integer,
    /// With what stands before decimals, and what between thousands.
    Number {
        decimal: char,
        group: Option<char>,
    },
    /// Days in an order such as `yyyy-MM-dd`.
    Date(String),
    Timestamp,
    Text,
}

/// What programs write where there is no value. A text may be one of these, a figure or a day is not.
const NULLS: [&str; 3] = ["NULL", "null", "\\N"];

/// Digits that a number keeps.
const MOST_DIGITS: usize = 15;

impl Type {
    /// As a column of the engine is declared.
    pub const fn declared(&self) -> &'static str {
        match self {
            Type::Boolean => "BOOLEAN",
            Type::Integer => "INTEGER",
            Type::Number { .. } => "REAL",
            Type::Date(_) => "DATE",
            Type::Timestamp => "TIMESTAMP",
            Type::Text => "TEXT",
        }
    }

    /// As metadata says it.
    pub fn datatype(&self) -> serde_json::Value {
        match self {
            Type::Boolean => "boolean".into(),
            Type::Integer => "integer".into(),
            Type::Number { decimal: '.', group: None } => "number".into(),
            Type::Number { decimal, group: None } => json!({"base": "number", "format": {"decimalChar": decimal}}),
            Type::Number { decimal, group } => {
                json!({"base": "number", "format": {"decimalChar": decimal, "groupChar": group}})
            }
            Type::Date(order) => json!({"base": "date", "format": order}),
            Type::Timestamp => "datetime".into(),
            Type::Text => "string".into(),
        }
    }

    /// What a field has to be, in words that end a sentence.
    pub const fn rule(&self) -> &'static str {
        match self {
            Type::Boolean => " is true or false",
            Type::Integer => " is a whole number",
            Type::Number { .. } => " is a number",
            Type::Date(_) => " is a day",
            Type::Timestamp => " is a point in time",
            Type::Text => " is a text",
        }
    }
}

/// What the fields of a column can still be. Where days and months, or decimals and thousands, could be taken for one another
/// nothing is inferred.
pub struct TypeInference {
    possible: Vec<Type>,
    is_seen: bool,
    /// Where signs between digits can be read in two ways, they are read in this one: as numbers are written in files with
    /// such a delimiter.
    usual: Option<Type>,
    /// Of two ways to write numbers, that some field would be another number in one than in the other.
    differ: [[bool; NUMBERS.len()]; NUMBERS.len()],
}

/// With what stands before decimals, and between thousands.
const NUMBERS: [(char, Option<char>); 4] = [('.', None), (',', None), (',', Some('.')), ('.', Some(','))];

impl TypeInference {
    pub fn new(delimiter: u8) -> TypeInference {
        let number = |(decimal, group)| Type::Number { decimal, group };
        let mut possible = vec![Type::Boolean, Type::Integer];
        possible.extend(NUMBERS.map(number));
        possible.extend(["yyyy-MM-dd", "dd.MM.yyyy"].map(|order| Type::Date(order.to_owned())));
        possible.push(Type::Timestamp);
        // A comma that separates fields stands before no decimals, and a semicolon does so where a comma does.
        let usual = match delimiter {
            b',' => Some(number(NUMBERS[0])),
            b';' => Some(number(NUMBERS[1])),
            _ => None,
        };
        TypeInference { possible, is_seen: false, usual, differ: Default::default() }
    }

    pub fn see(&mut self, field: &str) {
        if self.possible.is_empty() {
            return;
        }
        self.is_seen = true;
        let is_whole = is_number(field, None);
        let is_long = field.bytes().filter(u8::is_ascii_digit).count() > MOST_DIGITS;
        let mut read = [None; NUMBERS.len()];
        self.possible.retain(|kind| match kind {
            Type::Number { .. } if is_whole || is_long => !is_long,
            Type::Number { decimal, group } => {
                let value = number(field, *decimal, *group);
                let way = NUMBERS.iter().position(|way| *way == (*decimal, *group));
                if let Some(way) = way {
                    read[way] = value;
                }
                value.is_some()
            }
            kind => convert(kind, field).is_some(),
        });
        for (one, value) in read.iter().enumerate() {
            for (other, differs) in read.iter().zip(&mut self.differ[one]) {
                *differs |= value.zip(*other).is_some_and(|(value, other)| value != other);
            }
        }
    }

    /// The narrowest that all fields were.
    pub fn taken(&self) -> Type {
        let Some(first) = self.possible.first().filter(|_| self.is_seen) else { return Type::Text };
        if !matches!(first, Type::Number { .. }) {
            return first.clone();
        }
        let usual = self.usual.iter().find(|usual| self.possible.contains(usual));
        let is_possible = |way: usize| {
            let (decimal, group) = NUMBERS[way];
            self.possible.contains(&Type::Number { decimal, group })
        };
        let mut pairs = (0..NUMBERS.len()).flat_map(|one| (0..one).map(move |other| (one, other)));
        let is_unsure = pairs.any(|(one, other)| self.differ[one][other] && is_possible(one) && is_possible(other));
        match usual {
            Some(usual) => usual.clone(),
            None if is_unsure => Type::Text,
            None => first.clone(),
        }
    }
}

/// Whether a field may have no value, whatever its column is. `said`: what stands for none, where that is known.
pub fn may_be_null(field: &str, said: Option<&[String]>) -> bool {
    is_null(&Type::Integer, field.trim(), said)
}

/// Whether a field of a column has no value. `said`: what stands for none, where that is known.
pub fn is_null(kind: &Type, field: &str, said: Option<&[String]>) -> bool {
    match said {
        Some(said) => said.iter().any(|null| null == field) || field.is_empty() && *kind != Type::Text,
        None => field.is_empty() || *kind != Type::Text && NULLS.contains(&field),
    }
}

/// The value of a field; `None` where it is none of the type.
pub fn convert(kind: &Type, field: &str) -> Option<Value> {
    Some(match kind {
        Type::Boolean if field.eq_ignore_ascii_case("true") => Value::Integer(1),
        Type::Boolean if field.eq_ignore_ascii_case("false") => Value::Integer(0),
        Type::Boolean => return None,
        Type::Integer if is_number(field, None) => Value::Integer(field.parse().ok()?),
        Type::Integer => return None,
        Type::Number { decimal, group } => Value::Real(number(field, *decimal, *group)?),
        Type::Date(order) => Value::Text(day(field, order)?.to_string()),
        Type::Timestamp => Value::Text(moment(field)?),
        Type::Text => Value::Text(field.to_owned()),
    })
}

/// Whether these are digits as numbers are written: what begins with a nought is a code, not a number.
fn is_number(text: &str, decimals: Option<&str>) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_digits = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = is_digits(digits) && (digits == "0" || !digits.starts_with('0'));
    is_plain && decimals.is_none_or(is_digits) && (text != "-0" || decimals.is_some())
}

fn number(field: &str, decimal: char, group: Option<char>) -> Option<f64> {
    let (whole, decimals) = match field.split_once(decimal) {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (field, None),
    };
    let exponent = decimals.unwrap_or(whole).find(['e', 'E']);
    let (whole, decimals, exponent) = match (exponent, decimals) {
        (None, _) => (whole, decimals, ""),
        (Some(at), Some(decimals)) => (whole, Some(&decimals[..at]), &decimals[at..]),
        (Some(at), None) => (&whole[..at], None, &whole[at..]),
    };
    let whole = match group {
        Some(group) => thousands(whole, group)?,
        None => whole.to_owned(),
    };
    if !is_number(&whole, decimals) {
        return None;
    }
    let number: f64 = format!("{whole}.{}{exponent}", decimals.unwrap_or("0")).parse().ok()?;
    number.is_finite().then_some(number)
}

/// A whole number without what stands between its thousands.
fn thousands(whole: &str, group: char) -> Option<String> {
    let mut parts = whole.split(group);
    let first = parts.next()?;
    let rest: Vec<&str> = parts.collect();
    let fits = rest.is_empty() || first.trim_start_matches('-').len() <= 3 && rest.iter().all(|part| part.len() == 3);
    fits.then(|| format!("{first}{}", rest.concat()))
}

fn day(field: &str, order: &str) -> Option<Date> {
    let sign = order.chars().find(|sign| !sign.is_ascii_alphabetic())?;
    let (mut year, mut month, mut day) = (None, None, None);
    let mut fields = field.split(sign);
    for part in order.split(sign) {
        let text = fields.next()?;
        let is_fitting =
            text.bytes().all(|byte| byte.is_ascii_digit()) && (1..=part.len().max(2)).contains(&text.len());
        let number: i16 = text.parse().ok().filter(|_| is_fitting)?;
        match part.as_bytes().first()? {
            b'y' if text.len() == 4 => year = Some(number),
            b'M' => month = i8::try_from(number).ok(),
            b'd' => day = i8::try_from(number).ok(),
            _ => return None,
        }
    }
    if fields.next().is_some() { None } else { Date::new(year?, month?, day?).ok() }
}

/// In UTC where it has a zone, else as it stands.
fn moment(field: &str) -> Option<String> {
    if !field.as_bytes().first()?.is_ascii_digit() || !field.contains('-') {
        return None;
    }
    let with_zone = field.parse::<Timestamp>().map(|at| TimeZone::UTC.to_datetime(at)).ok();
    let at = with_zone.or_else(|| field.parse::<DateTime>().ok())?;
    Some(at.to_string().replace('T', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inferred(delimiter: u8, fields: &[&str]) -> Type {
        let mut inference = TypeInference::new(delimiter);
        fields.iter().filter(|field| !may_be_null(field, None)).for_each(|field| inference.see(field));
        inference.taken()
    }

    #[test]
    fn a_type_is_taken_that_every_field_is_of() {
        let (point, comma) = (Type::Number { decimal: '.', group: None }, Type::Number { decimal: ',', group: None });
        let grouped = |decimal, group| Type::Number { decimal, group: Some(group) };
        let (iso, dotted) = (Type::Date("yyyy-MM-dd".into()), Type::Date("dd.MM.yyyy".into()));
        for (delimiter, fields, wanted) in [
            (b',', &["1", "", "-20"][..], Type::Integer),
            (b',', &["0", "1"], Type::Integer),
            (b',', &["007", "1"], Type::Text),
            (b',', &["1", "2.50", "-0.5", "1e3"], point.clone()),
            (b',', &["+49", "1"], Type::Text),
            (b',', &["1,5"], comma.clone()),
            (b';', &["1,5", "2"], comma.clone()),
            (b';', &["4.706,79", "12,5", "-3"], grouped(',', '.')),
            (b',', &["4.706,79", "12,5"], grouped(',', '.')),
            (b';', &["1.234.567", "1.234"], grouped(',', '.')),
            (b';', &["1,234.56", "7"], grouped('.', ',')),
            (b',', &["1,234.56", "1,234"], grouped('.', ',')),
            // A thousand, or one and a bit: in a file of semicolons a comma stands before decimals.
            (b';', &["1,234"], comma),
            (b',', &["1,234"], Type::Text),
            (b'\t', &["1,234"], Type::Text),
            (b',', &["1.234"], point.clone()),
            (b';', &["1.234", "1,234"], Type::Text),
            (b';', &["10.0.0.1"], Type::Text),
            (b';', &["1.25", "1.234"], point.clone()),
            (b';', &["1.234", "2"], Type::Text),
            (b';', &["1.25", "2"], point),
            (b',', &["True", "false", ""], Type::Boolean),
            (b',', &["2026-01-02", "2024-02-29"], iso),
            (b',', &["2026-01-02", "2026-02-30"], Type::Text),
            (b';', &["01.02.2026", "31.12.2025"], dotted),
            (b',', &["03/04/2026"], Type::Text),
            (b',', &["2026-01-02 03:04:05", "2026-01-02T03:04Z"], Type::Timestamp),
            (b',', &["2026-01-02", "2026-01-02T03:04:05"], Type::Timestamp),
            (b',', &["", ""], Type::Text),
            (b',', &["99999999999999999999"], Type::Text),
            (b',', &["9007199254740993", "0.5"], Type::Text),
            (b';', &["2026-01-31"], Type::Date("yyyy-MM-dd".into())),
            (b'\t', &["1.234"], Type::Text),
            (b'\t', &["12,50"], Type::Number { decimal: ',', group: None }),
            (b',', &["NaN"], Type::Text),
            (b',', &["20260102"], Type::Integer),
            (b',', &["NULL", "7", "\\N"], Type::Integer),
            (b',', &["NULL", "Null", "x"], Type::Text),
            (b',', &["NULL", "null"], Type::Text),
        ] {
            assert_eq!(inferred(delimiter, fields), wanted, "{fields:?}");
        }
    }

    #[test]
    fn what_is_inferred_is_what_can_be_loaded() {
        let said = ["-".to_owned()];
        for (said, nulls, values) in
            [(None, &["", "NULL", " null "][..], &["-"][..]), (Some(&said[..]), &["", " -"], &["NULL"])]
        {
            assert!(nulls.iter().all(|field| may_be_null(field, said) && is_null(&Type::Integer, field.trim(), said)));
            assert!(values.iter().all(|field| !may_be_null(field, said)));
        }
    }

    #[test]
    fn a_text_may_say_null_and_a_figure_may_not() {
        let said = ["NA".to_owned()];
        for (kind, field, said, wanted) in [
            (Type::Integer, "NULL", None, true),
            (Type::Text, "NULL", None, false),
            (Type::Text, "", None, true),
            (Type::Text, "NA", Some(&said[..]), true),
            (Type::Text, "", Some(&said[..]), false),
            (Type::Integer, "", Some(&said[..]), true),
            (Type::Integer, "NULL", Some(&said[..]), false),
        ] {
            assert_eq!(is_null(&kind, field, said), wanted, "{kind:?} {field:?} {said:?}");
        }
    }

    #[test]
    fn values_are_kept_as_the_engine_compares_them() {
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        assert_eq!(convert(&Type::Timestamp, "2026-01-02T03:04:05+02:00"), text("2026-01-02 01:04:05"));
        assert_eq!(convert(&Type::Timestamp, "2026-01-02 03:04"), text("2026-01-02 03:04:00"));
        assert_eq!(convert(&Type::Date("M/d/yyyy".into()), "3/14/2026"), text("2026-03-14"));
        assert_eq!(convert(&Type::Date("yyyy-MM-dd".into()), "26-03-14"), None);
        let grouped = Type::Number { decimal: ',', group: Some('.') };
        assert_eq!(convert(&grouped, "-1.234.567,5"), Some(Value::Real(-1_234_567.5)));
        assert_eq!(convert(&grouped, "12.34"), None);
        assert_eq!(convert(&Type::Number { decimal: '.', group: None }, "-0.5"), Some(Value::Real(-0.5)));
    }
}
