//! Documents without what is hidden from whoever reads them: samples, and numbers of rows.

use emporion_catalog::name;
use emporion_semantic::model::VENDOR;
use serde_json::{Map, Value};

use super::hidden::{EVERY, FILTERED};
use super::spec::DOCUMENT;
use crate::parts::spec::Fields;

/// What own extensions call samples, and the word that there are no other values.
const SAMPLES: [&str; 3] = ["sampleValues", "sample_values", "enumerated"];
/// What they call the number of rows.
const ROWS: &str = "rowCountHint";

/// Content as the caller may see it.
pub fn fields(fields: &Fields, hidden: Option<&Value>) -> Fields {
    let mut fields = fields.clone();
    if let Some(document) = fields.get_mut(DOCUMENT) {
        *document = self::document(document, hidden);
    }
    fields
}

/// A document as the caller may see it.
pub fn document(document: &Value, hidden: Option<&Value>) -> Value {
    let mut document = document.clone();
    let datasets = document.pointer_mut("/semantic_model/0/datasets").and_then(Value::as_array_mut);
    for one in datasets.into_iter().flatten() {
        *one = dataset(one, hidden);
    }
    document
}

/// A dataset as the caller may see it.
pub fn dataset(dataset: &Value, hidden: Option<&Value>) -> Value {
    let mut dataset = dataset.clone();
    match source(&dataset).and_then(|source| hidden?.get(source).or(hidden?.get(EVERY))) {
        Some(Value::String(filtered)) if filtered == FILTERED => {
            let own: Vec<&str> = SAMPLES.into_iter().chain([ROWS]).collect();
            bare(&mut dataset, &own);
            fields_of(&mut dataset).for_each(|field| bare(field, &own));
        }
        Some(Value::Bool(true)) => {
            bare(&mut dataset, &SAMPLES);
            fields_of(&mut dataset).for_each(|field| bare(field, &SAMPLES));
        }
        Some(Value::Array(columns)) => {
            // What stands at the dataset itself may be of any column.
            bare(&mut dataset, &SAMPLES);
            let columns: Vec<String> = columns.iter().filter_map(Value::as_str).map(name::fold).collect();
            let columns = with_readers(&dataset, columns);
            fields_of(&mut dataset).filter(|field| reads(field, &columns)).for_each(|field| bare(field, &SAMPLES));
        }
        _ => {}
    }
    dataset
}

/// The columns, and the fields of the dataset that are computed of them, or of one another: by their names, folded.
pub fn with_readers(dataset: &Value, mut columns: Vec<String>) -> Vec<String> {
    let fields: Vec<&Value> = dataset.get("fields").and_then(Value::as_array).into_iter().flatten().collect();
    loop {
        let known = columns.len();
        for field in fields.iter().filter(|field| reads(field, &columns)).copied().collect::<Vec<_>>() {
            let name = name::fold(field.get("name").and_then(Value::as_str).unwrap_or_default());
            if !name.is_empty() && !columns.contains(&name) {
                columns.push(name);
            }
        }
        if columns.len() == known {
            return columns;
        }
    }
}

/// Whether a field is computed of one of the columns, whose names are folded.
fn reads(field: &Value, columns: &[String]) -> bool {
    let named = field.get("name").map(ToString::to_string).unwrap_or_default();
    let computed = field.get("expression").map(ToString::to_string).unwrap_or_default();
    let text = name::fold(&format!("{named} {computed}"));
    columns.iter().any(|column| {
        text.match_indices(column.as_str()).any(|(at, found)| {
            let is_inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
            !is_inside(text[..at].chars().next_back()) && !is_inside(text[at + found.len()..].chars().next())
        })
    })
}

/// What samples were read of: the table, and the part of it, with all that it is computed of.
#[derive(PartialEq)]
struct Origin {
    table: Option<String>,
    name: String,
    expression: Value,
}

