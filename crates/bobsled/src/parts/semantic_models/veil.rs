//! Sample values are rows of tables: whom a row filter keeps from rows sees no samples of them either.
//!
//! Where it is not clear which table a dataset means, a filter counts for it.

use std::collections::BTreeSet;

use emporion_catalog::Problem;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::record::View;
use emporion_catalog::relation::{EDITOR, OWNER, VIEWER};
use emporion_semantic::model::{Reference, VENDOR};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{DOCUMENT, PART, list};
use crate::error::Failure;
use crate::look::Look;
use crate::parts::compositions;
use crate::parts::compositions::graph::{MAX_DEPTH, source_of};
use crate::parts::item::{self, Item};
use crate::parts::part::{Beside, Fields, Later};
use crate::translate::asset::Aspect;
use crate::translate::refs;
use crate::translate::relations::{self, Relation};
use crate::translate::row_filters::RowFilters;
use crate::translate::users::{self, ROW_FILTERS};

/// What own extensions call samples, and the word that there are no other values.
const SAMPLES: [&str; 3] = ["sampleValues", "sample_values", "enumerated"];

/// The sources of each content whose samples the caller may not see.
pub fn beside<'a>(look: &'a Look<'a>, contents: Vec<(Uuid, &'a Fields)>) -> Later<'a, Beside> {
    Box::pin(async move {
        let of = |fields: &Fields| -> BTreeSet<String> {
            list(fields, "datasets").iter().filter_map(source).map(str::to_owned).collect()
        };
        let named: BTreeSet<String> = contents.iter().flat_map(|(_, fields)| of(fields)).collect();
        let hidden = hidden(*look, named, MAX_DEPTH).await?;
        if hidden.is_empty() {
            return Ok(Beside::new());
        }
        let own =
            |fields: &Fields| of(fields).intersection(&hidden).map(|source| Value::from(source.as_str())).collect();
        Ok(contents.into_iter().map(|(id, fields)| (id, own(fields))).collect())
    })
}

/// The same of everything that one item holds, live or drafted.
pub async fn of_item(look: &Look<'_>, item: &Item) -> Result<Option<Value>, Failure> {
    let contents = item.contents().map(|fields| (item.id, fields)).collect::<Vec<_>>();
    let mut hidden = Vec::new();
    for content in contents {
        let found = beside(look, vec![content]).await?.remove(&item.id);
        hidden.extend(found.and_then(|found| found.as_array().cloned()).into_iter().flatten());
    }
    Ok((!hidden.is_empty()).then_some(Value::Array(hidden)))
}

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
    let is_hidden = source(&dataset)
        .is_some_and(|source| hidden.and_then(Value::as_array).is_some_and(|all| all.iter().any(|one| one == source)));
    if is_hidden {
        bare(&mut dataset);
        fields_of(&mut dataset).for_each(bare);
    }
    dataset
}

/// After an edit: samples belong to the table that they were read from, and do not move to another one, where a row
/// filter might not look.
pub fn unmoved(before: &Value, after: &mut Value) {
    const DATASETS: &str = "/semantic_model/0/datasets";
    let datasets = |document: &Value| document.pointer(DATASETS).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut read: Vec<(Value, Option<String>)> = Vec::new();
    for mut dataset in datasets(before) {
        let table = source(&dataset).map(str::to_owned);
        read.extend(fields_of(&mut dataset).filter_map(|it| Some((samples(it)?, table.clone()))));
    }
    let after = after.pointer_mut(DATASETS).and_then(Value::as_array_mut);
    for dataset in after.into_iter().flatten() {
        let table = source(dataset).map(str::to_owned);
        for field in fields_of(dataset) {
            let Some(samples) = samples(field) else { continue };
            let mut owners = read.iter().filter(|(own, _)| *own == samples).map(|(_, table)| table).peekable();
            if owners.peek().is_some() && owners.all(|owner| *owner != table) {
                bare(field);
            }
        }
    }
}

fn source(dataset: &Value) -> Option<&str> {
    dataset.get("source").and_then(Value::as_str)
}

fn fields_of(dataset: &mut Value) -> impl Iterator<Item = &mut Value> {
    dataset.get_mut("fields").and_then(Value::as_array_mut).into_iter().flatten()
}

/// The extensions of a field, if there are samples in them.
fn samples(field: &Value) -> Option<Value> {
    let extensions = field.get("custom_extensions")?;
    extensions.to_string().to_lowercase().contains("sample").then(|| extensions.clone())
}

