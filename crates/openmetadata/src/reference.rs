//! References and tag labels: read from requests in all their forms, printed in one.

use emporion_catalog::command::Ref;
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;
use emporion_edge::json_writer;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::errors::{OmError, OmResult};
use crate::names;
use crate::noun::{Input, Reference};
use crate::nouns;

/// A record that a request refers to, not yet looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// By id; `kind` where the request or the member says it.
    Id { id: Uuid, kind: Option<&'static str> },
    /// By name or FQN, as given; one of the kinds, the first of which is meant where the request does not say.
    Name { name: String, kinds: Vec<&'static str> },
}

impl Given {
    /// What the caller hears when there is no such record (or none that it may see).
    pub fn not_found(&self) -> OmError {
        match self {
            Given::Id { id, kind } => OmError::not_found(type_of(*kind), id),
            Given::Name { name, kinds } => OmError::not_found(type_of(kinds.first().copied()), name),
        }
    }
}

/// The entity type of a kind, as messages name it.
fn type_of(kind: Option<&'static str>) -> &'static str {
    kind.map_or("entity", |kind| nouns::of_kind(kind).map_or(kind, |noun| noun.entity_type))
}

/// Reads the value of a reference member, in a create body or in a patched entity.
///
/// `None` and `null` give nothing. References marked `inherited` are left out: they are not the record's own.
/// Errors: 400 that names the member and the item.
pub fn parse(reference: &Reference, value: Option<&Value>) -> OmResult<Vec<Given>> {
    let member = reference.member;
    let items: &[Value] = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(items)) if reference.many => items,
        Some(Value::Array(_)) => return Err(OmError::violation(member, "must be one reference, not a list")),
        Some(_) if reference.many => return Err(OmError::violation(member, "must be a list")),
        Some(one) => std::slice::from_ref(one),
    };
    let mut all: Vec<Given> = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let path = if reference.many { format!("{member}[{index}]") } else { member.to_owned() };
        if let Some(given) = parse_item(reference, &path, item)?
            && !all.contains(&given)
        {
            all.push(given);
        }
    }
    Ok(all)
}

fn parse_item(reference: &Reference, path: &str, item: &Value) -> OmResult<Option<Given>> {
    let named = |name: &str| Given::Name { name: name.to_owned(), kinds: reference.targets.to_vec() };
    let only_kind = || if let [kind] = reference.targets { Some(*kind) } else { None };
    match (item, reference.input) {
        // A relation between terms carries its target in `term`.
        (Value::Object(members), _) => match members.get("term") {
            Some(Value::Object(term)) => parse_object(reference, &format!("{path}.term"), term),
            _ => parse_object(reference, path, members),
        },
        (Value::String(text), Input::Ids) => match Uuid::parse_str(text) {
            Ok(id) => Ok(Some(Given::Id { id, kind: only_kind() })),
            Err(_) => Err(OmError::violation(path, "must be a UUID")),
        },
        (Value::String(text), Input::Fqns | Input::Names) if text.is_empty() => {
            Err(OmError::violation(path, "must not be empty"))
        }
        (Value::String(text), Input::Fqns | Input::Names) => Ok(Some(named(text))),
        (_, Input::References) => Err(OmError::violation(path, "must be a reference with id and type")),
        (_, Input::Ids) => Err(OmError::violation(path, "must be a UUID")),
        _ => Err(OmError::violation(path, "must be a name or a reference")),
    }
}