/// After an edit: samples belong to what they were read of, and do not move to another table, where a row filter might not
/// look, nor stay with a field that is computed of something else, where a mask would not hold.
pub fn unmoved(before: &Value, after: &mut Value) {
    const DATASETS: &str = "/semantic_model/0/datasets";
    let origin = |table: &Option<String>, field: &Value| Origin {
        table: table.clone(),
        name: name::fold(field.get("name").and_then(Value::as_str).unwrap_or_default()),
        expression: field.get("expression").cloned().unwrap_or_default(),
    };
    let whole = |table: &Option<String>| Origin { table: table.clone(), name: String::new(), expression: Value::Null };
    let mut read: Vec<(Value, Origin)> = Vec::new();
    for dataset in list_of(before, DATASETS) {
        let table = source(dataset).map(str::to_owned);
        read.extend(samples(dataset).into_iter().map(|sample| (sample, whole(&table))));
        for field in dataset.get("fields").and_then(Value::as_array).into_iter().flatten() {
            read.extend(samples(field).into_iter().map(|sample| (sample, origin(&table, field))));
        }
    }
    let counts: Vec<(Value, Option<String>)> = list_of(before, DATASETS)
        .filter_map(|dataset| Some((rows(dataset)?, source(dataset).map(str::to_owned))))
        .collect();
    let is_moved = |part: &Value, now: &Origin| {
        samples(part).iter().any(|sample| {
            let mut origins = read.iter().filter(|(own, _)| own == sample).map(|(_, origin)| origin).peekable();
            origins.peek().is_some() && origins.all(|origin| origin != now)
        })
    };
    for dataset in after.pointer_mut(DATASETS).and_then(Value::as_array_mut).into_iter().flatten() {
        let table = source(dataset).map(str::to_owned);
        if is_moved(dataset, &whole(&table)) {
            bare(dataset, &SAMPLES);
        }
        // How many rows a table has is read of it as well.
        let mut same = counts.iter().filter(|(count, _)| rows(dataset).as_ref() == Some(count)).peekable();
        if same.peek().is_some() && same.all(|(_, of)| *of != table) {
            bare(dataset, &[ROWS]);
        }
        for field in fields_of(dataset) {
            if is_moved(field, &origin(&table, field)) {
                bare(field, &SAMPLES);
            }
        }
    }
}

fn list_of<'v>(document: &'v Value, pointer: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    document.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// How many rows a dataset says that its table has.
fn rows(dataset: &Value) -> Option<Value> {
    let extensions = dataset.get("custom_extensions").and_then(Value::as_array)?;
    extensions.iter().find_map(|extension| extension.get("data").map(members)?.shift_remove(ROWS))
}

pub fn source(dataset: &Value) -> Option<&str> {
    dataset.get("source").and_then(Value::as_str)
}

fn fields_of(dataset: &mut Value) -> impl Iterator<Item = &mut Value> {
    dataset.get_mut("fields").and_then(Value::as_array_mut).into_iter().flatten()
}

/// Whether there is anything in a dataset that may be hidden.
pub fn has_samples(dataset: &Value) -> bool {
    let fields = dataset.get("fields").and_then(Value::as_array).into_iter().flatten();
    let counts = dataset.get("custom_extensions").is_some_and(|extensions| extensions.to_string().contains(ROWS));
    counts || std::iter::once(dataset).chain(fields).any(|part| !samples(part).is_empty())
}

/// All samples of a dataset and its fields, and how many rows it says there are.
pub fn all_samples(dataset: &Value) -> Vec<Value> {
    let fields = dataset.get("fields").and_then(Value::as_array).into_iter().flatten();
    std::iter::once(dataset).chain(fields).flat_map(samples).chain(rows(dataset)).collect()
}

/// Each list of samples in the extensions of a part; of another vendor's, all that may hold some.
fn samples(part: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    for extension in part.get("custom_extensions").and_then(Value::as_array).into_iter().flatten() {
        if extension.get("vendor_name").is_none_or(|vendor| vendor != VENDOR) {
            found.extend(speaks_of_samples(extension).then(|| extension.clone()));
            continue;
        }
        let own = extension.get("data").map(members).unwrap_or_default();
        // That there are no other values says nothing without them.
        let sampled = own.into_iter().filter(|(name, _)| SAMPLES.contains(&name.as_str()));
        found.extend(sampled.map(|(_, value)| value).filter(|value| !value.is_boolean()));
    }
    found
}

fn speaks_of_samples(extension: &Value) -> bool {
    extension.to_string().to_lowercase().contains("sample")
}

/// The members of an extension's data, which is an object, or one as text.
fn members(data: &Value) -> Map<String, Value> {
    match data {
        Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
        other => other.as_object().cloned().unwrap_or_default(),
    }
}

