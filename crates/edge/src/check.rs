//! Checks values against shapes and lists every broken rule at once. An explicit null is the same as an absent member.

use serde_json::{Map, Value};

use crate::shape::{Location, Member, Shape, Struct, Text, TimeForm};
use crate::timestamp;

pub use crate::params::{parse_headers, parse_path, parse_query};
pub use crate::violation::{PathPart, Rule, Violation};

/// More than this helps nobody, and a hostile list of a million wrong entries must not become an answer.
pub const MOST_VIOLATIONS: usize = 100;

/// The last millisecond of the year 9999: later times have no RFC 3339 form.
const LAST_MILLIS: i64 = 253_402_300_799_999;

/// Checks the members of `input` that stand at `place` against an object (null counts as an empty one).
///
/// Members that a closed `input` does not list are violations in the body only: elsewhere intermediaries add their own.
pub fn check(input: &Struct, place: Location, value: &Value) -> Vec<Violation> {
    let mut found = Found::default();
    match value {
        Value::Null => members(input, place, &Map::new(), &At::Root, &mut found),
        Value::Object(object) => members(input, place, object, &At::Root, &mut found),
        _ => found.add(&At::Root, wrong_type("object")),
    }
    found.list
}

/// Checks one value; `path` is where it stands and comes first in every violation.
pub fn check_shape(shape: &Shape, value: &Value, path: Vec<PathPart>) -> Vec<Violation> {
    let mut found = Found::default();
    one(shape, value, &At::Root, &mut found);
    if !path.is_empty() {
        for violation in &mut found.list {
            let inner = std::mem::replace(&mut violation.path, path.clone());
            violation.path.extend(inner);
        }
    }
    found.list
}

/// Lists members of a body that no shape knows, in open structs too: for dialects that warn of them.
pub fn unknown_members(input: &Struct, value: &Value) -> Vec<Violation> {
    let mut found = Found::default();
    unknown_in_struct(input, value, &At::Root, &mut found);
    found.list
}

/// The place of a value while walking, kept on the stack so that a valid value costs no allocation.
enum At<'a> {
    Root,
    Key(&'a At<'a>, &'a str),
    Index(&'a At<'a>, usize),
}

impl At<'_> {
    fn path(&self) -> Vec<PathPart> {
        let mut parts = Vec::new();
        let mut here = self;
        loop {
            here = match here {
                At::Root => break,
                At::Key(parent, key) => {
                    parts.push(PathPart::Key((*key).to_owned()));
                    parent
                }
                At::Index(parent, index) => {
                    parts.push(PathPart::Index(*index));
                    parent
                }
            };
        }
        parts.reverse();
        parts
    }
}

#[derive(Default)]
struct Found {
    list: Vec<Violation>,
}

impl Found {
    fn add(&mut self, at: &At<'_>, rule: Rule) {
        if !self.is_full() {
            self.push(Violation { path: at.path(), rule });
        }
    }

    fn push(&mut self, violation: Violation) {
        if !self.is_full() {
            self.list.push(violation);
        }
    }

    fn is_full(&self) -> bool {
        self.list.len() >= MOST_VIOLATIONS
    }
}

fn wrong_type(expected: &'static str) -> Rule {
    Rule::Type { expected }
}

fn members(of: &Struct, place: Location, object: &Map<String, Value>, at: &At<'_>, found: &mut Found) {
    for member in of.members.iter().filter(|member| member.place == place) {
        match object.get(member.name) {
            Some(Value::Null) if matches!(member.shape, Shape::Nullable(_)) => {}
            None | Some(Value::Null) if member.required => found.add(&At::Key(at, member.name), Rule::Required),
            None | Some(Value::Null) => {}
            Some(value) => one(&member.shape, value, &At::Key(at, member.name), found),
        }
    }
    if !of.open && place == Location::Body {
        for (key, value) in object {
            if found.is_full() {
                return;
            }
            if !value.is_null() && body_member(of, key).is_none() {
                found.add(&At::Key(at, key), Rule::Unknown);
            }
        }
    }
}

fn body_member(of: &Struct, name: &str) -> Option<&'static Member> {
    of.members.iter().find(|member| member.place == Location::Body && member.name == name)
}

