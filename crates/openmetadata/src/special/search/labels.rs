//! Labels of the parts of a document, of its columns for one: whoever looks for a label finds what bears it anywhere, as it
//! is counted.

use emporion_catalog::kind::Kind;
use serde_json::{Value, json};

use crate::case;
use crate::noun::Noun;

const LABELS: &str = "tags";
/// The member at which searches of this protocol have the one label of a whole that is a tier, and its name.
pub const TIER: &str = "tier";
pub const TIER_LABEL: &str = "tier.tagFQN";
const TIERS: &str = "Tier.";

/// Where labels are asked for, the members in which parts lie that bear some; they are read, too.
pub fn read_beside(noun: &Noun, kind: Kind, roots: &mut Vec<String>) -> Vec<String> {
    if roots.iter().any(|root| root == TIER) && !roots.iter().any(|root| root == LABELS) {
        roots.push(LABELS.to_owned());
    }
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

/// Puts the tier where searches have it, beside what a field of that name says.
pub fn add_tier(document: &mut Value) {
    let is_tier = |label: &&Value| label["tagFQN"].as_str().is_some_and(|fqn| fqn.starts_with(TIERS));
    let mut labels = document.get(LABELS).and_then(Value::as_array).into_iter().flatten();
    let Some(tier) = labels.find(is_tier).cloned() else { return };
    document[TIER] = match document[TIER].take() {
        Value::Null => tier,
        said => json!([said, tier]),
    };
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
    use super::*;

    #[test]
    fn one_label_of_the_whole_is_its_tier() {
        let label = |fqn: &str| json!({"tagFQN": fqn});
        let mut document = json!({"tags": [label("PII.None"), label("Tier.Tier1")]});
        add_tier(&mut document);
        assert_eq!(document["tier"], label("Tier.Tier1"));
        let mut said = json!({"tier": "Gold", "tags": [label("Tier.Tier2")]});
        add_tier(&mut said);
        assert_eq!(said["tier"], json!(["Gold", label("Tier.Tier2")]));
        let mut none = json!({"tags": [label("PII.None")]});
        add_tier(&mut none);
        assert_eq!(none, json!({"tags": [label("PII.None")]}));
    }

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
