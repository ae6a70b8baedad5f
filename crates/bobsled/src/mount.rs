//! The two places under which the same operations stand: `/data-products`, and its deprecated twin `/workspaces`.

use std::borrow::Cow;

use emporion_products::failure::push_segment;
use emporion_products::message::Nouns;
use serde_json::{Map, Value};

/// Where a request came in. It decides the names of answers, never their content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mount {
    DataProducts,
    Workspaces,
}

/// Keys that are spelled differently on the two mounts: (data-products, workspaces).
pub const PAIRS: &[(&str, &str)] = &[
    ("dataProductId", "workspaceId"),
    ("dataProductType", "workspaceType"),
    ("dataProductVersion", "workspaceVersion"),
    ("externalDataProductId", "externalWorkspaceId"),
    ("sourceDataProductId", "sourceWorkspaceId"),
    ("dataProduct", "workspace"),
    ("dataProducts", "workspaces"),
    ("sourceDataProductIds", "sourceWorkspaceIds"),
    ("dataProductIds", "workspaceIds"),
];

/// Members whose content is somebody else's language: their inner keys are names of columns, datasets or settings,
/// and would be falsified by a translation.
const OPAQUE: &[&str] = &[
    "chartSpec",
    "columnMasks",
    "connectionConfig",
    "content",
    "custom_extensions",
    "document",
    "fields",
    "params",
    "roleMasks",
    "rowFilters",
    "rows",
    "snowflakeError",
    "sourceError",
    "spec",
    "sql",
];

/// One member was given under both of its names, with different values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// JSON Pointer of the member, in the data-products spelling; empty segments never occur.
    pub pointer: String,
    pub names: (&'static str, &'static str),
}

impl Mount {
    pub const ALL: [Mount; 2] = [Mount::DataProducts, Mount::Workspaces];

    /// The path segment after the account.
    pub fn segment(self) -> &'static str {
        match self {
            Mount::DataProducts => "data-products",
            Mount::Workspaces => "workspaces",
        }
    }

    /// The name of the path parameter that holds the product.
    pub fn parameter(self) -> &'static str {
        self.key("dataProductId")
    }

    /// What messages call a product.
    pub fn nouns(self) -> &'static Nouns {
        const WORKSPACE: Nouns = Nouns { one: "workspace", many: "workspaces", title: "Workspace" };
        match self {
            Mount::DataProducts => &Nouns::DATA_PRODUCT,
            Mount::Workspaces => &WORKSPACE,
        }
    }

    /// First part of every operation id.
    pub fn operation_prefix(self) -> &'static str {
        self.key("dataProducts")
    }

    pub fn is_deprecated(self) -> bool {
        self == Mount::Workspaces
    }

    /// The mount that a raw path lies under, also when no route matches it.
    pub fn of_path(raw_path: &str) -> Option<Mount> {
        let segment = raw_path.split('/').nth(SEGMENT)?;
        Mount::ALL.into_iter().find(|mount| mount.segment() == segment)
    }

    /// The name of a canonical key on this mount.
    pub fn key(self, canonical: &'static str) -> &'static str {
        match self {
            Mount::DataProducts => canonical,
            Mount::Workspaces => older(canonical).unwrap_or(canonical),
        }
    }

    /// Renames the keys of a canonical value for an answer.
    pub fn to_wire(self, value: Value) -> Value {
        match self {
            Mount::DataProducts => value,
            Mount::Workspaces => rename(value),
        }
    }

    /// The same as a function, for answers that are printed elsewhere.
    pub fn renaming(self) -> fn(Value) -> Value {
        match self {
            Mount::DataProducts => |value| value,
            Mount::Workspaces => rename,
        }
    }

    /// A canonical JSON Pointer as the client of this mount knows it.
    pub fn pointer(self, canonical: &str) -> String {
        match self {
            Mount::DataProducts => canonical.to_owned(),
            Mount::Workspaces => {
                let segments: Vec<&str> = canonical.split('/').map(|part| older(part).unwrap_or(part)).collect();
                segments.join("/")
            }
        }
    }
}

/// `/api/v1/accounts/{accountId}/{here}/…`
const SEGMENT: usize = 5;

