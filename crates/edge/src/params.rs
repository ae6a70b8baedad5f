//! Turns path, query and header text into JSON values by the shape of each member, and checks them.

use http::HeaderMap;
use serde_json::{Map, Number, Value};

use crate::check::check;
use crate::shape::{Location, Shape, Struct, TimeForm};
use crate::timestamp;
use crate::violation::Violation;

/// The query members of `input`, converted and checked. A repeated key makes a list; where no list is wanted the
/// first one counts. Keys that `input` does not list are left out.
pub fn parse_query(input: &Struct, pairs: &[(String, String)]) -> Result<Map<String, Value>, Vec<Violation>> {
    parse(input, Location::Query, |name| {
        pairs.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str().into())
    })
}

/// The path members of `input`, converted and checked.
pub fn parse_path(input: &Struct, params: &[(&'static str, String)]) -> Result<Map<String, Value>, Vec<Violation>> {
    parse(input, Location::Path, |name| {
        params.iter().filter(move |(key, _)| *key == name).map(|(_, value)| value.as_str().into())
    })
}

/// The header members of `input`, converted and checked. Bytes that are not UTF-8 become replacement characters.
pub fn parse_headers(input: &Struct, headers: &HeaderMap) -> Result<Map<String, Value>, Vec<Violation>> {
    parse(input, Location::Header, |name| {
        headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()))
    })
}

fn parse<'a, I>(
    input: &Struct,
    place: Location,
    values_of: impl Fn(&'static str) -> I,
) -> Result<Map<String, Value>, Vec<Violation>>
where
    I: Iterator<Item = std::borrow::Cow<'a, str>>,
{
    let mut map = Map::new();
    for member in input.members.iter().filter(|member| member.place == place) {
        let mut values = values_of(member.name).peekable();
        if values.peek().is_none() {
            continue;
        }
        let value = match &member.shape {
            Shape::List { of, .. } => Value::Array(values.map(|text| scalar(of, &text)).collect()),
            shape => values.next().map_or(Value::Null, |text| scalar(shape, &text)),
        };
        map.insert(member.name.to_owned(), value);
    }
    let value = Value::Object(map);
    let violations = check(input, place, &value);
    match value {
        Value::Object(map) if violations.is_empty() => Ok(map),
        _ => Err(violations),
    }
}

/// Text that does not convert stays a string, which the check then refuses with the type that was expected.
fn scalar(shape: &Shape, text: &str) -> Value {
    let converted = match shape {
        Shape::Nullable(of) => return scalar(of, text),
        Shape::Integer { .. } | Shape::Time(TimeForm::EpochMillis) => text.parse::<i64>().ok().map(Value::from),
        Shape::Number { .. } => number(text),
        Shape::Boolean => boolean(text),
        // Queries carry these as RFC 3339, although bodies of the same dialect hold numbers.
        Shape::Time(TimeForm::EpochSeconds) => number(text).or_else(|| {
            let millis = timestamp::parse(text)?;
            Some(if millis % 1000 == 0 { Value::from(millis / 1000) } else { Value::from(millis as f64 / 1000.0) })
        }),
        Shape::Text(_) | Shape::Enumeration(_) | Shape::Time(TimeForm::Rfc3339) | Shape::Json => None,
        Shape::OneOrMany { .. } => crate::json::parse(text.as_bytes()).ok().filter(Value::is_array),
        Shape::List { .. }
        | Shape::Map { .. }
        | Shape::Struct(_)
        | Shape::Union(_)
        | Shape::AnyOf(_)
        | Shape::Object => crate::json::parse(text.as_bytes()).ok(),
    };
    converted.unwrap_or_else(|| Value::String(text.to_owned()))
}

fn number(text: &str) -> Option<Value> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(Value::from(whole));
    }
    Number::from_f64(text.parse().ok()?).map(Value::Number)
}

/// Python prints `True`, everyone else `true`.
fn boolean(text: &str) -> Option<Value> {
    if text.eq_ignore_ascii_case("true") {
        Some(Value::Bool(true))
    } else if text.eq_ignore_ascii_case("false") {
        Some(Value::Bool(false))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::shape::{Member, TEXT, Text};
    use crate::violation::Rule;

    static LIST: Struct = Struct {
        name: "List",
        members: &[
            Member::optional("limit", Shape::Integer { min: 0, max: 1000 }).at(Location::Query),
            Member::optional("deleted", Shape::Boolean).at(Location::Query),
            Member::optional("tagKeys", Shape::List { of: &TEXT, min: 0, max: 3 }).at(Location::Query),
            Member::optional("ratio", Shape::Number { min: 0.0, max: 1.0 }).at(Location::Query),
            Member::optional("since", Shape::Time(TimeForm::EpochSeconds)).at(Location::Query),
            Member::optional("nextToken", Shape::Text(Text::between(1, 20))).at(Location::Query),
            Member::optional("filter", Shape::Object).at(Location::Query),
            Member::required("id", Shape::Text(Text::between(2, 4))).at(Location::Path),
            Member::required("x-count", Shape::Integer { min: 0, max: 9 }).at(Location::Header),
        ],
        open: false,
    };

    fn query(text: &str) -> Result<Map<String, Value>, Vec<Violation>> {
        parse_query(&LIST, &crate::request::Request::new(http::Method::GET, &format!("/x?{text}")).query())
    }

    #[test]
    fn query_text_is_converted_by_the_shape() {
        let text = "limit=10&deleted=True&tagKeys=a%20b&tagKeys=c%2Bd&ratio=0.5&since=2026-01-02T03%3A04%3A05.5Z\
                    &filter=%7B%22a%22%3A1%7D&other=1";
        let expected = json!({
            "limit": 10, "deleted": true, "tagKeys": ["a b", "c+d"], "ratio": 0.5, "since": 1767323045.5,
            "filter": {"a": 1},
        });
        assert_eq!(Value::Object(query(text).unwrap()), expected);
    }

    #[test]
    fn the_first_of_repeated_single_values_counts() {
        assert_eq!(Value::Object(query("limit=1&limit=2").unwrap()), json!({"limit": 1}));
    }

    #[test]
    fn text_that_does_not_convert_names_the_type() {
        let found =
            query("limit=ten&deleted=yes&ratio=NaN&nextToken=&tagKeys=1&tagKeys=2&tagKeys=3&tagKeys=4").unwrap_err();
        let rules: Vec<(String, Rule)> = found.iter().map(|v| (v.dotted(), v.rule)).collect();
        assert_eq!(
            rules,
            [
                ("limit".into(), Rule::Type { expected: "integer" }),
                ("deleted".into(), Rule::Type { expected: "boolean" }),
                ("tagKeys".into(), Rule::MaxItems(3)),
                ("ratio".into(), Rule::Type { expected: "number" }),
                ("nextToken".into(), Rule::MinLength(1)),
            ]
        );
    }

    #[test]
    fn path_and_headers_are_parsed_the_same_way() {
        assert_eq!(Value::Object(parse_path(&LIST, &[("id", "abc".into())]).unwrap()), json!({"id": "abc"}));
        assert_eq!(parse_path(&LIST, &[]).unwrap_err()[0].rule, Rule::Required);
        let mut headers = HeaderMap::new();
        headers.insert("X-Count", "7".parse().unwrap());
        assert_eq!(Value::Object(parse_headers(&LIST, &headers).unwrap()), json!({"x-count": 7}));
    }
}
