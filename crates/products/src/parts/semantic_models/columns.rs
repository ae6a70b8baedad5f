//! The columns that a model may speak of: those of the product's tables, and of the products that it is composed of.

use std::collections::{BTreeMap, HashMap};

use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::reading::SeenId;
use emporion_catalog::spelling::decode;
use emporion_semantic::model::{self, Columns, Model, Reference};
use serde_json::Value;

use super::document::model_of;
use super::spec::SPEC;
use crate::assets::relations::{self, Relation};
use crate::content_state::ContentState;
use crate::failure::Failure;
use crate::parts::compositions::graph::{self, MAX_DEPTH, seen, source_of};
use crate::parts::{compositions, item};
use crate::read_context::{Later, ReadContext};

/// Everything that one model names, looked up.
#[derive(Debug, Default)]
pub struct Known {
    relations: Vec<Relation>,
    /// By the text of the reference.
    references: HashMap<String, Referred>,
}

/// What a reference leads to.
#[derive(Debug, Default, Clone)]
struct Referred {
    /// `None` where there is no such table, no columns where they are not known.
    columns: Option<Vec<String>>,
    /// The table, as far as the caller sees the product that has it.
    relation: Option<Relation>,
    /// The columns of the table whose values its names tell, in lower case; a name that is not there is a column.
    reported: BTreeMap<String, Vec<String>>,
}

impl Columns for Known {
    fn of(&self, source: &str) -> Option<Vec<String>> {
        if Reference::is_meant(source) {
            return self.references.get(source.trim()).and_then(|referred| referred.columns.clone());
        }
        self.table(source).map(Relation::column_names)
    }

    fn data_type(&self, source: &str, column: &str) -> Option<String> {
        let is_it = |described: &&Value| {
            described.get("name").and_then(Value::as_str).is_some_and(|name| decode(name).eq_ignore_ascii_case(column))
        };
        self.table(source)?.columns().find(is_it)?.get("data_type").and_then(Value::as_str).map(str::to_owned)
    }
}

impl Known {
    /// The table that a source leads to.
    pub fn table(&self, source: &str) -> Option<&Relation> {
        match Reference::is_meant(source) {
            true => self.references.get(source.trim())?.relation.as_ref(),
            false => relations::find(&self.relations, source),
        }
    }

    /// The same, by its id.
    pub fn record(&self, source: &str) -> Option<RecordId> {
        self.table(source)?.record.as_ref().map(|record| record.id)
    }

    /// The product's own table of a source that is no reference.
    pub fn own_table(&self, source: &str) -> Option<&Relation> {
        if Reference::is_meant(source) { None } else { relations::find(&self.relations, source) }
    }

    /// The columns of that table whose values a column of the source tells: the source may be a dataset with fields.
    pub fn reported(&self, source: &str, column: &str) -> Vec<String> {
        let referred = if Reference::is_meant(source) { self.references.get(source.trim()) } else { None };
        let reported = referred.and_then(|referred| referred.reported.get(&column.to_ascii_lowercase()));
        reported.cloned().unwrap_or_else(|| vec![column.to_owned()])
    }
}

/// Looks up what the models name, among what is deployed or what a deploy would leave.
pub async fn of(cx: &ReadContext<'_>, state: ContentState, models: &[&Model]) -> Result<Known, Failure> {
    let sources: Vec<&str> =
        models.iter().flat_map(|model| &model.datasets).map(|dataset| dataset.source.as_str()).collect();
    named(cx, state, &sources, MAX_DEPTH).await
}

fn named<'a>(cx: &'a ReadContext<'a>, state: ContentState, sources: &'a [&'a str], depth: usize) -> Later<'a, Known> {
    Box::pin(async move {
        let mut known = Known { relations: relations::of_product(cx, state).await?, references: HashMap::new() };
        let references: Vec<(&str, Reference<'_>)> =
            sources.iter().filter_map(|source| Some((source.trim(), Reference::parse(source)?))).collect();
        if references.is_empty() || depth == 0 {
            return Ok(known);
        }
        let spec = &compositions::spec::SPEC;
        let composed = item::of_product(spec, cx.reading, cx.product).await?;
        for fields in composed.iter().filter_map(|item| item.seen(state)) {
            let alias = fields.get("alias").and_then(Value::as_str).unwrap_or_default();
            let wanted: Vec<(&str, &str)> =
                references.iter().filter(|(_, of)| of.alias == alias).map(|(text, of)| (*text, of.table)).collect();
            let Some(source) = source_of(fields).filter(|_| !wanted.is_empty()) else { continue };
            let taken_over = |table: &str| graph::includes(fields.get("include"), table);
            let (open, closed): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|(_, table)| taken_over(table));
            known.references.extend(closed.into_iter().map(|(text, _)| (text.to_owned(), Referred::default())));
            let tables: Vec<&str> = open.iter().map(|(_, table)| *table).collect();
            let referred = offered(cx, source, &tables, depth - 1).await?;
            known.references.extend(open.iter().map(|(text, _)| (*text).to_owned()).zip(referred));
        }
        Ok(known)
    })
}

/// The tables that a composed product offers, with their columns: datasets of its live models, else its live tables.
async fn offered(
    cx: &ReadContext<'_>,
    source: RecordId,
    tables: &[&str],
    depth: usize,
) -> Result<Vec<Referred>, Failure> {
    let Some(view) = seen(cx, source, &Depth::bare()).await? else {
        // Who may not see the source cannot tell what it has.
        return Ok(vec![Referred { columns: Some(Vec::new()), ..Referred::default() }; tables.len()]);
    };
    let cx = ReadContext { product: SeenId::from(&view), ..*cx };
    let models = item::of_product(&SPEC, cx.reading, cx.product).await?;
    let models: Vec<Model> =
        models.iter().filter(|item| item.live.is_some()).filter_map(|item| model_of(item.live_fields())).collect();
    let dataset = |table: &str| {
        let mut datasets = models.iter().flat_map(|model| &model.datasets);
        datasets.find(|dataset| dataset.common.name.eq_ignore_ascii_case(table))
    };
    let below: Vec<&str> =
        tables.iter().map(|table| dataset(table).map_or(*table, |found| found.source.as_str())).collect();
    let known = named(&cx, ContentState::Live, &below, depth).await?;
    let referred = tables.iter().zip(&below).map(|(table, source)| {
        let mut columns = known.of(source);
        // Fields are what a model shows of its tables.
        if let (Some(dataset), Some(columns)) = (dataset(table), columns.as_mut().filter(|it| !it.is_empty())) {
            columns.extend(dataset.fields.iter().map(|field| field.common.name.clone()));
        }
        let reported = dataset(table).map(|dataset| model::told(dataset, &known)).unwrap_or_default();
        let below = |columns: Vec<String>| columns.iter().flat_map(|column| known.reported(source, column)).collect();
        let reported = reported.into_iter().map(|(name, columns)| (name, below(columns))).collect();
        Referred { columns, relation: known.table(source).cloned(), reported }
    });
    Ok(referred.collect())
}