/// Brings a body into the canonical spelling, whichever mount it came through.
///
/// Both spellings are welcome on both mounts, so that a client can be moved one field at a time.
/// Errors: `Contradiction` when both are present and differ.
pub fn from_wire(value: Value) -> Result<Value, Contradiction> {
    walk(value, &mut String::new())
}

/// The same for query parameters; values stay as they are.
pub fn query_from_wire(pairs: Vec<(String, String)>) -> Result<Vec<(String, String)>, Contradiction> {
    let mut canonical: Vec<(String, String)> = Vec::with_capacity(pairs.len());
    // Only a pair of two *spellings* contradicts; a repeated name is judged by whoever reads it.
    let mut spelled: Vec<(&'static str, String, String)> = Vec::new();
    for (name, value) in pairs {
        let Some((newer, older)) = pair_of(&name) else {
            canonical.push((name, value));
            continue;
        };
        match spelled.iter().find(|(key, spelling, _)| *key == newer && *spelling != name) {
            Some((_, _, other)) if *other == value => continue,
            Some(_) => return Err(Contradiction { pointer: format!("/{newer}"), names: (newer, older) }),
            None => {
                spelled.push((newer, name, value.clone()));
                canonical.push((newer.to_owned(), value));
            }
        }
    }
    Ok(canonical)
}

fn walk(value: Value, at: &mut String) -> Result<Value, Contradiction> {
    match value {
        Value::Object(members) => {
            let mut canonical = Map::with_capacity(members.len());
            for (name, inner) in members {
                let pair = pair_of(&name);
                let key: Cow<'_, str> = pair.map_or(Cow::Borrowed(name.as_str()), |(newer, _)| Cow::Borrowed(newer));
                let length = at.len();
                push_segment(at, &key);
                let inner = if OPAQUE.contains(&key.as_ref()) { inner } else { walk(inner, at)? };
                if let (Some(names), Some(earlier)) = (pair, canonical.get(key.as_ref()))
                    && *earlier != inner
                {
                    return Err(Contradiction { pointer: at.clone(), names });
                }
                canonical.insert(key.into_owned(), inner);
                at.truncate(length);
            }
            Ok(Value::Object(canonical))
        }
        Value::Array(items) => {
            let mut canonical = Vec::with_capacity(items.len());
            for (index, item) in items.into_iter().enumerate() {
                let length = at.len();
                push_segment(at, &index.to_string());
                canonical.push(walk(item, at)?);
                at.truncate(length);
            }
            Ok(Value::Array(canonical))
        }
        plain => Ok(plain),
    }
}

fn rename(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(name, inner)| {
                    let inner = if OPAQUE.contains(&name.as_str()) { inner } else { rename(inner) };
                    (older(&name).map_or(name, str::to_owned), inner)
                })
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(rename).collect()),
        plain => plain,
    }
}

fn older(newer: &str) -> Option<&'static str> {
    PAIRS.iter().find(|(key, _)| *key == newer).map(|(_, older)| *older)
}

