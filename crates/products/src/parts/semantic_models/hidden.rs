//! What of models is hidden from whom.
//!
//! Sample values are rows of tables: only those see them who may see samples of the table, and nobody those of personal
//! columns. Where it is not clear which table a dataset means, a row filter counts for it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::name;
use emporion_catalog::reading::SeenId;
use emporion_catalog::record::{Record, View};
use emporion_catalog::rows::filters;
use emporion_catalog::rows::personal::Personal;
use emporion_catalog::rows::roles::ROLES;
use emporion_catalog::spelling::encode;
use emporion_semantic::model::{Model, Reference};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::columns;
use super::document::list;
use super::document::model_of;
use super::redaction::{has_samples, source, with_readers};
use super::sample_origins::{self, Origins};
use super::spec::SPEC;
use crate::assets::relations::{self, Relation};
use crate::content_state::ContentState;
use crate::failure::Failure;
use crate::parts::compositions;
use crate::parts::compositions::graph::{MAX_DEPTH, seen, source_of};
use crate::parts::item::{self, Item};
use crate::parts::part::Annotations;
use crate::parts::spec::Fields;
use crate::reach::row_filters::RowFilters;
use crate::read_context::{Later, ReadContext};

/// What stands for all sources that are not named.
pub const EVERY: &str = "*";
/// What stands for a source of which the caller sees a part only.
pub const FILTERED: &str = "filtered";

/// What the caller may not see of the samples of each content: whole sources, and columns of others.
pub async fn annotate(cx: &ReadContext<'_>, contents: Vec<(Uuid, &Fields)>) -> Result<Annotations, Failure> {
    let of = |fields: &Fields| -> BTreeSet<String> {
        let sampled = list(fields, "datasets").iter().filter(|dataset| has_samples(dataset));
        sampled.filter_map(source).map(str::to_owned).collect()
    };
    let named: BTreeSet<String> = contents.iter().flat_map(|(_, fields)| of(fields)).collect();
    let mut origins = Origins::new();
    for (source, of) in contents.iter().flat_map(|(_, fields)| sample_origins::of_fields(fields)) {
        origins.entry(source).or_default().extend(of);
    }
    let mut hidden = match named.is_empty() {
        true => BTreeMap::new(),
        false => match seen(cx, cx.product_id(), &Depth::of(&ROLES, false)).await? {
            Some(view) => hidden(*cx, view, (named, &origins), MAX_DEPTH).await?,
            None => named.into_iter().map(|source| (source, Hidden::Filtered)).collect(),
        },
    };
    for source in moved(cx, &contents, &origins).await? {
        hidden.insert(source, Hidden::Filtered);
    }
    if hidden.is_empty() {
        return Ok(Annotations::new());
    }
    let own = |fields: &Fields| {
        let own = of(fields).into_iter().filter_map(|source| Some((source.clone(), hidden.get(&source)?)));
        Value::Object(own.map(|(source, hidden)| (source, hidden.print())).collect())
    };
    Ok(contents.into_iter().map(|(id, fields)| (id, own(fields))).collect())
}