/// Takes the samples out of the extensions of a part, and these members out of our own.
fn bare(part: &mut Value, without: &[&str]) {
    let Some(part) = part.as_object_mut() else { return };
    let Some(Value::Array(extensions)) = part.get_mut("custom_extensions") else { return };
    extensions.retain_mut(|extension| {
        if extension.get("vendor_name").is_none_or(|vendor| vendor != VENDOR) {
            // What others keep there is theirs to say; only whether it may hold samples can be told.
            return !speaks_of_samples(extension);
        }
        let Some(data) = extension.get_mut("data") else { return true };
        let mut own = members(data);
        own.retain(|name, _| !without.contains(&name.as_str()));
        *data = Value::from(Value::Object(own.clone()).to_string());
        !own.is_empty()
    });
    if extensions.is_empty() {
        part.shift_remove("custom_extensions");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn orders(source: &str) -> Value {
        let data = json!({"sampleValues": ["EU"], "enumerated": true, "format": "x"}).to_string();
        let extensions = json!([
            {"vendor_name": VENDOR, "data": data},
            {"vendor_name": "OTHER", "data": "{\"sample_values\": [\"EU\"]}"},
            {"vendor_name": "THIRD", "data": "{}"},
        ]);
        json!({"name": "orders", "source": source, "fields": [{"name": "region", "custom_extensions": extensions}]})
    }

    #[test]
    fn samples_are_taken_out_of_hidden_datasets_only() {
        let hidden = json!({"sales.orders": true});
        let shown = dataset(&orders("sales.orders"), Some(&hidden));
        let left = shown["fields"][0]["custom_extensions"].as_array().cloned().unwrap_or_default();
        assert_eq!(
            left,
            [
                json!({"vendor_name": VENDOR, "data": "{\"format\":\"x\"}"}),
                json!({"vendor_name": "THIRD", "data": "{}"}),
            ]
        );
        assert_eq!(dataset(&orders("sales.others"), Some(&hidden)), orders("sales.others"));
        assert_eq!(dataset(&orders("sales.orders"), None), orders("sales.orders"));
    }

    #[test]
    fn samples_of_personal_columns_are_taken_out_of_the_fields_that_read_them() {
        let sampled = json!([{"vendor_name": VENDOR, "data": json!({"sampleValues": ["x"]}).to_string()}]);
        let field = |name: &str, expression: &str| {
            let expression = json!({"dialects": [{"dialect": "ANSI_SQL", "expression": expression}]});
            json!({"name": name, "expression": expression, "custom_extensions": sampled})
        };
        let fields = [field("who", "LOWER(Email)"), field("email_kind", "email_kind"), field("email", "'a'")];
        let shown = dataset(&json!({"source": "s.t", "fields": fields}), Some(&json!({"s.t": ["email"]})));
        let left = |at: usize| shown["fields"][at].get("custom_extensions").is_some();
        assert_eq!([left(0), left(1), left(2)], [false, true, false]);
    }

    #[test]
    fn a_number_of_rows_does_not_follow_a_dataset_to_another_table() {
        let document = |source: &str| {
            let data = json!({"rowCountHint": 7}).to_string();
            let extensions = json!([{"vendor_name": VENDOR, "data": data}]);
            json!({"semantic_model": [{"datasets": [{"source": source, "custom_extensions": extensions}]}]})
        };
        let (before, mut moved, mut same) = (document("s.a"), document("s.b"), document("s.a"));
        unmoved(&before, &mut moved);
        unmoved(&before, &mut same);
        assert!(!moved.to_string().contains("rowCountHint") && same == before);
    }

    #[test]
    fn samples_do_not_follow_a_dataset_to_another_table() {
        let document = |dataset: Value| json!({"semantic_model": [{"datasets": [dataset]}]});
        let (before, mut after) = (document(orders("sales.orders")), document(orders("sales.others")));
        unmoved(&before, &mut after);
        assert!(!after.to_string().contains("EU"), "{after}");
        let mut same = before.clone();
        unmoved(&before, &mut same);
        assert_eq!(same, before);
    }

    #[test]
    fn samples_do_not_stay_with_what_is_computed_of_something_else() {
        let document = |dataset: Value| json!({"semantic_model": [{"datasets": [dataset]}]});
        let before = document(orders("sales.orders"));
        let edited = |edit: &dyn Fn(&mut Value)| {
            let mut after = before.clone();
            edit(&mut after["semantic_model"][0]["datasets"][0]["fields"][0]);
            unmoved(&before, &mut after);
            after.to_string().contains("EU")
        };
        assert!(edited(&|field| field["description"] = json!("Where it went")));
        assert!(!edited(&|field| field["expression"] = json!("id")));
        assert!(!edited(&|field| field["name"] = json!("zone")));
        // Something else of the same extension is changed with it.
        assert!(!edited(&|field| {
            field["name"] = json!("zone");
            field["custom_extensions"][0]["data"] = json!(json!({"sampleValues": ["EU"], "format": "y"}).to_string());
        }));
    }
}
