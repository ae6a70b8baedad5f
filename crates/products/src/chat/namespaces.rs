//! The models and tables of a product, and of those that it is composed of, each under its alias.

use std::collections::{HashMap, HashSet};

use emporion_catalog::Problem;
use emporion_catalog::id::RecordId;
use emporion_catalog::query::States;
use emporion_catalog::reading::SeenId;
use emporion_catalog::record::View;
use emporion_semantic::chat::ground::DatasetId;
use emporion_semantic::chat::{Ground, SourceTables, TableKnown};
use emporion_semantic::model::{Common, Model, Reference};
use serde_json::{Map, Value};

use super::answer::ModelRevision;
use crate::assets::relations::{self, Relation};
use crate::content_state::ContentState;
use crate::failure::Failure;
use crate::parts::compositions::graph::{self, MAX_DEPTH, source_of};
use crate::parts::semantic_models::attestation::{self, Attestation};
use crate::parts::semantic_models::hidden::FILTERED;
use crate::parts::semantic_models::{redaction, sample_origins};
use crate::parts::spec::Fields;
use crate::parts::{compositions, item, semantic_models};
use crate::read_context::ReadContext;
use crate::settings;
use crate::{reach, refs};

/// The models of one product, and the tables that they name.
pub struct Namespace {
    /// Under which it is composed into the product that is asked, `b.c` where that is two deep; `None` for that one itself.
    pub alias: Option<String>,
    pub models: Vec<Model>,
    pub revisions: Vec<ModelRevision>,
    pub relations: Vec<Relation>,
    /// Columns that only look personal, as somebody has said who held their rows.
    pub attestations: HashSet<Attestation>,
    pub may_ask_llm: bool,
}

impl Namespace {
    pub async fn of(
        cx: &ReadContext<'_>,
        view: &View,
        alias: Option<String>,
        state: ContentState,
    ) -> Result<Namespace, Failure> {
        let spec = &semantic_models::spec::SPEC;
        let items = item::of_product(spec, cx.reading, &view).await?;
        let relations = relations::of_view(cx, view, state).await?;
        let (mut models, mut revisions, mut attestations) = (Vec::new(), Vec::new(), HashSet::new());
        for item in &items {
            let Some(fields) = item.seen(state) else { continue };
            let Some(model) = model_of(cx, view, fields, (&relations, state)).await? else { continue };
            attestations.extend(attestation::of_fields(fields));
            let revision = item.live.as_ref().map_or(0, |record| record.revision.0);
            revisions.push(ModelRevision { id: item.id.to_string(), revision });
            // One that was drafted once more says nothing new, and would make each of its words mean two things.
            if !models.iter().any(|known| says_all_of(known, &model)) {
                models.push(model);
            }
        }
        Ok(Namespace { alias, models, revisions, relations, attestations, may_ask_llm: settings::may_ask_llm(view) })
    }

    /// What the ground has of a composed product, and of those that it is composed of.
    pub fn datasets<'a>(&'a self, ground: &'a Ground) -> impl Iterator<Item = DatasetId> + 'a {
        let space = self.alias.as_deref();
        let own = move |dataset: &DatasetId| {
            let below = ground.dataset(*dataset).names.name.strip_prefix(space?);
            below.map(|rest| rest.starts_with('.'))
        };
        (0..ground.datasets.len()).map(DatasetId).filter(move |dataset| own(dataset).unwrap_or(false))
    }
}

/// The model, but for samples that were read of other tables than those that its sources mean now.
async fn model_of(
    cx: &ReadContext<'_>,
    view: &View,
    fields: &Fields,
    (relations, state): (&[Relation], ContentState),
) -> Result<Option<Model>, Failure> {
    let Some(model) = semantic_models::document::model_of(fields) else { return Ok(None) };
    let origins = sample_origins::of_fields(fields);
    let known = match origins.keys().any(|source| Reference::is_meant(source)) {
        true => {
            let cx = ReadContext { product: SeenId::from(view), ..*cx };
            Some(semantic_models::columns::of(&cx, state, &[&model]).await?)
        }
        false => None,
    };
    let now = |source: &str| match &known {
        Some(known) if Reference::is_meant(source) => known.record(source),
        _ => relations::find(relations, source)?.record.as_ref().map(|record| record.id),
    };
    let moved = sample_origins::moved(&origins, now);
    let hidden: Map<String, Value> = moved.map(|source| (source.clone(), FILTERED.into())).collect();
    match hidden.is_empty() {
        true => Ok(Some(model)),
        false => Ok(semantic_models::document::model_of(&redaction::fields(fields, Some(&Value::Object(hidden))))),
    }
}

