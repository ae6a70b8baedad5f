//! Members of a request that are more than values: extensions with forms, connections with secrets, life cycles, columns.

use std::collections::{BTreeSet, HashMap};

use emporion_catalog::command::SecretEdit;
use emporion_catalog::facet::Facet;
use emporion_catalog::field::BoundTo;
use emporion_catalog::kind::Kind;
use emporion_catalog::parts::PartList;
use emporion_edge::violation::pointer_token;
use serde_json::{Map, Value};

use crate::case;
use crate::errors::{OmError, OmResult};
use crate::secrets::{self, MASK};

/// The reserved key of an extension under which metadata forms appear.
const FORMS: &str = "forms";
const FORM_MEMBERS: &[&str] = &["name", "type", "revision", "content"];

/// An extension taken apart: custom properties, and the forms where it speaks of them.
pub struct Extension {
    pub properties: Map<String, Value>,
    pub forms: Option<Vec<Value>>,
}

/// Takes an extension apart. Only kinds that carry forms give `forms` its meaning.
///
/// Errors: 400 for forms of another shape.
pub fn extension(kind: Kind, value: &Value) -> OmResult<Extension> {
    let Value::Object(members) = value else { return Err(OmError::violation("extension", "must be an object")) };
    let mut properties = members.clone();
    let forms = if kind.has_facet(Facet::Forms) { properties.shift_remove(FORMS) } else { None };
    let forms = match forms {
        None | Some(Value::Null) => None,
        Some(Value::Array(forms)) => {
            check_forms(&forms)?;
            Some(forms)
        }
        Some(_) => return Err(OmError::violation("extension.forms", "must be a list")),
    };
    Ok(Extension { properties, forms })
}

fn check_forms(forms: &[Value]) -> OmResult<()> {
    for (index, form) in forms.iter().enumerate() {
        let path = format!("extension.forms[{index}]");
        let Value::Object(members) = form else { return Err(OmError::violation(&path, "must be an object")) };
        for (member, value) in members {
            if !FORM_MEMBERS.contains(&member.as_str()) {
                return Err(OmError::violation(format_args!("{path}.{member}"), "is not a known field"));
            }
            if !value.is_string() {
                return Err(OmError::violation(format_args!("{path}.{member}"), "must be a string"));
            }
        }
        let name = members.get("name").ok_or_else(|| OmError::missing(format_args!("{path}.name")))?;
        if forms[..index].iter().any(|other| other.get("name") == Some(name)) {
            return Err(OmError::violation(format_args!("{path}.name"), format_args!("{name} stands twice")));
        }
    }
    Ok(())
}

/// The stored forms with those of the request in their places, and new ones behind.
pub fn merge_forms(stored: &[Value], given: Vec<Value>) -> Vec<Value> {
    let mut merged = stored.to_vec();
    for form in given {
        match merged.iter_mut().find(|known| known.get("name") == form.get("name")) {
            Some(known) => *known = form,
            None => merged.push(form),
        }
    }
    merged
}

/// A member without the secrets of its configurations, and what becomes of them.
///
/// `stored` is the body field as it is now: its masks say where secrets stand.
/// Errors: 400 for a mask where none is stored, or where what is stored is bound to something else.
pub fn configured(
    bound: BoundTo,
    member: &str,
    stored: Option<&Value>,
    given: Value,
) -> OmResult<(Value, Vec<SecretEdit>)> {
    let place = format!("/{}", case::core_key(member));
    let mut given = given;
    let mut edits = Vec::new();
    let BoundTo::Item(pointers) = bound else {
        without_secrets(&place, stored, &mut given, &mut edits)?;
        return Ok((given, edits));
    };
    for (index, item) in given.as_array_mut().into_iter().flatten().enumerate() {
        let before = stored.and_then(|stored| stored.get(index));
        let is_same = |before: &&Value| pointers.iter().all(|at| item.pointer(at) == before.pointer(at));
        let before = before.filter(is_same);
        without_secrets(&format!("{place}/{index}"), before, item, &mut edits)?;
    }
    Ok((case::to_core(given), edits))
}

