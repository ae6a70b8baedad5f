//! What changed between two versions, in the words and forms of the wire.

use emporion_catalog::kinds;
use emporion_catalog::record::{Change, FieldChange};
use emporion_catalog::relation;
use serde_json::{Map, Value, json};

use super::print::Printer;
use crate::names;
use crate::version::{self, FieldChange as Shown};
use crate::{case, secrets};

/// `changeDescription` of a stored change. What the noun does not show is not described either.
pub fn describe(printer: &Printer<'_>, change: &Change) -> Value {
    let all = change.added.iter().chain(&change.updated).chain(&change.deleted);
    let changes: Vec<Shown> = all.filter_map(|field| shown(printer, field)).collect();
    version::change_description(change.previous_version, &changes)
}

fn shown(printer: &Printer<'_>, change: &FieldChange) -> Option<Shown> {
    let parts = names::split(&change.field)?;
    let (first, last) = (parts.first()?.as_str(), parts.last()?.as_str());
    let is_label = last == relation::TAGGED.name();
    let is_relation = parts.len() == 1 && relation::by_name(first).is_some();
    if is_relation && printer.noun.member_of(first).is_none() {
        return None;
    }
    let mut name =
        version::field_name(&change.field, leads_to_columns(change), |relation| printer.noun.member_of(relation));
    // Parts of columns carry tags even where the record itself shows none.
    if is_label && let Some(stem) = name.strip_suffix(relation::TAGGED.name()) {
        name = format!("{stem}tags");
    }
    if first == "forms" {
        name = format!("extension.{name}");
    }
    let value = |value: &Value| match value {
        Value::Array(items) if is_label => Value::Array(items.iter().map(label).collect()),
        Value::Array(items) if is_relation => Value::Array(items.iter().map(|item| reference(printer, item)).collect()),
        value if case::is_opaque(&name) => value.clone(),
        value => case::to_wire(value),
    };
    let (mut old, mut new) = (change.old.as_ref().map(value), change.new.as_ref().map(value));
    if secrets::holds_any(first) {
        for value in [&mut old, &mut new].into_iter().flatten() {
            let mut member = json!({ last: value.take() });
            secrets::mask_all(&mut member);
            *value = member[last].take();
        }
    }
    if printer.noun.is(kinds::QUERY) && first == "name" {
        // What it was called may have been a checksum of its text.
        (old, new) = (None, None);
    }
    if old.is_none() && new.is_none() {
        // A secret has changed: both sides are there, and neither is told.
        (old, new) = (Some(Value::Null), Some(Value::Null));
    }
    Some(Shown { name, old, new })
}

/// Whether the change tells of columns that came or went within the column where its path ends.
fn leads_to_columns(change: &FieldChange) -> bool {
    let is_column = |item: &Value| item.get("name").is_some() && item.get("data_type").is_some();
    match (&change.old, &change.new) {
        (Some(Value::Array(items)), None) | (None, Some(Value::Array(items))) => items.iter().all(is_column),
        _ => false,
    }
}

/// The reference that a change keeps of the end of an edge.
fn reference(printer: &Printer<'_>, item: &Value) -> Value {
    let text = |member: &str| item.get(member).and_then(Value::as_str);
    let kind = text("kind").unwrap_or_default();
    let of = printer.door.noun_of_kind(kind).map_or_else(|| case::wire_key(kind), |noun| noun.entity_type.into());
    let mut shown = Map::new();
    shown.insert("id".into(), Value::from(text("id").unwrap_or_default()));
    shown.insert("type".into(), Value::from(of));
    for (member, key) in [("name", "name"), ("fullyQualifiedName", "fqn"), ("displayName", "display_name")] {
        if let Some(value) = text(key) {
            shown.insert(member.into(), Value::from(value));
        }
    }
    Value::Object(shown)
}

fn label(item: &Value) -> Value {
    let attribute = |name: &str| item.get("attributes").and_then(|all| all.get(name)).and_then(Value::as_str);
    let is_term = item.get("kind").and_then(Value::as_str) == Some("glossary_term");
    json!({
        "tagFQN": item.get("fqn"),
        "name": item.get("name"),
        "source": if is_term { "Glossary" } else { "Classification" },
        "labelType": attribute("label_type").unwrap_or("Manual"),
        "state": attribute("state").unwrap_or("Confirmed"),
    })
}
