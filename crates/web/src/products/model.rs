//! A semantic model as its page shows it: what there is, what it is called, and how it hangs together.

use emporion_products::parts::semantic_models::entry::EntryRef;
use emporion_products::parts::semantic_models::read::SemanticModel;
use serde_json::Value;

use crate::access::condition::Condition;
use crate::records::address::{self, segment};
use crate::text::plain::{first_line, shown, shown_prose};
use crate::text::texts::Texts;

pub struct Model {
    pub name: String,
    pub description: String,
    pub is_deployed: bool,
    pub is_leaving: bool,
    pub datasets: Vec<Dataset>,
    pub relationships: Vec<Relationship>,
    pub metrics: Vec<Metric>,
    /// Where one more metric and relationship are made; empty for who may not.
    pub add_metric: String,
    pub add_relationship: String,
}

pub struct Dataset {
    /// Where it is changed, and where a field is added to it; empty for who may not.
    pub edit: String,
    pub add_field: String,
    pub name: String,
    pub source: String,
    pub keys: String,
    pub line: String,
    pub words: String,
    pub fields: Vec<Field>,
}

pub struct Field {
    pub edit: String,
    pub name: String,
    pub label: String,
    pub words: String,
    pub line: String,
    pub expression: String,
    /// `time`, `dimension` or `fact`.
    pub role: &'static str,
}

pub struct Relationship {
    pub edit: String,
    pub name: String,
    pub from: String,
    pub to: String,
    pub on: String,
    pub words: String,
}

pub struct Metric {
    pub edit: String,
    /// Its place in the page; empty where another of this name has it.
    pub anchor: String,
    pub name: String,
    pub label: String,
    pub words: Vec<String>,
    pub line: String,
    pub expression: String,
    /// What holds besides for the rows that it is computed of.
    pub filters: Vec<Condition>,
    pub unit: String,
}

impl Model {
    pub fn of(t: Texts, model: &SemanticModel) -> Model {
        let inner = &model.document["semantic_model"][0];
        Model {
            name: shown_prose(&model.name),
            description: shown_prose(model.description.as_deref().unwrap_or_default()),
            is_deployed: model.is_deployed,
            is_leaving: model.is_leaving,
            datasets: items(inner, "datasets").map(Dataset::of).collect(),
            relationships: items(inner, "relationships").map(Relationship::of).collect(),
            metrics: Metric::all(t, &model.document),
            add_metric: String::new(),
            add_relationship: String::new(),
        }
    }

    /// What its metrics are called that are computed of datasets with such sources.
    pub fn metrics_over(&self, is_such: impl Fn(&str) -> bool) -> Vec<String> {
        let such = self.datasets.iter().filter(|dataset| is_such(&dataset.source));
        let such: Vec<&str> = such.map(|dataset| dataset.name.as_str()).collect();
        // What names no dataset is computed of the only one.
        let is_only = self.datasets.len() == 1 && !such.is_empty();
        let metrics = self.metrics.iter();
        let metrics =
            metrics.filter(|metric| is_only || such.iter().any(|name| names_dataset(&metric.expression, name)));
        metrics.map(|metric| if metric.label.is_empty() { &metric.name } else { &metric.label }).cloned().collect()
    }

    /// Each of its parts leads to where it is changed: for who may.
    pub fn offer_changes(&mut self, product: &str, model: &str) {
        let at = |place: EntryRef| form_at(product, model, &place);
        self.add_metric = at(EntryRef::Metric(None));
        self.add_relationship = at(EntryRef::Relationship(None));
        for metric in &mut self.metrics {
            metric.edit = at(EntryRef::Metric(Some(metric.name.clone())));
        }
        for one in &mut self.relationships {
            one.edit = at(EntryRef::Relationship(Some(one.name.clone())));
        }
        for dataset in &mut self.datasets {
            let field = |name| EntryRef::Field { table: dataset.name.clone(), name };
            dataset.edit = at(EntryRef::Table(dataset.name.clone()));
            dataset.add_field = at(field(None));
            for one in &mut dataset.fields {
                one.edit = at(field(Some(one.name.clone())));
            }
        }
    }
}

impl Dataset {
    fn of(reply: &Value) -> Dataset {
        Dataset {
            edit: String::new(),
            add_field: String::new(),
            name: text(&reply["name"]),
            source: text(&reply["source"]),
            keys: names(&reply["primary_key"]).join(", "),
            line: first_line(reply["description"].as_str().unwrap_or_default()),
            words: words(reply),
            fields: items(reply, "fields").map(Field::of).collect(),
        }
    }
}

impl Field {
    fn of(reply: &Value) -> Field {
        let dimension = &reply["dimension"];
        Field {
            edit: String::new(),
            name: text(&reply["name"]),
            label: label(reply),
            words: words(reply),
            line: first_line(reply["description"].as_str().unwrap_or_default()),
            expression: expression(reply),
            role: match dimension {
                Value::Object(members) if members.get("is_time") == Some(&Value::Bool(true)) => "time",
                Value::Object(_) => "dimension",
                _ => "fact",
            },
        }
    }
}

impl Relationship {
    fn of(reply: &Value) -> Relationship {
        let pairs = names(&reply["from_columns"]).into_iter().zip(names(&reply["to_columns"]));
        Relationship {
            edit: String::new(),
            name: text(&reply["name"]),
            from: text(&reply["from"]),
            to: text(&reply["to"]),
            on: pairs.map(|(from, to)| format!("{from} = {to}")).collect::<Vec<_>>().join(", "),
            words: words(reply),
        }
    }
}