/// Takes the secrets out of the configuration of what stands at a place.
fn without_secrets(
    place: &str,
    stored: Option<&Value>,
    given: &mut Value,
    edits: &mut Vec<SecretEdit>,
) -> OmResult<()> {
    let place = format!("{place}/config");
    let mut known = BTreeSet::new();
    if let Some(config) = stored.and_then(|stored| stored.get("config")) {
        masks(&place, config, &mut known);
    }
    if let Some(config) = given.get_mut("config") {
        let split = secrets::split(&place, config.take(), &known)?;
        *config = split.public;
        edits.extend(split.set.into_iter().map(|(path, text)| SecretEdit::Set { path, text }));
        edits.extend(split.kept.into_iter().map(|path| SecretEdit::Keep { path }));
    }
    Ok(())
}

/// Pointers of all masks below a place.
pub fn masks(pointer: &str, value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text == MASK => {
            found.insert(pointer.to_owned());
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| masks(&format!("{pointer}/{index}"), item, found));
        }
        Value::Object(members) => {
            members.iter().for_each(|(key, value)| masks(&format!("{pointer}/{}", pointer_token(key)), value, found));
        }
        _ => {}
    }
}

/// Keeps the younger of each part of two life cycles, both in the form of the wire.
pub fn merge_life_cycles(stored: Option<Value>, given: Value) -> Value {
    let (Some(Value::Object(mut merged)), Value::Object(given)) = (stored, given.clone()) else { return given };
    let at = |part: Option<&Value>| part.and_then(|part| part.get("timestamp")).and_then(Value::as_i64);
    for (part, value) in given {
        if at(Some(&value)) >= at(merged.get(&part)) {
            merged.insert(part, value);
        }
    }
    Value::Object(merged)
}

/// Completes columns that a request sends by what is stored of columns of the same name.
///
/// `prose_stays`: a description or display name that is there is not overwritten. A column that comes back with another
/// type inherits its description, where it brings none.
pub fn merge_columns(columns: &mut [Value], stored: &[Value], prose_stays: bool) {
    let stored = Namesakes::of(stored);
    for column in columns.iter_mut().filter_map(Value::as_object_mut) {
        let Some(known) = stored.namesake(column) else { continue };
        let same_type = column.get("dataType") == known.get("dataType");
        for member in ["description", "displayName"] {
            let Some(prose) = known.get(member).filter(|text| text.as_str().is_some_and(|text| !text.is_empty()))
            else {
                continue;
            };
            let is_missing = column.get(member).is_none_or(|text| text.as_str() == Some(""));
            if (prose_stays && same_type) || (!same_type && is_missing && member == "description") {
                column.insert(member.into(), prose.clone());
            }
        }
        keep(column, known, &["extension"]);
        if let (Some(Value::Array(children)), Some(Value::Array(below))) =
            (column.get_mut("children"), known.get("children"))
        {
            merge_columns(children, below, prose_stays);
        }
    }
}

/// Puts back what no request carries: what the server knows of columns.
pub fn keep_observations(columns: &mut [Value], stored: &[Value]) {
    let stored = Namesakes::of(stored);
    for column in columns.iter_mut().filter_map(Value::as_object_mut) {
        let Some(known) = stored.namesake(column) else { continue };
        keep(column, known, &["profile", "customMetrics"]);
        if let (Some(Value::Array(children)), Some(Value::Array(below))) =
            (column.get_mut("children"), known.get("children"))
        {
            keep_observations(children, below);
        }
    }
}

/// Keeps what people have written of parts, which a program does not overwrite.
pub fn keep_prose(parts: &PartList, list: &mut [Value], stored: &[Value]) {
    let mut known = HashMap::new();
    parts.walk(stored, &mut |path, part| {
        let prose = ["description", "displayName"].map(|member| (member, part.get(member).cloned()));
        known.insert(path.to_owned(), prose);
    });
    parts.walk_mut(list, &mut |path, part| {
        for (member, prose) in known.remove(path).into_iter().flatten() {
            if let Some(prose) = prose {
                part.insert(member.to_owned(), prose);
            }
        }
    });
}

fn keep(column: &mut Map<String, Value>, known: &Value, members: &[&str]) {
    for member in members {
        if let Some(value) = known.get(*member).filter(|_| !column.contains_key(*member)) {
            column.insert((*member).to_owned(), value.clone());
        }
    }
}