/// Whether one model says, under another name, all that the other does: drafted once more, it lacks the metrics whose names
/// the first has taken.
fn says_all_of(known: &Model, model: &Model) -> bool {
    let common = Common { name: known.common.name.clone(), ..model.common.clone() };
    common == known.common
        && model.datasets.iter().all(|dataset| known.datasets.contains(dataset))
        && model.relationships.iter().all(|relationship| known.relationships.contains(relationship))
        && model.metrics.iter().all(|metric| known.metrics.contains(metric))
}

/// What a product is composed of.
#[derive(Default)]
pub struct Composed {
    pub namespaces: Vec<Namespace>,
    /// Other aliases of products that several ways lead to, and those under which they are there.
    pub elsewhere: HashMap<String, String>,
}

/// The tables of all spaces.
pub struct Namespaces<'a, F> {
    pub known: F,
    pub elsewhere: &'a HashMap<String, String>,
}

impl<F: Fn(Option<&str>, &str) -> Option<TableKnown>> SourceTables for Namespaces<'_, F> {
    fn of(&self, namespace: Option<&str>, source: &str) -> Option<TableKnown> {
        (self.known)(namespace, source)
    }

    fn space<'a>(&'a self, namespace: &'a str) -> &'a str {
        self.elsewhere.get(namespace).map_or(namespace, String::as_str)
    }
}

/// The products that it is composed of, and those that these are composed of, as far as the caller may query them: what he
/// may not is as if it were not there. One that several ways lead to is there once, nearest to what is asked.
pub async fn composed(cx: &ReadContext<'_>, state: ContentState) -> Result<Composed, Failure> {
    let catalog = &cx.products.catalog;
    let reader = cx.reading.rows();
    let spec = &compositions::spec::SPEC;
    let mut composed = Composed::default();
    let mut whole: HashMap<RecordId, String> = HashMap::new();
    let mut level = vec![(cx.product, None::<String>, state)];
    for _ in 0..MAX_DEPTH {
        let mut next = Vec::new();
        for (product, above, state) in std::mem::take(&mut level) {
            let items = item::of_product(spec, cx.reading, product).await?;
            for fields in items.iter().filter_map(|item| item.seen(state)) {
                let (Some(source), Some(alias)) = (source_of(fields), fields.get("alias").and_then(Value::as_str))
                else {
                    continue;
                };
                let target = refs::product_id(catalog, source);
                let view = match cx.reading.get(&target, States::Alive, &reach::depth()).await {
                    Ok(view) => view,
                    Err(Problem::NotFound { .. }) => continue,
                    Err(other) => return Err(other.into()),
                };
                if reader.may_query(&view).await?.is_none() {
                    continue;
                }
                let include = fields.get("include").filter(|include| include.is_object());
                let namespace = above.as_ref().map_or_else(|| alias.to_owned(), |above| format!("{above}.{alias}"));
                if include.is_none() {
                    if let Some(first) = whole.get(&source) {
                        composed.elsewhere.insert(namespace, first.clone());
                        continue;
                    }
                    whole.insert(source, namespace.clone());
                }
                let cx = ReadContext { product: SeenId::from(&view), ..*cx };
                let mut space = Namespace::of(&cx, &view, Some(namespace.clone()), ContentState::Live).await?;
                space.relations.retain(|relation| graph::includes(include, &relation.name));
                for model in &mut space.models {
                    model.metrics.retain(|metric| graph::includes_metric(include, &metric.common.name));
                }
                composed.namespaces.push(space);
                next.push((cx.product, Some(namespace), ContentState::Live));
            }
        }
        level = next;
    }
    Ok(composed)
}