impl Metric {
    /// Those of a document.
    pub fn all(t: Texts, document: &Value) -> Vec<Metric> {
        items(&document["semantic_model"][0], "metrics").map(|reply| Metric::of(t, reply)).collect()
    }

    /// All that it is called.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        [&self.name, &self.label].into_iter().chain(&self.words).map(String::as_str)
    }

    fn of(t: Texts, reply: &Value) -> Metric {
        let (name, own) = (reply["name"].as_str().unwrap_or_default(), extension(reply));
        let filters = items(&own, "defaultFilters").filter_map(Value::as_str);
        Metric {
            edit: String::new(),
            anchor: anchor(name),
            name: text(&reply["name"]),
            label: label(reply),
            words: names(&reply["ai_context"]["synonyms"]),
            line: first_line(reply["description"].as_str().unwrap_or_default()),
            expression: expression(reply),
            filters: filters.map(|filter| Condition::of_metric(t, name, filter)).collect(),
            unit: own["unit"].as_str().map(shown).unwrap_or_default(),
        }
    }
}

/// Whether an expression names a field of a dataset: `orders.amount`, also with quotes.
fn names_dataset(expression: &str, dataset: &str) -> bool {
    let (expression, dataset) = (expression.to_lowercase(), dataset.to_lowercase());
    expression.match_indices(&dataset).any(|(at, found)| {
        let before = expression[..at].chars().next_back();
        let after = expression[at + found.len()..].trim_start_matches(['"', '`']);
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.') && after.starts_with('.')
    })
}

/// Where a part is changed, or made.
pub fn form_at(product: &str, model: &str, place: &EntryRef) -> String {
    address::with_query(product, &[("tab", "model"), ("model", model), ("part", &place.print())])
}

/// The place of a metric in the page of its product's model.
pub fn anchor(name: &str) -> String {
    format!("metric-{}", segment(name))
}

pub fn items<'a>(of: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    of[name].as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    shown_prose(value.as_str().unwrap_or_default())
}

fn names(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}

/// What people call it besides.
fn words(reply: &Value) -> String {
    names(&reply["ai_context"]["synonyms"]).join(", ")
}

fn label(reply: &Value) -> String {
    let own = reply["label"].as_str().map(shown);
    own.or_else(|| extension(reply)["label"].as_str().map(shown)).unwrap_or_default()
}

/// Written alone, or once for each dialect.
fn expression(reply: &Value) -> String {
    match &reply["expression"] {
        Value::String(text) => shown_prose(text),
        other => text(&other["dialects"][0]["expression"]),
    }
}

/// What this catalogue adds to a model's own words: JSON, as a text or as it is.
pub fn extension(reply: &Value) -> Value {
    let own = items(reply, "custom_extensions").find(|one| one["vendor_name"] == "EMPORION");
    match own.map(|one| &one["data"]) {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        Some(other) => other.clone(),
        None => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_ways_to_write_a_model_are_read() {
        let t = Texts::by_code("en").expect("it is spoken");
        let filters = json!(["orders.st = 'paid'", "lower(st) = 'a'", 1]);
        let data = json!({"label": "Net sales", "unit": "EUR", "defaultFilters": filters}).to_string();
        let document = json!({"semantic_model": [{
            "datasets": [{"name": "orders", "source": "main.orders", "primary_key": ["id"], "fields": [
                {"name": "at", "expression": "ordered_on", "dimension": {"is_time": true}},
                {"name": "st", "expression": {"dialects": [{"dialect": "ANSI_SQL", "expression": "st"}]}, "dimension": {}},
                {"name": "amount", "expression": "amount", "ai_context": {"synonyms": ["worth", "sum"]}},
            ]}],
            "relationships": [{"name": "o2c", "from": "orders", "to": "customers", "from_columns": ["a", "b"], "to_columns": ["c", "d"]}],
            "metrics": [{"name": "net", "expression": "SUM(amount)", "custom_extensions": [{"vendor_name": "EMPORION", "data": data}]}],
        }]});
        let model = Model::of(t, &SemanticModel { document, ..SemanticModel::default() });
        let orders = &model.datasets[0];
        let roles: Vec<&str> = orders.fields.iter().map(|field| field.role).collect();
        assert_eq!(
            (roles.as_slice(), orders.fields[1].expression.as_str()),
            (&["time", "dimension", "fact"][..], "st")
        );
        assert_eq!(orders.fields[2].words, "worth, sum");
        assert_eq!(model.relationships[0].on, "a = c, b = d");
        assert_eq!((model.metrics[0].label.as_str(), model.metrics[0].unit.as_str()), ("Net sales", "EUR"));
        let filters: Vec<String> = model.metrics[0].filters.iter().map(ToString::to_string).collect();
        assert_eq!(filters.len(), 2, "a number is none");
        assert!(filters[0].contains("rows where st is “paid”") && filters[0].contains("orders.st = &#39;paid&#39;"));
        assert!(filters[1].starts_with("<code>") && !filters[1].contains("rows where"), "{}", filters[1]);
        let nothing = Model::of(t, &SemanticModel::default());
        assert!(nothing.datasets.is_empty() && nothing.name.is_empty());
    }
}
