//! Versions and what changed between them, as this door prints them.
//!
//! The core counts tenths; the wire carries a JSON number with one decimal, and tags of entities are made of its text.

use emporion_catalog::text::hidden;
use serde_json::{Map, Number, Value, json};

use crate::case;
use crate::names;

/// Tenths as a JSON number in its shortest form: 3 is `0.3`, 10 is `1.0`.
pub fn number(tenths: u32) -> Value {
    Value::Number(Number::from_f64(f64::from(tenths) / 10.0).expect("a quotient of small integers is finite"))
}

/// The same as text: `0.3`, `1.0`.
pub fn text(tenths: u32) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Reads a version from a path: `0.3`, `1.0`, `1`. `None` for anything that no version is.
pub fn parse(text: &str) -> Option<u32> {
    let (whole, tenth) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.len() <= 8 && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(tenth) || tenth.trim_end_matches('0').len() > 1 {
        return None;
    }
    let tenth = u32::from(tenth.as_bytes()[0] - b'0');
    Some(whole.parse::<u32>().ok()? * 10 + tenth).filter(|tenths| *tenths > 0)
}

/// Reads a version as answers print it: of `0.10`, no version is printed so.
pub fn parse_printed(printed: &str) -> Option<u32> {
    parse(printed).filter(|tenths| text(*tenths) == printed || !printed.contains('.'))
}

/// Whether an `If-Match` (or `If-None-Match`) header names the entity: `*`, its strong tag (with quotes), or the weak
/// tag of its version, anywhere in the list.
pub fn matches(header: &str, tenths: u32, strong: &str) -> bool {
    header.split(',').map(str::trim).any(|tag| {
        tag == "*"
            || tag == strong
            || tag.strip_prefix("W/").is_some_and(|weak| weak == strong || is_version(weak, tenths))
    })
}

fn is_version(quoted: &str, tenths: u32) -> bool {
    let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.and_then(parse_printed) == Some(tenths)
}

/// What became of one field between two versions, in wire names; a missing side means added or deleted.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    pub name: String,
    pub old: Option<Value>,
    pub new: Option<Value>,
}

/// The name of a changed field on the wire.
///
/// `field` is the core's dotted name (`display_name`, `columns.id.description`, `columns."a.b".tags`): its first part is a
/// field or relation, the parts between are names of columns or tasks and are left alone, the last is a member again.
/// Where `is_part`, the last is the name of a part too. `member_of` gives the wire member that shows a relation.
pub fn field_name(field: &str, is_part: bool, member_of: impl Fn(&str) -> Option<&'static str>) -> String {
    let spelled = |part: &str| member_of(part).map_or_else(|| case::wire_key(part).into_owned(), str::to_owned);
    let parts = names::split(field).unwrap_or_else(|| vec![field.to_owned()]);
    let last = parts.len() - 1;
    let parts: Vec<String> = parts
        .iter()
        .enumerate()
        // A path of two parts ends in a column (added or deleted as a whole).
        .map(|(index, part)| {
            if index == 0 || (index == last && last >= 2 && !is_part) {
                spelled(part)
            } else {
                names::quote(part).into_owned()
            }
        })
        .collect();
    parts.join(".")
}

/// A value as it stands in a field change: plain values plain, lists and objects as JSON text.
pub fn field_value(value: &Value) -> Value {
    match value {
        Value::Array(_) | Value::Object(_) => Value::String(value.to_string()),
        plain => plain.clone(),
    }
}

/// `changeDescription`: the three lists and the version before.
pub fn change_description(previous_tenths: u32, changes: &[FieldChange]) -> Value {
    let (mut added, mut updated, mut deleted) = (Vec::new(), Vec::new(), Vec::new());
    for change in changes {
        let mut entry = Map::new();
        entry.insert("name".into(), Value::String(change.name.clone()));
        if let Some(old) = &change.old {
            entry.insert("oldValue".into(), shown(&change.name, old, "old-encrypted-value"));
        }
        if let Some(new) = &change.new {
            entry.insert("newValue".into(), shown(&change.name, new, "new-encrypted-value"));
        }
        let list = match (&change.old, &change.new) {
            (None, _) => &mut added,
            (Some(_), Some(_)) => &mut updated,
            (Some(_), None) => &mut deleted,
        };
        list.push(Value::Object(entry));
    }
    json!({
        "fieldsAdded": added,
        "fieldsUpdated": updated,
        "fieldsDeleted": deleted,
        "previousVersion": number(previous_tenths)
    })
}