fn pair_of(name: &str) -> Option<(&'static str, &'static str)> {
    PAIRS.iter().find(|(newer, older)| *newer == name || *older == name).copied()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// Every member key of either table, and some that no table knows.
    fn keys(side: fn(&(&'static str, &'static str)) -> &'static str) -> Vec<&'static str> {
        let mut keys: Vec<&'static str> = PAIRS.iter().map(side).collect();
        keys.extend(OPAQUE);
        keys.extend(["id", "name", "compositeOf", "dataAssets", "DataProductId", "workspace_id", "a/b~c", ""]);
        keys
    }

    fn json_with(keys: Vec<&'static str>) -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            proptest::sample::select(vec!["workspaceId", "dataProduct", "ws-abc123", ""]).prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 6, move |inner| {
            let key = proptest::sample::select(keys.clone());
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec((key, inner), 0..6).prop_map(|members| {
                    Value::Object(members.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn reading_back_what_either_mount_prints_is_the_identity(value in json_with(keys(|pair| pair.0))) {
            for mount in Mount::ALL {
                prop_assert_eq!(from_wire(mount.to_wire(value.clone())), Ok(value.clone()));
            }
        }

        #[test]
        fn printing_what_was_read_in_the_old_spelling_is_the_identity(value in json_with(keys(|pair| pair.1))) {
            let canonical = from_wire(value.clone()).expect("one spelling cannot contradict itself");
            prop_assert_eq!(Mount::Workspaces.to_wire(canonical), value);
        }

        #[test]
        fn reading_is_idempotent(value in json_with(keys(|pair| pair.1))) {
            let once = from_wire(value).expect("one spelling cannot contradict itself");
            prop_assert_eq!(from_wire(once.clone()), Ok(once));
        }
    }

    #[test]
    fn no_name_stands_twice_in_the_table() {
        let mut names: Vec<&str> =
            PAIRS.iter().flat_map(|(newer, older)| [*newer, *older]).chain(OPAQUE.iter().copied()).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn keys_are_renamed_and_values_are_not() {
        let value = json!({"dataProduct": {"dataProductId": "dataProductId", "externalDataProductId": "ws-abc123"}});
        assert_eq!(
            Mount::Workspaces.to_wire(value),
            json!({"workspace": {"workspaceId": "dataProductId", "externalWorkspaceId": "ws-abc123"}})
        );
    }

    #[test]
    fn opaque_members_are_left_alone_in_both_directions() {
        let value = json!({"document": {"workspace": 1, "dataProduct": 2}, "rowFilters": {"workspaces": "x = 1"},
                           "columnMasks": {"workspaces": {"dataProduct": "hidden"}}});
        assert_eq!(from_wire(value.clone()), Ok(value.clone()));
        assert_eq!(Mount::Workspaces.to_wire(value.clone()), value);
    }

    #[test]
    fn both_spellings_may_stand_together_while_they_agree() {
        let value = json!({"sourceWorkspaceId": "a", "sourceDataProductId": "a"});
        assert_eq!(from_wire(value), Ok(json!({"sourceDataProductId": "a"})));
        let nested = json!([{"workspace": {"workspaceId": 1}, "dataProduct": {"dataProductId": 1}}]);
        assert_eq!(from_wire(nested), Ok(json!([{"dataProduct": {"dataProductId": 1}}])));
    }

    #[test]
    fn a_contradiction_names_the_member() {
        let value = json!({"sources": [{}, {"sourceWorkspaceId": "a", "sourceDataProductId": "b"}]});
        let contradiction = from_wire(value).expect_err("the two differ");
        assert_eq!(contradiction.pointer, "/sources/1/sourceDataProductId");
        assert_eq!(contradiction.names, ("sourceDataProductId", "sourceWorkspaceId"));
    }

    #[test]
    fn query_parameters_follow_the_same_rule() {
        let pairs =
            |list: &[(&str, &str)]| list.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<Vec<_>>();
        assert_eq!(
            query_from_wire(pairs(&[("workspaceType", "x"), ("limit", "3")])),
            Ok(pairs(&[("dataProductType", "x"), ("limit", "3")]))
        );
        assert_eq!(
            query_from_wire(pairs(&[("workspaceType", "x"), ("dataProductType", "x")])),
            Ok(pairs(&[("dataProductType", "x")]))
        );
        assert!(query_from_wire(pairs(&[("workspaceType", "x"), ("dataProductType", "y")])).is_err());
    }

    #[test]
    fn the_mount_is_read_from_the_raw_path() {
        assert_eq!(Mount::of_path("/api/v1/accounts/a/workspaces"), Some(Mount::Workspaces));
        assert_eq!(Mount::of_path("/api/v1/accounts/a/data-products/x/users"), Some(Mount::DataProducts));
        assert_eq!(Mount::of_path("/api/v1/accounts/a/data-sources"), None);
        assert_eq!(Mount::of_path("/api/v1/accounts/workspaces"), None);
    }

    #[test]
    fn pointers_speak_the_language_of_the_mount() {
        assert_eq!(
            Mount::Workspaces.pointer("/dataProduct/0/externalDataProductId"),
            "/workspace/0/externalWorkspaceId"
        );
        assert_eq!(Mount::DataProducts.pointer("/externalDataProductId"), "/externalDataProductId");
    }
}