fn parse_object(reference: &Reference, path: &str, members: &Map<String, Value>) -> OmResult<Option<Given>> {
    let text = |member: &str| match members.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        Some(_) => Err(OmError::violation(format_args!("{path}.{member}"), "must be a string")),
    };
    if members.get("inherited") == Some(&Value::Bool(true)) {
        return Ok(None);
    }
    let kinds = match text("type")? {
        None => reference.targets.to_vec(),
        Some(given) => match nouns::of_type(given).map(|noun| noun.kind_name) {
            Some(kind) if reference.targets.is_empty() || reference.targets.contains(&kind) => vec![kind],
            // Kinds that only other doors name: the core knows them, this door has no noun for them.
            None if reference.targets.is_empty() => Vec::new(),
            Some(_) if reference.member == "owners" => return Err(OmError::cannot_be_owner(given)),
            _ => {
                let known: Vec<_> = reference.targets.iter().map(|kind| type_of(Some(kind))).collect();
                return Err(OmError::violation(
                    format_args!("{path}.type"),
                    format_args!("must be one of [{}]", known.join(", ")),
                ));
            }
        },
    };
    if let Some(id) = text("id")? {
        let id = Uuid::parse_str(id).map_err(|_| OmError::violation(format_args!("{path}.id"), "must be a UUID"))?;
        let kind = if let [kind] = kinds[..] { Some(kind) } else { None };
        return Ok(Some(Given::Id { id, kind }));
    }
    match text("fullyQualifiedName")?.or(text("name")?) {
        Some(name) => Ok(Some(Given::Name { name: name.to_owned(), kinds })),
        None => Err(OmError::missing(format_args!("{path}.id"))),
    }
}

/// The record of the kind that a reference names: by its id, or else by its FQN or name.
///
/// `path`: where the reference stands in the request. Errors: 400 for what is no id, and where nothing names the record.
pub fn named(kind: Kind, path: &str, item: &Value) -> OmResult<Ref> {
    let text = |member: &str| item.get(member).and_then(Value::as_str).filter(|text| !text.is_empty());
    let id_path = format!("{path}.id");
    match (text("id"), text("fullyQualifiedName").or(text("name"))) {
        (Some(id), _) => {
            let id = Uuid::parse_str(id).map_err(|_| OmError::violation(&id_path, "must be a UUID"))?;
            Ok(Ref::Id(kind, RecordId::from_uuid(id)))
        }
        (None, Some(name)) => Ok(Ref::Name(kind, name.to_owned())),
        (None, None) => Err(OmError::missing(&id_path)),
    }
}

/// A tag or a term put on something.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// Canonical FQN of the tag or term.
    pub fqn: String,
    /// `tag` or `glossary_term`.
    pub kind: &'static str,
    pub label_type: String,
    pub state: String,
    pub reason: Option<String>,
    pub applied_at: Option<String>,
    pub applied_by: Option<String>,
    pub metadata: Option<Value>,
}

/// Reads a list of tag labels. The same label given twice is one, the first.
///
/// Labels that the server derived from others are left out: it derives them again at each read.
pub fn parse_labels(path: &str, value: Option<&Value>) -> OmResult<Vec<Label>> {
    let items = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(OmError::violation(path, "must be a list")),
    };
    let mut labels: Vec<Label> = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let label = parse_label(&format!("{path}[{index}]"), item)?;
        let known = labels.iter().any(|known| known.fqn == label.fqn && known.kind == label.kind);
        if !known && label.label_type != "Derived" {
            labels.push(label);
        }
    }
    Ok(labels)
}

fn parse_label(path: &str, item: &Value) -> OmResult<Label> {
    let text = |member: &str| match item.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(OmError::violation(format_args!("{path}.{member}"), "must be a string")),
    };
    if !item.is_object() {
        return Err(OmError::violation(path, "must be a tag label"));
    }
    let given = text("tagFQN")?.ok_or_else(|| OmError::missing(format_args!("{path}.tagFQN")))?;
    let kind = match text("source")?.as_deref() {
        None | Some("Classification") => "tag",
        Some("Glossary") => "glossary_term",
        Some(_) => {
            let rule = format!("must be one of [{}]", crate::members::TAG_SOURCES.join(", "));
            return Err(OmError::violation(format_args!("{path}.source"), rule));
        }
    };
    // A text that is no FQN names no tag.
    let fqn = names::canonical(&given).ok_or_else(|| OmError::not_found(type_of(Some(kind)), &given))?;
    Ok(Label {
        fqn,
        kind,
        label_type: text("labelType")?.unwrap_or_else(|| "Manual".into()),
        state: text("state")?.unwrap_or_else(|| "Confirmed".into()),
        reason: text("reason")?,
        applied_at: text("appliedAt")?,
        applied_by: text("appliedBy")?,
        metadata: item.get("metadata").filter(|metadata| !metadata.is_null()).cloned(),
    })
}

