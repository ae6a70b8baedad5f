//! What things are called where nobody has said how they are shown: by their names. Searches of this protocol have a display
//! name everywhere, of a document and of what it refers to, and their clients count, filter and sort by it.

use serde_json::{Map, Value};

const CALLED: &str = "displayName";

/// Puts names where display names are missing: of the document, where its entity has one, and of what it refers to.
pub fn complete(document: &mut Map<String, Value>, has_own: bool) {
    if has_own {
        call(document);
    }
    for member in document.values_mut() {
        match member {
            Value::Array(items) => items.iter_mut().for_each(call_referred),
            other => call_referred(other),
        }
    }
}

/// A reference says what it leads to; what only has a name, a column for one, is none.
fn call_referred(value: &mut Value) {
    if let Value::Object(members) = value
        && members.contains_key("id")
        && members.contains_key("type")
    {
        call(members);
    }
}

fn call(members: &mut Map<String, Value>) {
    let is_called = members.get(CALLED).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    if !is_called && let Some(name) = members.get("name").cloned() {
        members.insert(CALLED.to_owned(), name);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_stand_where_display_names_are_missing() {
        let reference = |more: Value| {
            let mut reference = json!({"id": "1", "type": "user", "name": "ann"});
            reference.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
            reference
        };
        let mut document = json!({
            "name": "t", "displayName": "", "service": reference(json!({})), "columns": [{"name": "c"}],
            "owners": [reference(json!({"displayName": "Ann"})), reference(json!({}))],
        });
        complete(document.as_object_mut().expect("an object"), true);
        assert_eq!(document["displayName"], "t");
        assert_eq!(document["service"]["displayName"], "ann");
        assert_eq!(
            (&document["owners"][0]["displayName"], &document["owners"][1]["displayName"]),
            (&json!("Ann"), &json!("ann"))
        );
        assert_eq!(document["columns"], json!([{"name": "c"}]), "a column is no reference");
        let mut other = json!({"name": "t"});
        complete(other.as_object_mut().expect("an object"), false);
        assert_eq!(other, json!({"name": "t"}));
    }
}
