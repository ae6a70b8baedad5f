//! Labels of the parts of a document, of its columns for one: whoever looks for a label finds what bears it anywhere, as it
//! is counted.

use emporion_catalog::kind::Kind;
use serde_json::Value;

use crate::case;
use crate::noun::Noun;

const LABELS: &str = "tags";

/// Where labels are asked for, the members in which parts lie that bear some; they are read, too.
pub fn read_beside(noun: &Noun, kind: Kind, roots: &mut Vec<String>) -> Vec<String> {
    if !roots.iter().any(|root| root == LABELS) {
        return Vec::new();
    }
    let members = kind.0.parts.iter().map(|list| case::wire_key(list.field()).into_owned());
    let parts: Vec<String> = members.filter(|member| noun.entity.member(member).is_some()).collect();
    for member in &parts {
        if !roots.contains(member) {
            roots.push(member.clone());
        }
    }
    parts
}

/// Adds the labels that stand in these members to those of the whole.
pub fn add_those_of_parts(document: &mut Value, parts: &[String]) {
    let mut found = Vec::new();
    parts.iter().filter_map(|member| document.get(member)).for_each(|part| collect(part, &mut found));
    if found.is_empty() {
        return;
    }
    match document.get_mut(LABELS).and_then(Value::as_array_mut) {
        Some(own) => own.extend(found),
        None => document[LABELS] = found.into(),
    }
}

fn collect(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(members) => {
            for (member, value) in members {
                match value.as_array().filter(|_| member == LABELS) {
                    Some(labels) => found.extend(labels.iter().cloned()),
                    None => collect(value, found),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn labels_of_parts_at_any_depth_are_those_of_the_whole() {
        let label = |fqn: &str| json!({"tagFQN": fqn});
        let mut document = json!({"tags": [label("a")], "columns": [
            {"name": "c", "tags": [label("b")], "children": [{"name": "d", "tags": [label("c")]}]}, {"name": "e"},
        ]});
        add_those_of_parts(&mut document, &["columns".to_owned(), "tasks".to_owned()]);
        assert_eq!(document["tags"], json!([label("a"), label("b"), label("c")]));
        let mut without = json!({"columns": [{"name": "c", "tags": [label("b")]}]});
        add_those_of_parts(&mut without, &["columns".to_owned()]);
        assert_eq!(without["tags"], json!([label("b")]));
    }
}
