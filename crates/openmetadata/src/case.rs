//! Keys in two spellings: camelCase on this door's wire, snake_case in the core.
//!
//! The translation loses nothing: for every wire key, out ∘ in is the key itself. A capital becomes `_` and the small
//! letter, an underscore of the wire is doubled, and names that the rule would make ugly stand in a table.
//! What belongs to connectors and users (connection configuration, custom properties…) is opaque: never walked.

use std::borrow::Cow;

use emporion_catalog::json_text::Items;
use emporion_edge::json_writer;
use serde_json::{Map, Value};

/// Wire key and core key, where the rule alone would not do.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("fullyQualifiedName", "fqn"),
    ("iconURL", "icon_url"),
    ("taskSQL", "task_sql"),
    ("tagFQN", "tag_fqn"),
    ("entityFQN", "entity_fqn"),
    ("endPointURL", "end_point_url"),
    ("JWTToken", "jwt_token"),
    ("JWTTokenExpiry", "jwt_token_expiry"),
    ("JWTTokenExpiresAt", "jwt_token_expires_at"),
    // The other word for it in the core, where a visibility is a right.
    ("visibility", "audience"),
    // Two members of queries are snake_case on the wire as well.
    ("query_type", "query_type"),
    ("exclude_usage", "exclude_usage"),
    ("config_type", "config_type"),
    ("config_value", "config_value"),
];

/// Members whose values are taken over as they are, whatever keys they hold.
const OPAQUE: &[&str] = &[
    "config",
    "extension",
    "profile",
    "sourceConfig",
    "airflowConfig",
    "sampleData",
    "parameters",
    "metadata",
    "jsonSchema",
    "personaPreferences",
    "testConnectionResult",
    "tableProfilerConfig",
    "databaseProfilerConfig",
    "databaseSchemaProfilerConfig",
    "autoClassificationConfig",
    "recognizers",
    "customMetrics",
    "pipelineObservability",
    "topicConfig",
];

/// Marks a core key whose wire key would collide with one of the table.
const ESCAPE: char = '=';

/// Whether the value of this wire member is never walked.
pub fn is_opaque(wire_key: &str) -> bool {
    OPAQUE.contains(&wire_key)
}

/// The core's spelling of a wire key.
pub fn core_key(wire: &str) -> Cow<'_, str> {
    if let Some((_, core)) = EXCEPTIONS.iter().find(|(key, _)| *key == wire) {
        return Cow::Borrowed(core);
    }
    if wire.chars().all(|c| !c.is_ascii_uppercase() && c != '_' && c != ESCAPE) && !is_core_exception(wire) {
        return Cow::Borrowed(wire);
    }
    let mut core = String::with_capacity(wire.len() + 4);
    for c in wire.chars() {
        match c {
            '_' => core.push_str("__"),
            c if c.is_ascii_uppercase() => {
                core.push('_');
                core.push(c.to_ascii_lowercase());
            }
            c => core.push(c),
        }
    }
    if is_core_exception(&core) || core.starts_with(ESCAPE) {
        core.insert(0, ESCAPE);
    }
    Cow::Owned(core)
}

/// The wire's spelling of a core key.
pub fn wire_key(core: &str) -> Cow<'_, str> {
    if let Some((wire, _)) = EXCEPTIONS.iter().find(|(_, key)| *key == core) {
        return Cow::Borrowed(wire);
    }
    let core = core.strip_prefix(ESCAPE).unwrap_or(core);
    if !core.contains('_') {
        return Cow::Borrowed(core);
    }
    let mut wire = String::with_capacity(core.len());
    let mut chars = core.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('_', Some('_')) => {
                chars.next();
                wire.push('_');
            }
            ('_', Some(next)) if next.is_ascii_lowercase() => {
                wire.push(next.to_ascii_uppercase());
                chars.next();
            }
            _ => wire.push(c),
        }
    }
    Cow::Owned(wire)
}

fn is_core_exception(core: &str) -> bool {
    EXCEPTIONS.iter().any(|(_, key)| *key == core)
}

/// Translates all keys of a wire value into the core's spelling, opaque members excepted.
pub fn to_core(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(object_to_core(members)),
        Value::Array(items) => Value::Array(items.into_iter().map(to_core).collect()),
        plain => plain,
    }
}

pub fn object_to_core(members: Map<String, Value>) -> Map<String, Value> {
    let translate = |(key, value): (String, Value)| {
        let value = if is_opaque(&key) { value } else { to_core(value) };
        (core_key(&key).into_owned(), value)
    };
    members.into_iter().map(translate).collect()
}

/// Translates all keys of a core value into the wire's spelling, opaque members excepted.
pub fn to_wire(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(object_to_wire(members)),
        Value::Array(items) => Value::Array(items.iter().map(to_wire).collect()),
        plain => plain.clone(),
    }
}

pub fn object_to_wire(members: &Map<String, Value>) -> Map<String, Value> {
    let translate = |(key, value): (&String, &Value)| {
        let key = wire_key(key).into_owned();
        let value = if is_opaque(&key) { value.clone() } else { to_wire(value) };
        (key, value)
    };
    members.iter().map(translate).collect()
}