/// A configuration is never described, not even masked, and a query without its values.
fn shown(name: &str, value: &Value, stand_in: &str) -> Value {
    match (name, value) {
        ("connection" | "sourceConfig" | "destinations" | "authenticationMechanism", _) => Value::from(stand_in),
        ("query", Value::String(query)) => Value::from(hidden(query)),
        _ => field_value(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn versions_print_in_their_shortest_form() {
        for (tenths, printed) in [(1, "0.1"), (3, "0.3"), (7, "0.7"), (10, "1.0"), (14, "1.4"), (1234, "123.4")] {
            assert_eq!(number(tenths).to_string(), printed);
            assert_eq!(text(tenths), printed);
        }
    }

    #[test]
    fn a_version_is_read_with_and_without_its_decimal() {
        assert_eq!(parse("1"), Some(10));
        assert_eq!(parse("1.0"), Some(10));
        assert_eq!(parse("0.30"), Some(3));
        for broken in ["", "0", "0.0", ".", "1.", ".1", "-1", "0.12", "a", "1e3", "999999999999", "١"] {
            assert_eq!(parse(broken), None, "{broken}");
        }
    }

    #[test]
    fn if_match_accepts_weak_strong_and_star() {
        let strong = "\"00ff\"";
        for good in ["W/\"0.3\"", "\"00ff\"", "*", "\"x\", W/\"0.3\"", "W/\"00ff\""] {
            assert!(matches(good, 3, strong), "{good}");
        }
        for bad in ["W/\"0.4\"", "\"0.3\"", "", "W/0.3"] {
            assert!(!matches(bad, 3, strong), "{bad}");
        }
    }

    #[test]
    fn field_names_keep_column_names_and_spell_members() {
        let member = |relation: &str| (relation == "tagged").then_some("tags");
        assert_eq!(field_name("display_name", false, member), "displayName");
        assert_eq!(field_name("tagged", false, member), "tags");
        assert_eq!(field_name("columns.my_col", false, member), "columns.my_col");
        assert_eq!(field_name("columns.my_col.data_type", false, member), "columns.my_col.dataType");
        assert_eq!(field_name("columns.my_col.my_col", true, member), "columns.my_col.my_col");
        assert_eq!(field_name("columns.\"a.b\".tagged", false, member), "columns.\"a.b\".tags");
    }

    #[test]
    fn lists_are_encoded_and_texts_are_plain() {
        let changes = [
            FieldChange { name: "description".into(), old: Some("d".into()), new: Some("d2".into()) },
            FieldChange { name: "owners".into(), old: None, new: Some(json!([{"id": 1}])) },
            FieldChange { name: "deleted".into(), old: Some(json!(false)), new: Some(json!(true)) },
            FieldChange { name: "displayName".into(), old: Some("n".into()), new: None },
            FieldChange { name: "connection".into(), old: Some(json!({"config": 1})), new: Some(json!({"config": 2})) },
        ];
        assert_eq!(
            change_description(1, &changes),
            json!({
                "fieldsAdded": [{"name": "owners", "newValue": "[{\"id\":1}]"}],
                "fieldsUpdated": [
                    {"name": "description", "oldValue": "d", "newValue": "d2"},
                    {"name": "deleted", "oldValue": false, "newValue": true},
                    {"name": "connection", "oldValue": "old-encrypted-value", "newValue": "new-encrypted-value"}
                ],
                "fieldsDeleted": [{"name": "displayName", "oldValue": "n"}],
                "previousVersion": 0.1
            })
        );
    }

    proptest! {
        #[test]
        fn every_printed_version_reads_back(tenths in 1u32..10_000_000) {
            prop_assert_eq!(parse(&text(tenths)), Some(tenths));
            prop_assert_eq!(number(tenths).to_string(), text(tenths));
        }
    }
}
