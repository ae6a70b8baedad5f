//! Sample values are rows of tables: only those see them who may see samples of the table, and nobody those of personal
//! columns.
//!
//! Where it is not clear which table a dataset means, a row filter counts for it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use emporion_catalog::Problem;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::name;
use emporion_catalog::query::States;
use emporion_catalog::record::{Record, View};
use emporion_catalog::relation::{EDITOR, OWNER, VIEWER};
use emporion_catalog::rows::filters;
use emporion_catalog::rows::personal::Personal;
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

/// What own extensions call samples, and the word that there are no other values.
const SAMPLES: [&str; 3] = ["sampleValues", "sample_values", "enumerated"];
/// What they call the number of rows.
const ROWS: &str = "rowCountHint";
/// What stands for all sources that are not named.
const EVERY: &str = "*";
/// What stands for a source of which the caller sees a part only.
const FILTERED: &str = "filtered";

/// What the caller may not see of the samples of each content: whole sources, and columns of others.
pub fn beside<'a>(look: &'a Look<'a>, contents: Vec<(Uuid, &'a Fields)>) -> Later<'a, Beside> {
    Box::pin(async move {
        let of = |fields: &Fields| -> BTreeSet<String> {
            let sampled = list(fields, "datasets").iter().filter(|dataset| has_samples(dataset));
            sampled.filter_map(source).map(str::to_owned).collect()
        };
        let named: BTreeSet<String> = contents.iter().flat_map(|(_, fields)| of(fields)).collect();
        let hidden = hidden(*look, named, MAX_DEPTH).await?;
        if hidden.is_empty() {
            return Ok(Beside::new());
        }
        let own = |fields: &Fields| {
            let own = of(fields).into_iter().filter_map(|source| Some((source.clone(), hidden.get(&source)?)));
            Value::Object(own.map(|(source, hidden)| (source, hidden.print())).collect())
        };
        Ok(contents.into_iter().map(|(id, fields)| (id, own(fields))).collect())
    })
}

/// What is hidden of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Hidden {
    /// Samples, and how many rows there are: the caller sees a part of them only.
    Filtered,
    /// Samples.
    Whole,
    /// Columns that are personal, or look so.
    Columns(BTreeSet<String>),
}

impl Hidden {
    /// `"filtered"`, `true`, or the names of the columns.
    fn print(&self) -> Value {
        match self {
            Hidden::Filtered => FILTERED.into(),
            Hidden::Whole => true.into(),
            Hidden::Columns(columns) => columns.iter().map(String::as_str).collect(),
        }
    }
}

/// The same of everything that one item holds, live or drafted.
pub async fn of_item(look: &Look<'_>, item: &Item) -> Result<Option<Value>, Failure> {
    let contents = item.contents().map(|fields| (item.id, fields)).collect::<Vec<_>>();
    let mut hidden = Map::new();
    for content in contents {
        let found = beside(look, vec![content]).await?.remove(&item.id);
        hidden.extend(found.and_then(|found| found.as_object().cloned()).into_iter().flatten());
    }
    Ok((!hidden.is_empty()).then_some(Value::Object(hidden)))
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

/// For an answer that is kept, and may be given again when the caller sees less: no samples and no counts of anything.
pub fn everything() -> Value {
    Value::Object(Map::from_iter([(EVERY.to_owned(), FILTERED.into())]))
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
            fields_of(&mut dataset).filter(|field| reads(field, &columns)).for_each(|field| bare(field, &SAMPLES));
        }
        _ => {}
    }
    dataset
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
                bare(field, &SAMPLES);
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

fn has_samples(dataset: &Value) -> bool {
    let fields = dataset.get("fields").and_then(Value::as_array).into_iter().flatten();
    let counts = dataset.get("custom_extensions").is_some_and(|extensions| extensions.to_string().contains(ROWS));
    counts || std::iter::once(dataset).chain(fields).any(|part| samples(part).is_some())
}

/// The extensions of a field, if there are samples in them.
fn samples(field: &Value) -> Option<Value> {
    let extensions = field.get("custom_extensions")?;
    extensions.to_string().to_lowercase().contains("sample").then(|| extensions.clone())
}

/// Takes the samples out of the extensions of a part, and these members out of our own.
fn bare(part: &mut Value, members: &[&str]) {
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
        own.retain(|name, _| !members.contains(&name.as_str()));
        *data = Value::from(Value::Object(own.clone()).to_string());
        !own.is_empty()
    });
    if extensions.is_empty() {
        part.shift_remove("custom_extensions");
    }
}