/// Writes a core value, which is good JSON, in the wire's spelling: what [`to_wire`] does, without the values.
pub fn print_wire(core: &str, into: &mut Vec<u8>) {
    let Some(items) = Items::of(core) else { return into.extend_from_slice(core.as_bytes()) };
    let is_object = core.starts_with('{');
    into.push(if is_object { b'{' } else { b'[' });
    for (place, (name, value)) in items.enumerate() {
        if place > 0 {
            into.push(b',');
        }
        let is_opaque = name.is_some_and(|name| print_wire_key(name, into));
        if is_opaque { into.extend_from_slice(value.as_bytes()) } else { print_wire(value, into) }
    }
    into.push(if is_object { b'}' } else { b']' });
}

/// Writes a name that stands in quotes, and says whether its value is opaque.
fn print_wire_key(quoted: &str, into: &mut Vec<u8>) -> bool {
    let plain = quoted.strip_prefix('"').and_then(|name| name.strip_suffix('"')).filter(|name| !name.contains('\\'));
    let core = plain.map_or_else(|| serde_json::from_str(quoted).map(Cow::Owned), |name| Ok(Cow::Borrowed(name)));
    let core = core.expect("a name is a string");
    let wire = wire_key(&core);
    json_writer::value(into, &*wire);
    into.push(b':');
    is_opaque(&wire)
}

/// Takes members that are null away, opaque values excepted: scripts written by hand send `null` where they mean nothing.
pub fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| if is_opaque(&key) { (key, value) } else { (key, without_nulls(value)) })
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        plain => plain,
    }
}

pub(crate) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    /// Every member name of every noun, answers and requests, with the members of the structures inside them.
    fn known_names() -> Vec<&'static str> {
        fn walk(
            structure: &'static emporion_edge::shape::Struct,
            seen: &mut Vec<&'static str>,
            names: &mut Vec<&'static str>,
        ) {
            if seen.contains(&structure.name) {
                return;
            }
            seen.push(structure.name);
            for member in structure.members {
                names.push(member.name);
                walk_shape(member.shape, seen, names);
            }
        }
        fn walk_shape(shape: emporion_edge::shape::Shape, seen: &mut Vec<&'static str>, names: &mut Vec<&'static str>) {
            use emporion_edge::shape::Shape;
            match shape {
                Shape::Struct(inner) | Shape::Union(inner) => walk(inner, seen, names),
                Shape::List { of, .. } | Shape::Map { of, .. } => walk_shape(*of, seen, names),
                _ => {}
            }
        }
        let (mut seen, mut names) = (Vec::new(), Vec::new());
        for noun in crate::nouns::all() {
            walk(noun.create, &mut seen, &mut names);
            walk(noun.entity, &mut seen, &mut names);
        }
        names
    }

    #[test]
    fn every_known_name_goes_in_and_comes_out_again_and_looks_neutral_inside() {
        let names = known_names();
        assert!(names.len() > 300, "the tables were walked");
        for name in names {
            let core = core_key(name);
            assert_eq!(wire_key(&core), name);
            assert!(
                core.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') && !core.contains("__"),
                "{name} becomes {core}"
            );
        }
    }

    #[test]
    fn no_two_known_names_become_one() {
        let mut names = known_names();
        names.sort_unstable();
        names.dedup();
        let mut cores: Vec<_> = names.iter().map(|name| core_key(name).into_owned()).collect();
        cores.sort_unstable();
        cores.dedup();
        assert_eq!(cores.len(), names.len());
    }

    #[test]
    fn opaque_values_keep_their_keys() {
        let wire = json!({
            "displayName": "d",
            "connection": {"config": {"hostPort": "h", "snake_key": {"aB": 1}}},
            "extension": {"myProp": null, "other_prop": 2},
            "style": {"iconURL": "u"}
        });
        let core = to_core(wire.clone());
        assert_eq!(
            core,
            json!({
                "display_name": "d",
                "connection": {"config": {"hostPort": "h", "snake_key": {"aB": 1}}},
                "extension": {"myProp": null, "other_prop": 2},
                "style": {"icon_url": "u"}
            })
        );
        assert_eq!(to_wire(&core), wire);
    }

    #[test]
    fn nulls_vanish_except_in_opaque_values() {
        assert_eq!(
            without_nulls(json!({"a": null, "b": {"c": null, "d": 1}, "extension": {"e": null}, "l": [null]})),
            json!({"b": {"d": 1}, "extension": {"e": null}, "l": [null]})
        );
    }

    fn keyed() -> impl Strategy<Value = Value> {
        let leaf =
            prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), "[a-z]{0,3}".prop_map(Value::from)];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("[a-zA-Z_=0-9]{0,8}|fqn|icon_url|iconUrl|extension", inner), 0..4)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_key_survives_the_round_trip(key in "[a-zA-Z_=0-9ü]{0,12}") {
            let core = core_key(&key);
            prop_assert_eq!(wire_key(&core), key.as_str());
        }

        #[test]
        fn any_value_survives_the_round_trip(value in keyed()) {
            prop_assert_eq!(to_wire(&to_core(value.clone())), value);
        }

        #[test]
        fn as_text_it_is_spelt_as_it_is_as_a_value(value in keyed()) {
            let core = to_core(value);
            let mut printed = Vec::new();
            print_wire(&core.to_string(), &mut printed);
            prop_assert_eq!(String::from_utf8_lossy(&printed), to_wire(&core).to_string());
        }
    }
}