/// Brings the documented singular `domain` of a create body into `domains`; says whether the body used it.
///
/// Errors: 400 when both are given and `domains` does not hold `domain`.
pub fn take_domain_alias(body: &mut Map<String, Value>) -> OmResult<bool> {
    let Some(alias) = body.shift_remove("domain").filter(|alias| !alias.is_null()) else { return Ok(false) };
    let Value::String(alias) = alias else { return Err(OmError::violation("domain", "must be a string")) };
    match body.get("domains") {
        Some(Value::Array(domains)) if !domains.is_empty() => {
            let same = |given: &Value| given.as_str().is_some_and(|given| given == alias || same_fqn(given, &alias));
            if !domains.iter().any(same) {
                return Err(OmError::domain_contradicts());
            }
        }
        None | Some(Value::Null | Value::Array(_)) => {
            body.insert("domains".into(), Value::Array(vec![Value::String(alias)]));
        }
        Some(_) => return Err(OmError::violation("domains", "must be a list")),
    }
    Ok(true)
}

fn same_fqn(one: &str, other: &str) -> bool {
    names::canonical(one).is_some_and(|one| names::canonical(other) == Some(one))
}

/// The parts of an EntityReference.
#[derive(Debug, Clone, Default)]
pub struct Shown<'a> {
    pub id: Uuid,
    pub entity_type: &'a str,
    pub name: &'a str,
    pub fqn: &'a str,
    pub display_name: Option<&'a str>,
    pub description: Option<&'a str>,
    pub deleted: bool,
    pub inherited: bool,
    /// Absolute, or empty where the kind has no address of its own.
    pub href: String,
}