/// Stored columns by their names: a table can have thousands. Of those with one name the first counts.
struct Namesakes<'s> {
    exact: HashMap<&'s str, &'s Value>,
    folded: HashMap<String, &'s Value>,
}

impl<'s> Namesakes<'s> {
    fn of(stored: &'s [Value]) -> Namesakes<'s> {
        let (mut exact, mut folded) = (HashMap::with_capacity(stored.len()), HashMap::with_capacity(stored.len()));
        for known in stored {
            let Some(name) = known.get("name").and_then(Value::as_str) else { continue };
            exact.entry(name).or_insert(known);
            folded.entry(name.to_ascii_lowercase()).or_insert(known);
        }
        Namesakes { exact, folded }
    }

    /// The stored column of the same name; crawlers disagree about case.
    fn namesake(&self, column: &Map<String, Value>) -> Option<&'s Value> {
        let name = column.get("name").and_then(Value::as_str)?;
        self.exact.get(name).or_else(|| self.folded.get(&name.to_ascii_lowercase())).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn forms_are_merged_by_name() {
        let stored = [json!({"name": "A", "content": "1"}), json!({"name": "B", "content": "2"})];
        let merged = merge_forms(&stored, vec![json!({"name": "B", "content": "3"}), json!({"name": "C"})]);
        assert_eq!(
            merged,
            [json!({"name": "A", "content": "1"}), json!({"name": "B", "content": "3"}), json!({"name": "C"})]
        );
    }

    #[test]
    fn a_mask_keeps_the_secret_of_its_own_place_and_of_no_other() {
        let stored = json!({"config": {"type": "Mysql", "password": MASK}});
        let (public, edits) = configured(
            BoundTo::Field,
            "connection",
            Some(&stored),
            json!({"config": {"type": "Mysql", "password": MASK}}),
        )
        .unwrap();
        assert_eq!(public, stored);
        assert_eq!(format!("{edits:?}"), "[Keep(/connection/config/password)]");
        assert!(configured(BoundTo::Field, "connection", Some(&stored), json!({"config": {"token": MASK}})).is_err());
        assert!(configured(BoundTo::Field, "connection", None, json!({"config": {"password": MASK}})).is_err());
    }

    #[test]
    fn the_younger_part_of_a_life_cycle_stays() {
        let stored = json!({"created": {"timestamp": 5}, "updated": {"timestamp": 5}});
        let given = json!({"created": {"timestamp": 4}, "updated": {"timestamp": 6}, "accessed": {"timestamp": 1}});
        let merged = merge_life_cycles(Some(stored), given);
        assert_eq!(
            merged,
            json!({"created": {"timestamp": 5}, "updated": {"timestamp": 6}, "accessed": {"timestamp": 1}})
        );
    }

    #[test]
    fn a_bot_does_not_overwrite_the_prose_of_columns() {
        let stored = [json!({"name": "ID", "dataType": "INT", "description": "by a person"})];
        let mut columns = [json!({"name": "id", "dataType": "INT", "description": "by a bot"})];
        merge_columns(&mut columns, &stored, true);
        assert_eq!(columns[0]["description"], "by a person");
        let mut columns = [json!({"name": "id", "dataType": "INT", "description": "by another"})];
        merge_columns(&mut columns, &stored, false);
        assert_eq!(columns[0]["description"], "by another");
        let mut columns = [json!({"name": "ID", "dataType": "TEXT"})];
        merge_columns(&mut columns, &stored, false);
        assert_eq!(columns[0]["description"], "by a person");
    }

    #[test]
    fn of_columns_with_like_names_the_same_counts_and_then_the_first() {
        let stored = ["id", "Id", "ID", "Id"].map(|name| json!({"name": name, "profile": name}));
        let mut columns = ["ID", "Id", "iD", "id", "other"].map(|name| json!({"name": name}));
        keep_observations(&mut columns, &stored);
        let kept = columns.each_ref().map(|column| column["profile"].as_str());
        assert_eq!(kept, [Some("ID"), Some("Id"), Some("id"), Some("id"), None]);
    }
}
