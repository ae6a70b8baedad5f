//! What differs between two documents of a semantic model: by the names of what came, went or changed, never by what
//! stands in it.

use std::collections::BTreeMap;

use emporion_semantic::model::VENDOR;
use serde_json::{Map, Value};

use crate::products::model::{extension, items};
use crate::records::difference;
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// What a model is made of, and what its document calls the list.
const SORTS: [(&str, &str); 4] =
    [("dataset", "datasets"), ("field", "fields"), ("relationship", "relationships"), ("metric", "metrics")];
/// Members that are told by themselves, or not at all.
const APART: [&str; 2] = ["fields", EXTENSIONS];
const EXTENSIONS: &str = "custom_extensions";
/// What is read of the rows: not everybody is shown it, and it changes although nobody changes the model.
const OF_ROWS: [&str; 4] = ["sampleValues", "sample_values", "enumerated", "rowCountHint"];

/// A part of a model, and the dataset that it is a field of.
#[derive(Clone, Copy)]
struct Item<'a> {
    reply: &'a Value,
    of: Option<&'a str>,
}

type Items<'a> = BTreeMap<String, Item<'a>>;

/// In words: a few sentences for each sort. Where `today` is given, a document, what it lacks is counted and not named.
pub fn between(t: Texts, old: &Value, new: &Value, today: Option<&Value>) -> Vec<String> {
    let (old, new, today) = (model(old), model(new), today.map(model));
    let [datasets_before, datasets_after] = [old, new].map(|model| listed(model, "datasets"));
    let mut found = Vec::new();
    for (sort, list) in SORTS {
        let (before, after) = (listed(old, list), listed(new, list));
        let is_changed = |name: &str, now: Item<'_>| before.get(name).is_some_and(|was| !is_same(was.reply, now.reply));
        let changed = after.iter().filter(|(name, now)| is_changed(name, **now)).map(|(name, _)| name.clone());
        let reply = [
            ("added", lacking(&after, &before, &datasets_before)),
            ("removed", lacking(&before, &after, &datasets_after)),
            ("changed", changed.collect()),
        ];
        let today = today.map(|today| listed(today, list));
        for (what, names) in reply {
            let is_named = |name: &String| today.as_ref().is_none_or(|today| today.contains_key(name));
            let (named, others): (Vec<String>, Vec<String>) = names.into_iter().partition(is_named);
            let rendered = |noun: String| t.with(&format!("model_diff.{what}"), &[("what", &noun)]);
            found.extend(nouns(t, sort, &named, others.len()).into_iter().map(rendered));
        }
    }
    found
}

fn model(document: &Value) -> &Value {
    &document["semantic_model"][0]
}

/// What is told of: the ones by their names, the others by how many they are.
fn nouns(t: Texts, sort: &str, named: &[String], others: usize) -> Vec<String> {
    let mut nouns = Vec::new();
    if !named.is_empty() {
        let names: Vec<String> = named.iter().map(|name| shown(name)).collect();
        let form = if named.len() == 1 { "one" } else { "many" };
        let names = difference::listed(t, &names);
        nouns.push(t.with(&format!("model_diff.{sort}.{form}"), &[("names", &names)]));
    }
    if others > 0 {
        nouns.push(t.count(&format!("model_diff.{sort}.nameless"), others));
    }
    nouns
}

/// Whether two documents are the same but for what is read of the rows.
pub fn is_same_document(old: &Value, new: &Value) -> bool {
    old == new || settled(old) == settled(new)
}

/// As it is compared.
fn settled(reply: &Value) -> Value {
    match reply {
        Value::Array(list) => list.iter().map(settled).collect(),
        Value::Object(members) => {
            let others = members.iter().filter(|(name, _)| *name != EXTENSIONS);
            let mut kept: Map<String, Value> = others.map(|(name, value)| (name.clone(), settled(value))).collect();
            // Whether what others keep there is of the rows can only be told by its words.
            let is_kept =
                |one: &&Value| one["vendor_name"] != VENDOR && !one.to_string().to_lowercase().contains("sample");
            let of_others: Vec<Value> = items(reply, EXTENSIONS).filter(is_kept).cloned().collect();
            kept.insert(EXTENSIONS.to_owned(), Value::from(vec![own(reply), Value::from(of_others)]));
            Value::Object(kept)
        }
        other => other.clone(),
    }
}

/// By their names: a field's with that of its dataset.
fn listed<'a>(model: &'a Value, list: &str) -> Items<'a> {
    let name = |reply: &'a Value| reply["name"].as_str().unwrap_or_default();
    if list != "fields" {
        return items(model, list).map(|reply| (name(reply).to_owned(), Item { reply, of: None })).collect();
    }
    let fields = items(model, "datasets").flat_map(|dataset| {
        let of = name(dataset);
        items(dataset, "fields").map(move |reply| (format!("{of}.{}", name(reply)), Item { reply, of: Some(of) }))
    });
    fields.collect()
}

/// The names of those that others lack. The fields of a dataset that came or went came and went with it.
fn lacking(these: &Items<'_>, others: &Items<'_>, datasets: &Items<'_>) -> Vec<String> {
    let is_own = |item: &Item<'_>| item.of.is_none_or(|dataset| datasets.contains_key(dataset));
    let lacking = these.iter().filter(|(name, item)| !others.contains_key(*name) && is_own(item));
    lacking.map(|(name, _)| name.clone()).collect()
}