/// What is hidden from the caller of the sources, in this product or in those below it.
///
/// Samples are seen by those who see samples of the table; of what the product does not have by administrators; of
/// personal columns by nobody.
fn hidden(look: Look<'_>, named: BTreeSet<String>, depth: usize) -> Later<'_, BTreeMap<String, Hidden>> {
    Box::pin(async move {
        let mut hidden = BTreeMap::new();
        if named.is_empty() {
            return Ok(hidden);
        }
        let Some(view) = seen(&look).await? else {
            return Ok(named.into_iter().map(|source| (source, Hidden::Filtered)).collect());
        };
        let (references, tables): (Vec<&String>, Vec<&String>) =
            named.iter().partition(|source| Reference::is_meant(source));
        if !tables.is_empty() {
            let given = filters::of_user(&view, look.caller.principal.user);
            let mut present = relations::of_product(&look, Aspect::Drafted).await?;
            present.extend(relations::of_product(&look, Aspect::Live).await?);
            let mut own = RowFilters::of(given.clone());
            let is_closed: Vec<bool> = present.iter().map(|relation| own.of_table(relation).is_some()).collect();
            // One that belongs to no table may be meant for any.
            let is_lost = own.unused().is_some();
            let reader = look.door.catalog.rows(look.snapshot, look.caller);
            let records: Vec<&Record> = present.iter().filter_map(|relation| relation.record.as_ref()).collect();
            let sights = reader.sights(&records).await?;
            let personal = reader.personal(&records).await?;
            let personal: HashMap<RecordId, Personal> = records.iter().map(|it| it.id).zip(personal).collect();
            // Samples may be of a table that has left the product: whose they are nobody knows any more.
            let is_admin = look.caller.principal.is_admin;
            for source in tables {
                let meant = |relation: &Relation| relations::find(std::slice::from_ref(relation), source).is_some();
                let meant: Vec<usize> = (0..present.len()).filter(|at| meant(&present[*at])).collect();
                let records: Vec<Option<&Record>> = meant.iter().map(|at| present[*at].record.as_ref()).collect();
                let is_unknown = records.is_empty() || records.iter().any(Option::is_none);
                let is_unseen = |record: &&Record| !sights.get(&record.id).is_some_and(|sight| sight.sample);
                let is_uncounted = |record: &&Record| !sights.get(&record.id).is_some_and(|sight| sight.counts);
                if is_lost
                    || meant.iter().any(|at| is_closed[*at])
                    || (is_unknown && !given.is_empty())
                    || records.iter().flatten().any(is_uncounted)
                {
                    hidden.insert(source.clone(), Hidden::Filtered);
                    continue;
                }
                if (is_unknown && !is_admin) || records.iter().flatten().any(is_unseen) {
                    hidden.insert(source.clone(), Hidden::Whole);
                    continue;
                }
                let columns = meant.iter().flat_map(|at| {
                    let relation = &present[*at];
                    let personal = relation.record.as_ref().and_then(|record| personal.get(&record.id));
                    let names = relation.column_names();
                    personal.map(|it| it.kept_out(&names).cloned().collect::<Vec<_>>()).unwrap_or_default()
                });
                let columns: BTreeSet<String> = columns.collect();
                if !columns.is_empty() {
                    hidden.insert(source.clone(), Hidden::Columns(columns));
                }
            }
        }
        for text in references {
            let found = match Reference::parse(text) {
                Some(reference) if depth > 0 => below(look, reference, depth - 1).await?,
                _ => None,
            };
            // What is composed of nothing that the caller sees shows him nothing.
            if let Some(found) = found.unwrap_or(Some(Hidden::Filtered)) {
                hidden.insert(text.clone(), found);
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

/// What is hidden of a dataset of a composed product; `None` where nothing is composed under its alias.
async fn below(look: Look<'_>, reference: Reference<'_>, depth: usize) -> Result<Option<Option<Hidden>>, Failure> {
    let catalog = &look.door.catalog;
    let part = &compositions::PART;
    let items = item::of_product(part, catalog, look.snapshot, look.caller, look.product).await?;
    let contents = items.iter().flat_map(|item| item.contents());
    let is_meant = |fields: &&Fields| fields.get("alias").and_then(Value::as_str) == Some(reference.alias);
    let products: BTreeSet<_> = contents.filter(is_meant).filter_map(source_of).collect();
    let mut answer: Option<Option<Hidden>> = None;
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
        let mut together = answer.flatten();
        for found in hidden(look, named, depth).await?.into_values() {
            together = Some(match (together, found) {
                (Some(Hidden::Columns(mut all)), Hidden::Columns(more)) => {
                    all.extend(more);
                    Hidden::Columns(all)
                }
                (None, found) => found,
                (Some(Hidden::Filtered), _) | (_, Hidden::Filtered) => Hidden::Filtered,
                _ => Hidden::Whole,
            });
        }
        answer = Some(together);
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