/// References that lead to another table by now than their samples were read of: nobody is shown these.
async fn moved(cx: &ReadContext<'_>, contents: &[(Uuid, &Fields)], origins: &Origins) -> Result<Vec<String>, Failure> {
    if !origins.keys().any(|source| Reference::is_meant(source)) {
        return Ok(Vec::new());
    }
    let models: Vec<Model> = contents.iter().filter_map(|(_, fields)| model_of(fields)).collect();
    let models: Vec<&Model> = models.iter().collect();
    let mut moved = Vec::new();
    for state in [ContentState::Live, ContentState::Drafted] {
        let known = columns::of(cx, state, &models).await?;
        let references = sample_origins::moved(origins, |source| known.record(source));
        moved.extend(references.filter(|source| Reference::is_meant(source)).cloned());
    }
    Ok(moved)
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
pub async fn of_item(cx: &ReadContext<'_>, item: &Item) -> Result<Option<Value>, Failure> {
    let contents = item.contents().map(|fields| (item.id, fields)).collect::<Vec<_>>();
    let mut hidden = Map::new();
    for content in contents {
        let found = annotate(cx, vec![content]).await?.remove(&item.id);
        hidden.extend(found.and_then(|found| found.as_object().cloned()).into_iter().flatten());
    }
    Ok((!hidden.is_empty()).then_some(Value::Object(hidden)))
}

/// For an answer that is kept, and may be given again when the caller sees less: no samples and no counts of anything.
pub fn everything() -> Value {
    Value::Object(Map::from_iter([(EVERY.to_owned(), FILTERED.into())]))
}

/// What is hidden from the caller of the sources, in this product or in those below it.
///
/// Samples are seen by those who see samples of the table; of what the product does not have by administrators; of
/// personal columns by nobody.
fn hidden<'a>(
    cx: ReadContext<'a>,
    view: View,
    (named, origins): (BTreeSet<String>, &'a Origins),
    depth: usize,
) -> Later<'a, BTreeMap<String, Hidden>> {
    Box::pin(async move {
        let mut hidden = BTreeMap::new();
        let (references, tables): (Vec<&String>, Vec<&String>) =
            named.iter().partition(|source| Reference::is_meant(source));
        if !tables.is_empty() {
            let given = filters::of_principal(&view, &cx.reading.caller().principal);
            let mut present = relations::of_product(&cx, ContentState::Drafted).await?;
            present.extend(relations::of_product(&cx, ContentState::Live).await?);
            let mut own = RowFilters::of(given.clone());
            let is_closed: Vec<bool> = present.iter().map(|relation| own.of_table(relation).is_some()).collect();
            // One that belongs to no table may be meant for any.
            let is_lost = own.unused().is_some();
            let reader = cx.reading.rows();
            let records: Vec<&Record> = present.iter().filter_map(|relation| relation.record.as_deref()).collect();
            let sights = reader.sights(&records).await?;
            let personal = reader.personal(&records).await?;
            let personal: HashMap<RecordId, Personal> = records.iter().map(|it| it.id).zip(personal).collect();
            // Samples may be of a table that has left the product: whose they are nobody knows any more.
            let is_admin = cx.reading.caller().principal.is_admin;
            for source in tables {
                let meant = |relation: &Relation| relations::find(std::slice::from_ref(relation), source).is_some();
                let meant: Vec<usize> = (0..present.len()).filter(|at| meant(&present[*at])).collect();
                let records: Vec<Option<&Record>> = meant.iter().map(|at| present[*at].record.as_deref()).collect();
                let is_unknown = records.is_empty() || records.iter().any(Option::is_none);
                let is_unseen = |record: &&Record| !sights.get(&record.id).is_some_and(|sight| sight.sample);
                let is_uncounted = |record: &&Record| !sights.get(&record.id).is_some_and(|sight| sight.counts);
                let is_of_another = |id: &RecordId| !records.iter().flatten().any(|record| record.id == *id);
                let has_moved = origins.get(source).is_some_and(|of| of.is_empty() || of.iter().any(is_of_another));
                if is_lost
                    || (has_moved && !is_admin)
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
                    let mut out: Vec<String> =
                        personal.map(|it| it.kept_out(&names).cloned().collect()).unwrap_or_default();
                    let sight = relation.record.as_ref().and_then(|record| sights.get(&record.id));
                    let masks = |name: &&String| sight.is_some_and(|sight| sight.masks(&name::quote(&encode(name))));
                    out.extend(names.iter().filter(masks).cloned());
                    out
                });
                let columns: BTreeSet<String> = columns.collect();
                if !columns.is_empty() {
                    hidden.insert(source.clone(), Hidden::Columns(columns));
                }
            }
        }
        for text in references {
            let found = match Reference::parse(text) {
                Some(reference) if depth > 0 => below(cx, reference, depth - 1).await?,
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

/// What is hidden of a dataset of a composed product; `None` where nothing is composed under its alias.
async fn below(cx: ReadContext<'_>, reference: Reference<'_>, depth: usize) -> Result<Option<Option<Hidden>>, Failure> {
    let spec = &compositions::spec::SPEC;
    let items = item::of_product(spec, cx.reading, cx.product).await?;
    let contents = items.iter().flat_map(|item| item.contents());
    let is_meant = |fields: &&Fields| fields.get("alias").and_then(Value::as_str) == Some(reference.alias);
    let products: BTreeSet<_> = contents.filter(is_meant).filter_map(source_of).collect();
    let mut answer: Option<Option<Hidden>> = None;
    for product in products {
        let Some(view) = seen(&cx, product, &Depth::of(&ROLES, false)).await? else {
            answer = Some(Some(Hidden::Filtered));
            continue;
        };
        let cx = ReadContext { product: SeenId::from(&view), ..cx };
        let models = item::of_product(&SPEC, cx.reading, cx.product).await?;
        let datasets = models.iter().flat_map(|item| item.contents()).flat_map(|fields| list(fields, "datasets"));
        let is_it = |dataset: &&Value| {
            dataset.get("name").and_then(Value::as_str).is_some_and(|name| name.eq_ignore_ascii_case(reference.table))
        };
        let datasets: Vec<&Value> = datasets.filter(is_it).collect();
        let mut named: BTreeSet<String> =
            datasets.iter().filter_map(|dataset| source(dataset)).map(str::to_owned).collect();
        if named.is_empty() {
            named.insert(reference.table.to_owned());
        }
        let mut together = answer.flatten();
        for found in hidden(cx, view, (named, &Origins::new()), depth).await?.into_values() {
            // Above, columns are known by what the fields are called.
            let found = match found {
                Hidden::Columns(columns) => {
                    let all: Vec<String> = columns.iter().map(|column| name::fold(column)).collect();
                    let readers = datasets.iter().flat_map(|dataset| with_readers(dataset, all.clone()));
                    Hidden::Columns(columns.iter().cloned().chain(readers).collect())
                }
                found => found,
            };
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