fn is_same(old: &Value, new: &Value) -> bool {
    let (Some(before), Some(after)) = (old.as_object(), new.as_object()) else { return old == new };
    let has_all = |these: &Map<String, Value>, others: &Map<String, Value>| {
        these.iter().all(|(name, value)| APART.contains(&name.as_str()) || others.get(name) == Some(value))
    };
    has_all(before, after) && has_all(after, before) && own(old) == own(new)
}

/// What this catalogue adds to a part's own words, without what is read of the rows.
fn own(reply: &Value) -> Value {
    let mut own = extension(reply);
    if let Some(members) = own.as_object_mut() {
        members.retain(|name, _| !OF_ROWS.contains(&name.as_str()));
    }
    // To have none is to say nothing.
    if own.as_object().is_some_and(Map::is_empty) { Value::Null } else { own }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rendered(old: Value, new: Value) -> Vec<String> {
        let document = |model: Value| json!({"semantic_model": [model]});
        between(Texts::by_code("en").expect("English"), &document(old), &document(new), None)
    }

    #[test]
    fn what_came_went_and_changed_is_told_by_name() {
        let field = |name: &str, text: &str| json!({"name": name, "expression": text});
        let old = json!({
            "datasets": [
                {"name": "orders", "source": "main.orders", "fields": [field("region", "a"), field("gone", "b")]},
                {"name": "old", "source": "main.old", "fields": [field("x", "x")]},
            ],
            "relationships": [{"name": "o2c", "from": "orders", "to": "customers"}],
            "metrics": [{"name": "net", "expression": "SUM(a)"}],
        });
        let new = json!({
            "datasets": [
                {"name": "orders", "source": "main.sales", "fields": [field("region", "c"), field("fresh", "b")]},
                {"name": "new", "source": "main.new", "fields": [field("y", "y")]},
            ],
            "metrics": [{"name": "net", "expression": "SUM(a)"}, {"name": "net_sales\u{200b}", "expression": "SUM(b)"}],
        });
        assert_eq!(
            rendered(old.clone(), new),
            [
                "added the dataset new",
                "removed the dataset old",
                "changed the dataset orders",
                "added the field orders.fresh",
                "removed the field orders.gone",
                "changed the field orders.region",
                "removed the relationship o2c",
                "added the metric net_sales\u{fffd}",
            ]
        );
        assert!(rendered(old.clone(), old).is_empty());
    }

    #[test]
    fn many_names_are_counted() {
        let metrics: Vec<Value> = (0..10).map(|n| json!({"name": format!("m{n}")})).collect();
        let (none, ten) = (json!({"semantic_model": [{}]}), json!({"semantic_model": [{"metrics": metrics}]}));
        let rendered = |code: &str, today: Option<Value>| {
            between(Texts::by_code(code).expect("a language"), &none, &ten, today.as_ref())
        };
        assert_eq!(rendered("en", None), ["added the metrics m0, m1, m2, m3, m4, m5 and 4 more"]);
        assert_eq!(rendered("de", None), ["fügte die Kennzahlen m0, m1, m2, m3, m4, m5 und 4 mehr hinzu"]);
        let today = |names: &[&str]| {
            let metrics: Vec<Value> = names.iter().map(|name| json!({"name": name})).collect();
            Some(json!({"semantic_model": [{"metrics": metrics}]}))
        };
        assert_eq!(rendered("en", today(&["m1", "x"])), ["added the metric m1", "added 9 metrics"]);
        assert_eq!(
            rendered("de", today(&["m1", "m2"])),
            ["fügte die Kennzahlen m1, m2 hinzu", "fügte 8 Kennzahlen hinzu"]
        );
        assert_eq!(rendered("en", Some(Value::Null)), ["added 10 metrics"]);
    }

    #[test]
    fn what_is_read_of_the_rows_is_no_change() {
        let model = |data: Value| {
            let own = json!([{"vendor_name": "EMPORION", "data": data.to_string()}]);
            json!({"datasets": [{"name": "orders", "fields": [{"name": "region", "custom_extensions": own}]}]})
        };
        let (old, sampled) = (model(json!({"label": "A"})), model(json!({"label": "A", "sampleValues": ["EU"]})));
        assert!(rendered(old.clone(), sampled).is_empty());
        assert_eq!(rendered(old, model(json!({"label": "B"}))), ["changed the field orders.region"]);
        let bare = json!({"datasets": [{"name": "orders", "fields": [{"name": "region"}]}]});
        assert!(rendered(bare, model(json!({"sampleValues": ["EU"]}))).is_empty());
    }

    #[test]
    fn documents_are_compared_without_what_is_read_of_the_rows() {
        let document = |unit: &str, ours: Value, theirs: &str| {
            let vendor = |name: &str, data: Value| json!({"vendor_name": name, "data": data});
            let extensions = json!([vendor("EMPORION", ours.to_string().into()), vendor("OTHER", theirs.into())]);
            let dataset = json!({"name": "orders", "unit": unit, "custom_extensions": extensions});
            json!({"semantic_model": [{"datasets": [dataset]}]})
        };
        let old = document("a", json!({"rowCountHint": 1, "label": "A"}), "x");
        assert!(is_same_document(&old, &document("a", json!({"rowCountHint": 2, "label": "A"}), "x")));
        assert!(is_same_document(&old, &document("a", json!({"label": "A"}), "x")));
        for other in [
            document("b", json!({"label": "A"}), "x"),
            document("a", json!({"label": "B"}), "x"),
            document("a", json!({"label": "A"}), "y"),
        ] {
            assert!(!is_same_document(&old, &other), "{other}");
        }
        let [one, other] = ["sample: 1", "sample: 2"].map(|theirs| document("a", json!({}), theirs));
        assert!(is_same_document(&one, &other));
    }
}