fn one(shape: &Shape, value: &Value, at: &At<'_>, found: &mut Found) {
    match shape {
        Shape::Text(rule) => match value {
            Value::String(string) => text(rule, string, at, found),
            _ => found.add(at, wrong_type("string")),
        },
        Shape::Integer { min, max } => integer(*min, *max, value, at, found),
        Shape::Number { min, max } => match value.as_f64() {
            Some(number) => range(number, *min, *max, at, found),
            None => found.add(at, wrong_type("number")),
        },
        Shape::Boolean => {
            if !value.is_boolean() {
                found.add(at, wrong_type("boolean"));
            }
        }
        Shape::Time(form) => time(*form, value, at, found),
        Shape::Enumeration(values) => match value {
            Value::String(string) if values.contains(&string.as_str()) => {}
            Value::String(_) => found.add(at, Rule::Enumeration(values)),
            _ => found.add(at, wrong_type("string")),
        },
        Shape::List { of, min, max } => match value {
            Value::Array(entries) => list(of, *min, *max, entries, at, found),
            _ => found.add(at, wrong_type("array")),
        },
        Shape::Map { of, max } => match value {
            Value::Object(entries) => map(of, *max, entries, at, found),
            _ => found.add(at, wrong_type("object")),
        },
        Shape::Struct(of) => match value {
            Value::Object(object) => members(of, Location::Body, object, at, found),
            _ => found.add(at, wrong_type("object")),
        },
        Shape::Union(of) => match value {
            Value::Object(object) => union(of, object, at, found),
            _ => found.add(at, wrong_type("object")),
        },
        Shape::OneOrMany { of, max } => match value {
            Value::Array(entries) => list(of, 0, *max, entries, at, found),
            one_of => one(of, one_of, at, found),
        },
        Shape::Nullable(of) => {
            if !value.is_null() {
                one(of, value, at, found);
            }
        }
        Shape::AnyOf(of) => {
            let mut of_first = None;
            for shape in *of {
                let mut inner = Found::default();
                one(shape, value, at, &mut inner);
                if inner.list.is_empty() {
                    return;
                }
                of_first.get_or_insert(inner);
            }
            // What is none of them is told as what it would most often be.
            of_first.into_iter().flat_map(|inner| inner.list).for_each(|violation| found.push(violation));
        }
        Shape::Object => {
            if !value.is_object() {
                found.add(at, wrong_type("object"));
            }
        }
        Shape::Json => {}
    }
}

fn text(rule: &Text, string: &str, at: &At<'_>, found: &mut Found) {
    // A character is one to four bytes, so what is far too long is never counted, nor held against the pattern, which may
    // take its time; and the usual short string is never counted, either.
    if string.len() / 4 > rule.max {
        return found.add(at, Rule::MaxLength(rule.max));
    }
    let length = if rule.min > 1 || string.len() > rule.max { string.chars().count() } else { string.len() };
    if length < rule.min {
        found.add(at, Rule::MinLength(rule.min));
    }
    if length > rule.max {
        found.add(at, Rule::MaxLength(rule.max));
    }
    if let Some(pattern) = &rule.pattern
        && !(pattern.matches)(string)
    {
        found.add(at, Rule::Pattern(pattern.source));
    }
}

fn integer(min: i64, max: i64, value: &Value, at: &At<'_>, found: &mut Found) {
    match (value.as_i64(), value.as_u64()) {
        (Some(number), _) if number < min => found.add(at, Rule::Minimum(min as f64)),
        (Some(number), _) if number > max => found.add(at, Rule::Maximum(max as f64)),
        (Some(_), _) => {}
        (None, Some(_)) => found.add(at, Rule::Maximum(max as f64)),
        (None, None) => found.add(at, wrong_type("integer")),
    }
}

fn range(number: f64, min: f64, max: f64, at: &At<'_>, found: &mut Found) {
    if number < min {
        found.add(at, Rule::Minimum(min));
    }
    if number > max {
        found.add(at, Rule::Maximum(max));
    }
}

fn time(form: TimeForm, value: &Value, at: &At<'_>, found: &mut Found) {
    match form {
        TimeForm::EpochSeconds => match value.as_f64() {
            Some(seconds) => range(seconds, -(LAST_MILLIS as f64) / 1000.0, LAST_MILLIS as f64 / 1000.0, at, found),
            None => found.add(at, wrong_type("timestamp")),
        },
        TimeForm::EpochMillis => integer(-LAST_MILLIS, LAST_MILLIS, value, at, found),
        TimeForm::Rfc3339 => {
            if value.as_str().and_then(timestamp::parse).is_none() {
                found.add(at, wrong_type("date-time"));
            }
        }
    }
}

fn list(of: &Shape, min: usize, max: usize, entries: &[Value], at: &At<'_>, found: &mut Found) {
    if entries.len() < min {
        found.add(at, Rule::MinItems(min));
    }
    if entries.len() > max {
        found.add(at, Rule::MaxItems(max));
    }
    for (index, entry) in entries.iter().enumerate() {
        if found.is_full() {
            return;
        }
        one(of, entry, &At::Index(at, index), found);
    }
}

fn map(of: &Shape, max: usize, entries: &Map<String, Value>, at: &At<'_>, found: &mut Found) {
    if entries.len() > max {
        found.add(at, Rule::MaxItems(max));
    }
    for (key, entry) in entries {
        if found.is_full() {
            return;
        }
        // A null entry stays: whether it removes a key or is an error is the dialect's to say by its shape.
        one(of, entry, &At::Key(at, key), found);
    }
}

