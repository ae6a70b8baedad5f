//! Merge patches of documents, where lists whose items have names are patched by name.

use serde_json::{Map, Value};

/// Lists of OSI documents that a patch may write as objects keyed by name; `null` removes an item.
const KEYED: &[&str] = &["datasets", "relationships", "metrics", "fields"];

/// Applies an RFC 7396 merge patch to a document or to one of its parts.
///
/// A patch may begin at the root (`{"semantic_model": …}`) or at the model itself (`{"metrics": {…}}`).
pub fn patch(document: &mut Value, change: &Value) {
    let model = match document.pointer_mut("/semantic_model/0") {
        Some(model) if !is_root(change) => model,
        _ => document,
    };
    merge(model, change, 0);
}

fn is_root(change: &Value) -> bool {
    change.get("semantic_model").is_some() || change.get("version").is_some()
}

fn merge(target: &mut Value, change: &Value, depth: usize) {
    let Value::Object(changes) = change else {
        *target = change.clone();
        return;
    };
    // Documents are bounded; a patch that is deeper than any of them changes nothing there.
    if depth > super::document::MAX_DEPTH {
        return;
    }
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(fields) = target else { return };
    for (name, change) in changes {
        if change.is_null() {
            fields.shift_remove(name);
        } else if KEYED.contains(&name.as_str()) && change.is_object() && fields.get(name).is_none_or(Value::is_array) {
            let list = fields.entry(name.clone()).or_insert_with(|| Value::Array(Vec::new()));
            if let (Value::Array(items), Value::Object(changes)) = (list, change) {
                merge_named(items, changes, depth);
            }
        } else {
            merge(fields.entry(name.clone()).or_insert(Value::Null), change, depth + 1);
        }
    }
}

fn merge_named(items: &mut Vec<Value>, changes: &Map<String, Value>, depth: usize) {
    for (name, change) in changes {
        let at = items.iter().position(|item| item.get("name").and_then(Value::as_str) == Some(name));
        match (at, change) {
            (Some(at), Value::Null) => {
                items.remove(at);
            }
            (None, Value::Null) => {}
            (Some(at), change) => merge(&mut items[at], change, depth + 1),
            (None, change) => {
                let mut item = Value::Object(Map::from_iter([("name".to_owned(), Value::from(name.as_str()))]));
                merge(&mut item, change, depth + 1);
                items.push(item);
            }
        }
    }
}