/// Takes the samples out of the extensions of a part.
fn bare(part: &mut Value) {
    let Some(part) = part.as_object_mut() else { return };
    let Some(Value::Array(extensions)) = part.get_mut("custom_extensions") else { return };
    extensions.retain_mut(|extension| {
        if extension.get("vendor_name").is_none_or(|vendor| vendor != VENDOR) {
            // What others keep there is theirs to say; only whether it may hold samples can be told.
            return !extension.to_string().to_lowercase().contains("sample");
        }
        let Some(data) = extension.get_mut("data") else { return true };
        let mut own: Map<String, Value> = match &*data {
            Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
            other => other.as_object().cloned().unwrap_or_default(),
        };
        own.retain(|name, _| !SAMPLES.contains(&name.as_str()));
        *data = Value::from(Value::Object(own.clone()).to_string());
        !own.is_empty()
    });
    if extensions.is_empty() {
        part.shift_remove("custom_extensions");
    }
}

/// Which of the sources lead to a table that is filtered for the caller, in this product or in those below it.
fn hidden(look: Look<'_>, named: BTreeSet<String>, depth: usize) -> Later<'_, BTreeSet<String>> {
    Box::pin(async move {
        let mut hidden = BTreeSet::new();
        let Some(view) = seen(&look).await?.filter(|_| !named.is_empty()) else { return Ok(hidden) };
        let entry = users::entries(&view).remove(&look.caller.principal.user);
        let given = entry.and_then(|entry| entry.edge.attributes.get(ROW_FILTERS)?.as_object().cloned());
        let given = given.filter(|given| !given.is_empty());
        let (references, tables): (Vec<&String>, Vec<&String>) =
            named.iter().partition(|source| Reference::is_meant(source));
        if let Some(given) = &given {
            let mut present = relations::of_product(&look, Aspect::Drafted).await?;
            present.extend(relations::of_product(&look, Aspect::Live).await?);
            let mut filters = RowFilters::of(given);
            let (closed, open): (Vec<Relation>, Vec<Relation>) =
                present.into_iter().partition(|relation| filters.of_table(relation).is_some());
            // One that belongs to no table may be meant for any.
            let is_lost = filters.unused().is_some();
            let leads_to = |source: &str, all: &[Relation]| {
                all.iter().any(|relation| relations::find(std::slice::from_ref(relation), source).is_some())
            };
            let is_closed = |source: &&&String| is_lost || leads_to(source, &closed) || !leads_to(source, &open);
            hidden.extend(tables.iter().filter(is_closed).map(|source| (*source).clone()));
        }
        for text in references {
            let is_closed = match Reference::parse(text) {
                Some(reference) if depth > 0 => below(look, reference, depth - 1).await?,
                _ => None,
            };
            if is_closed.unwrap_or(given.is_some()) {
                hidden.insert(text.clone());
            }
        }
        Ok(hidden)
    })
}

/// The product with its roles.
async fn seen(look: &Look<'_>) -> Result<Option<View>, Failure> {
    let catalog = &look.door.catalog;
    let target = refs::product_id(catalog, look.product);
    let depth = Depth::of(&[OWNER, EDITOR, VIEWER], false);
    match catalog.get_in(look.snapshot, look.caller, &target, States::Alive, &depth).await {
        Ok(view) => Ok(Some(view)),
        Err(Problem::NotFound { .. }) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// Whether a dataset of a composed product is filtered there; `None` where nothing is composed under its alias.
async fn below(look: Look<'_>, reference: Reference<'_>, depth: usize) -> Result<Option<bool>, Failure> {
    let catalog = &look.door.catalog;
    let part = &compositions::PART;
    let items = item::of_product(part, catalog, look.snapshot, look.caller, look.product).await?;
    let contents = items.iter().flat_map(|item| item.contents());
    let is_meant = |fields: &&Fields| fields.get("alias").and_then(Value::as_str) == Some(reference.alias);
    let products: BTreeSet<_> = contents.filter(is_meant).filter_map(source_of).collect();
    let mut answer = None;
    for product in products {
        let look = Look { product, ..look };
        let models = item::of_product(&PART, catalog, look.snapshot, look.caller, product).await?;
        let datasets = models.iter().flat_map(|item| item.contents()).flat_map(|fields| list(fields, "datasets"));
        let is_it = |dataset: &&Value| {
            dataset.get("name").and_then(Value::as_str).is_some_and(|name| name.eq_ignore_ascii_case(reference.table))
        };
        let mut named: BTreeSet<String> = datasets.filter(is_it).filter_map(source).map(str::to_owned).collect();
        if named.is_empty() {
            named.insert(reference.table.to_owned());
        }
        let is_closed = !hidden(look, named, depth).await?.is_empty();
        answer = Some(answer.unwrap_or(false) || is_closed);
    }
    Ok(answer)
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
        let hidden = json!(["sales.orders"]);
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
    fn samples_do_not_follow_a_dataset_to_another_table() {
        let document = |dataset: Value| json!({"semantic_model": [{"datasets": [dataset]}]});
        let (before, mut after) = (document(orders("sales.orders")), document(orders("sales.others")));
        unmoved(&before, &mut after);
        assert!(!after.to_string().contains("EU"), "{after}");
        let mut same = before.clone();
        unmoved(&before, &mut same);
        assert_eq!(same, before);
    }
}