fn union(of: &Struct, object: &Map<String, Value>, at: &At<'_>, found: &mut Found) {
    let present = of.members.iter().filter(|member| object.get(member.name).is_some_and(|value| !value.is_null()));
    if present.count() != 1 {
        found.add(at, Rule::UnionOne);
    }
    members(of, Location::Body, object, at, found);
}

fn unknown_in_struct(of: &Struct, value: &Value, at: &At<'_>, found: &mut Found) {
    let Value::Object(object) = value else { return };
    for (key, value) in object {
        if found.is_full() {
            return;
        }
        match body_member(of, key) {
            Some(member) => unknown_in(&member.shape, value, &At::Key(at, key), found),
            None if value.is_null() => {}
            None => found.add(&At::Key(at, key), Rule::Unknown),
        }
    }
}

fn unknown_in(shape: &Shape, value: &Value, at: &At<'_>, found: &mut Found) {
    match (shape, value) {
        (Shape::Struct(of) | Shape::Union(of), value) => unknown_in_struct(of, value, at, found),
        (Shape::List { of, .. } | Shape::OneOrMany { of, .. }, Value::Array(entries)) => {
            for (index, entry) in entries.iter().enumerate() {
                unknown_in(of, entry, &At::Index(at, index), found);
            }
        }
        (Shape::Nullable(of) | Shape::OneOrMany { of, .. }, value) => unknown_in(of, value, at, found),
        (Shape::Map { of, .. }, Value::Object(entries)) => {
            for (key, entry) in entries {
                unknown_in(of, entry, &At::Key(at, key), found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::shape::TEXT;

    fn is_slug(text: &str) -> bool {
        text.bytes().all(|byte| byte.is_ascii_lowercase())
    }

    #[test]
    fn what_is_too_long_is_not_held_against_its_pattern() {
        const NEVER: Shape = Shape::Text(Text::between(1, 4).matching("short", |text| match text.len() {
            ..20 => true,
            _ => panic!("it is too long to look at"),
        }));
        for long in ["a".repeat(20), "a".repeat(5_000_000)] {
            let rules: Vec<Rule> =
                check_shape(&NEVER, &json!(long), vec![]).into_iter().map(|found| found.rule).collect();
            assert_eq!(rules, [Rule::MaxLength(4)]);
        }
        assert_eq!(check_shape(&NEVER, &json!("🙂🙂🙂🙂"), vec![]), []);
    }

    const NAME: Shape = Shape::Text(Text::between(1, 4).matching("[a-z]*", is_slug));

    #[test]
    fn a_value_of_any_of_several_shapes_is_of_one_of_them() {
        let either = Shape::AnyOf(const { &[NAME, Shape::Boolean] });
        assert_eq!(check_shape(&either, &json!("abc"), Vec::new()), []);
        assert_eq!(check_shape(&either, &json!(true), Vec::new()), []);
        let violations = check_shape(&either, &json!("ABC"), Vec::new());
        assert_eq!(violations, check_shape(&NAME, &json!("ABC"), Vec::new()));
        assert!(!violations.is_empty());
    }
    static ITEM: Struct = Struct {
        name: "Item",
        members: &[Member::required("tableName", NAME), Member::optional("note", TEXT)],
        open: true,
    };
    static CHOICE: Struct = Struct {
        name: "Choice",
        members: &[Member::optional("left", TEXT), Member::optional("right", Shape::Boolean)],
        open: false,
    };
    static CREATE: Struct = Struct {
        name: "Create",
        members: &[
            Member::required("id", TEXT).at(Location::Path),
            Member::required("name", NAME),
            Member::optional("size", Shape::Integer { min: 1, max: 10 }),
            Member::optional("ratio", Shape::Number { min: 0.0, max: 1.0 }),
            Member::optional("colour", Shape::Enumeration(&["red", "blue"])),
            Member::optional("items", Shape::List { of: &Shape::Struct(&ITEM), min: 1, max: 200 }),
            Member::optional("labels", Shape::Map { of: &TEXT, max: 2 }),
            Member::optional("choice", Shape::Union(&CHOICE)),
            Member::optional("at", Shape::Time(TimeForm::Rfc3339)),
            Member::optional("seconds", Shape::Time(TimeForm::EpochSeconds)),
            Member::optional("free", Shape::Object),
        ],
        open: false,
    };

    fn body(value: Value) -> Vec<String> {
        check(&CREATE, Location::Body, &value).iter().map(|v| format!("{} {}", v.pointer(), v.rule.name())).collect()
    }

    #[test]
    fn a_valid_body_has_no_violations() {
        let value = json!({
            "name": "ab", "size": 10, "ratio": 1, "colour": "red", "items": [{"tableName": "t", "extra": 1}],
            "labels": {"a": "b"}, "choice": {"left": "x", "right": null}, "at": "2026-01-02T03:04:05Z",
            "seconds": 1752602810.307, "free": {"x": [1]},
        });
        assert_eq!(body(value), Vec::<String>::new());
    }

    #[test]
    fn all_violations_are_listed_at_once() {
        let value = json!({
            "name": "ABCDE", "size": 11, "ratio": -0.5, "colour": "green", "items": [{}, {"tableName": 7}],
            "labels": {"a": "b", "c": 1, "d": ""}, "choice": {}, "at": "yesterday", "seconds": "1", "free": [],
            "other": true,
        });
        assert_eq!(
            body(value),
            [
                "/name maxLength",
                "/name pattern",
                "/size maximum",
                "/ratio minimum",
                "/colour enum",
                "/items/0/tableName required",
                "/items/1/tableName type",
                "/labels maxItems",
                "/labels/c type",
                "/choice oneOf",
                "/at type",
                "/seconds type",
                "/free type",
                "/other unknown",
            ]
        );
    }

    #[test]
    fn an_explicit_null_is_absent() {
        assert_eq!(body(json!({"name": null, "size": null, "other": null})), ["/name required"]);
        assert_eq!(body(Value::Null), ["/name required"]);
    }

    #[test]
    fn a_body_that_is_no_object_is_one_violation() {
        assert_eq!(body(json!([1])), [" type"]);
    }

    #[test]
    fn members_of_another_place_are_not_looked_for() {
        let found = check(&CREATE, Location::Path, &json!({}));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].pointer(), "/id");
    }

    #[test]
    fn a_fraction_is_no_integer_and_a_huge_one_is_too_large() {
        assert_eq!(body(json!({"name": "a", "size": 1.5})), ["/size type"]);
        assert_eq!(body(json!({"name": "a", "size": u64::MAX})), ["/size maximum"]);
        assert_eq!(body(json!({"name": "a", "size": 0})), ["/size minimum"]);
    }

    #[test]
    fn lengths_count_characters() {
        let four = Shape::Text(Text::between(2, 4));
        assert!(check_shape(&four, &json!("🙂🙂🙂🙂"), vec![]).is_empty());
        assert_eq!(check_shape(&four, &json!("🙂🙂🙂🙂🙂"), vec![])[0].rule, Rule::MaxLength(4));
        assert_eq!(check_shape(&four, &json!("é"), vec![])[0].rule, Rule::MinLength(2));
    }

    #[test]
    fn a_union_has_exactly_one_member() {
        let shape = Shape::Union(&CHOICE);
        assert!(check_shape(&shape, &json!({"right": true}), vec![]).is_empty());
        assert_eq!(check_shape(&shape, &json!({"left": "a", "right": true}), vec![])[0].rule, Rule::UnionOne);
    }

    #[test]
    fn null_is_a_value_where_the_shape_says_so() {
        static NULLABLE: Struct = Struct {
            name: "WithNull",
            members: &[
                Member::required("note", Shape::Nullable(&TEXT)),
                Member::optional("item", Shape::Nullable(&Shape::Struct(&ITEM))),
            ],
            open: false,
        };
        let broken = |value: Value| -> Vec<String> {
            check(&NULLABLE, Location::Body, &value)
                .iter()
                .map(|v| format!("{} {}", v.pointer(), v.rule.name()))
                .collect()
        };
        assert!(broken(json!({"note": null, "item": null})).is_empty());
        assert!(broken(json!({"note": "a", "item": {"tableName": "t"}})).is_empty());
        assert_eq!(broken(json!({"note": 1, "item": {}})), ["/note type", "/item/tableName required"]);
        assert_eq!(broken(json!({})), ["/note required"]);
        let unknown = unknown_members(&NULLABLE, &json!({"note": null, "item": {"tableName": "t", "x": 1}}));
        assert_eq!(unknown[0].pointer(), "/item/x");
    }

    #[test]
    fn a_given_path_comes_first() {
        let found = check_shape(&TEXT, &json!(1), vec![PathPart::Key("rows".into()), PathPart::Index(3)]);
        assert_eq!(found[0].pointer(), "/rows/3");
    }

    #[test]
    fn the_list_of_violations_is_capped() {
        let items: Vec<Value> = (0..150).map(|_| json!({})).collect();
        assert_eq!(body(json!({"name": "a", "items": items})).len(), MOST_VIOLATIONS);
    }

    #[test]
    fn unknown_members_are_found_in_open_structs_too() {
        let found = unknown_members(&CREATE, &json!({"name": 1, "items": [{"tableName": "t", "extra": 1}], "more": 2}));
        let paths: Vec<String> = found.iter().map(Violation::pointer).collect();
        assert_eq!(paths, ["/items/0/extra", "/more"]);
    }
}