impl Shown<'_> {
    /// Prints the reference. What is empty or false is left out, except `deleted`, which clients show.
    pub fn print(&self, into: &mut Vec<u8>) {
        json_writer::object(into, |shown| {
            shown.text("id", self.id.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
            shown.text("type", self.entity_type);
            shown.text("name", self.name);
            shown.text("fullyQualifiedName", self.fqn);
            for (member, text) in [("description", self.description), ("displayName", self.display_name)] {
                if let Some(text) = text.filter(|text| !text.is_empty()) {
                    shown.text(member, text);
                }
            }
            shown.member("deleted", &self.deleted);
            if self.inherited {
                shown.member("inherited", &true);
            }
            if !self.href.is_empty() {
                shown.text("href", &self.href);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::members::{DOMAINS_REF, EXPERTS_REF, OWNERS_REF};
    use serde_json::json;

    const ID: &str = "11111111-2222-3333-4444-555555555555";

    fn id() -> Uuid {
        Uuid::parse_str(ID).expect("a constant id")
    }

    fn name(name: &str, kinds: &[&'static str]) -> Given {
        Given::Name { name: name.into(), kinds: kinds.to_vec() }
    }

    #[test]
    fn owners_are_references_by_id_or_name() {
        let owners = json!([
            {"id": ID, "type": "user"}, {"type": "team", "name": "t"}, {"fullyQualifiedName": "x"},
            {"id": ID, "type": "user"}, {"id": ID, "type": "team", "inherited": true}
        ]);
        assert_eq!(
            parse(&OWNERS_REF, Some(&owners)),
            Ok(vec![Given::Id { id: id(), kind: Some("user") }, name("t", &["team"]), name("x", &["user", "team"])])
        );
        for (bad, part) in [
            (json!([{"type": "user"}]), "[owners[0].id must not be null]"),
            (json!([{"id": "x", "type": "user"}]), "owners[0].id"),
            (json!([{"id": ID, "type": "table"}]), "Entity of type table can't be the owner."),
            (json!(["alice"]), "owners[0]"),
            (json!({"id": ID}), "owners must be a list"),
        ] {
            let error = parse(&OWNERS_REF, Some(&bad)).expect_err("should be refused");
            assert!(error.status == 400 && error.message.contains(part), "{}", error.message);
        }
    }

    #[test]
    fn experts_are_names_or_references() {
        let experts = json!(["alice", {"id": ID, "type": "user"}, {"name": "bob"}]);
        assert_eq!(
            parse(&EXPERTS_REF, Some(&experts)),
            Ok(vec![name("alice", &["user"]), Given::Id { id: id(), kind: Some("user") }, name("bob", &["user"])])
        );
        assert!(parse(&EXPERTS_REF, Some(&json!([""]))).is_err());
        assert!(parse(&EXPERTS_REF, Some(&json!([{"id": ID, "type": "team"}]))).is_err());
    }

    #[test]
    fn an_unknown_reference_is_reported_by_its_type() {
        let domains = parse(&DOMAINS_REF, Some(&json!(["Nope"]))).expect("well-formed");
        assert_eq!(domains[0].not_found().message, "domain instance for Nope not found");
        assert_eq!(parse(&DOMAINS_REF, Some(&Value::Null)), Ok(vec![]));
    }

    #[test]
    fn labels_have_defaults_and_an_identity() {
        let labels = json!([
            {"tagFQN": "PII.Sensitive"},
            {"tagFQN": "PII.\"Sensitive\"", "source": "Classification", "labelType": "Automated"},
            {"tagFQN": "G.t", "source": "Glossary", "labelType": "Manual", "state": "Suggested", "appliedAt": null},
            {"tagFQN": "PII.None", "labelType": "Derived"}
        ]);
        let labels = parse_labels("tags", Some(&labels)).expect("well-formed");
        let seen: Vec<_> =
            labels.iter().map(|l| (l.fqn.as_str(), l.kind, l.label_type.as_str(), l.state.as_str())).collect();
        assert_eq!(
            seen,
            [("PII.Sensitive", "tag", "Manual", "Confirmed"), ("G.t", "glossary_term", "Manual", "Suggested")]
        );
        assert_eq!(parse_labels("tags", Some(&json!([{"tagFQN": "a..b"}]))).unwrap_err().status, 404);
        assert!(
            parse_labels("tags", Some(&json!([{"source": "Glossary"}])))
                .unwrap_err()
                .message
                .contains("tags[0].tagFQN")
        );
    }

    #[test]
    fn the_singular_domain_joins_the_plural_one() {
        let alias = |body: Value| {
            let Value::Object(mut body) = body else { panic!("an object") };
            take_domain_alias(&mut body).map(|used| (used, Value::Object(body)))
        };
        assert_eq!(alias(json!({"domain": "M"})), Ok((true, json!({"domains": ["M"]}))));
        assert_eq!(alias(json!({"domain": "M", "domains": []})), Ok((true, json!({"domains": ["M"]}))));
        assert_eq!(
            alias(json!({"domain": "\"M\"", "domains": ["S", "M"]})),
            Ok((true, json!({"domains": ["S", "M"]})))
        );
        assert_eq!(alias(json!({"domain": null, "domains": ["S"]})), Ok((false, json!({"domains": ["S"]}))));
        assert_eq!(alias(json!({"domain": "M", "domains": ["S"]})), Err(OmError::domain_contradicts()));
    }

    #[test]
    fn a_reference_prints_only_what_the_client_knows() {
        let shown = Shown {
            id: id(),
            entity_type: "user",
            name: "alice",
            fqn: "alice",
            href: "http://h/x".into(),
            ..Shown::default()
        };
        assert_eq!(
            json_writer::tree(|into| shown.print(into)),
            json!({"id": ID, "type": "user", "name": "alice", "fullyQualifiedName": "alice", "deleted": false, "href": "http://h/x"})
        );
    }
}
