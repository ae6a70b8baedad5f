//! The relations of a product's live models, as the product bears them for row filters that are followed: with the commit that
//! makes a model live, the roles take them along.

use emporion_catalog::record::View;
use emporion_catalog::relation::MODEL_LINKS;
use emporion_catalog::rows::cross_product_links::{BEYOND, CrossProductLink};
use emporion_catalog::rows::role_terms::{NOW, PAST, links_value};
use emporion_semantic::model::{Dataset, Model, Reference};
use serde_json::{Value, json};

use super::columns;
use super::document::model_of;
use super::spec::SPEC;
use crate::assets::contents;
use crate::assets::relations::{self, Relation};
use crate::content_state::ContentState;
use crate::failure::{Code, Failure};
use crate::parts::compositions::graph::is_composite;
use crate::parts::item::{self, Item};
use crate::parts::part::LiveChange;
use crate::parts::spec::Fields;
use crate::reach::{self, Reach, Rows, following};
use crate::read_context::ReadContext;

/// What the product bears then. Nothing where no model ever named a relation.
pub async fn settings(cx: &ReadContext<'_>, change: LiveChange<'_>) -> Result<Fields, Failure> {
    match change {
        LiveChange::Deployed { view, items, moves_tables } => {
            let after = items.iter().filter_map(|item| item.seen(ContentState::Drafted));
            between(cx, view, items, models(after), moves_tables).await
        }
        LiveChange::Written(id, fields) => {
            let view = contents::load(cx.reading, cx.product_id()).await?;
            let items = item::of_product(&SPEC, cx.reading, cx.product).await?;
            let stay = items.iter().filter(|item| item.id != id).filter_map(|item| item.seen(ContentState::Live));
            between(cx, &view, &items, models(stay.chain([fields])), false).await
        }
    }
}

fn models<'f>(contents: impl Iterator<Item = &'f Fields>) -> Vec<Model> {
    contents.filter_map(model_of).collect()
}

/// From the models that are live before to those that are then.
async fn between(
    cx: &ReadContext<'_>,
    view: &View,
    items: &[Item],
    after: Vec<Model>,
    moves_tables: bool,
) -> Result<Fields, Failure> {
    let before = models(items.iter().filter_map(|item| item.seen(ContentState::Live)));
    let is_any = before.iter().chain(&after).any(|model| !model.relationships.is_empty());
    if !is_any && view.field(MODEL_LINKS).is_none() {
        return Ok(Fields::new());
    }
    let mut tables = relations::of_view(cx, view, ContentState::Live).await?;
    let past = drawn(&tables, &before);
    if moves_tables {
        tables = relations::of_view(cx, view, ContentState::Drafted).await?;
    }
    // What only a draft names is no table yet.
    tables.retain(|table| table.record.is_some());
    let state = if moves_tables { ContentState::Drafted } else { ContentState::Live };
    let is_composed = is_composite(view) || !CrossProductLink::of(&view.record).is_empty();
    let (before, after_links) = match is_composed || before.iter().chain(&after).any(names_beyond) {
        true => (all_tables(cx, ContentState::Live, &before).await?, all_tables(cx, state, &after).await?),
        false => Default::default(),
    };
    let kept = kept(cx, view, before, after_links).await?;
    let mut links = json!({NOW: drawn(&tables, &after), PAST: past});
    if !kept.is_empty() {
        links[BEYOND] = kept.iter().map(CrossProductLink::print).collect();
    }
    Ok(Fields::from_iter([(MODEL_LINKS.to_owned(), links)]))
}

fn names_beyond(model: &Model) -> bool {
    model.datasets.iter().any(|dataset| Reference::is_meant(&dataset.source))
}

/// How the models of a product that is composed of others relate tables, those of the others among them: filters that stand there
/// are followed from table to table, so that one of its own relations may lead on to another one's.
async fn all_tables(
    cx: &ReadContext<'_>,
    state: ContentState,
    models: &[Model],
) -> Result<Vec<CrossProductLink>, Failure> {
    if models.iter().all(|model| model.relationships.is_empty()) {
        return Ok(Vec::new());
    }
    let models: Vec<&Model> = models.iter().collect();
    let known = columns::of(cx, state, &models).await?;
    let mut tables: Vec<Relation> = Vec::new();
    for dataset in models.iter().flat_map(|model| &model.datasets) {
        let table = known.table(&dataset.source).filter(|table| table.record.is_some());
        tables.extend(table.filter(|table| !tables.iter().any(|other| other.asset == table.asset)).cloned());
    }
    let place = |dataset: &Dataset| {
        let asset = known.table(&dataset.source)?.asset;
        tables.iter().position(|table| table.asset == asset)
    };
    let mut found = Vec::new();
    for model in &models {
        following::add_references(&tables, model, &place, &mut found);
    }
    let id = |at: usize| Some(tables.get(at)?.record.as_ref()?.id);
    // Of rows that nobody lent to it, a product says nothing.
    let is_lent = |at: usize| tables.get(at).is_some_and(|table| table.is_lent);
    let links = found.into_iter().filter(|one| is_lent(one.from)).filter_map(|one| {
        let (from, to) = (id(one.from)?, id(one.to)?);
        Some(CrossProductLink { from, to, columns: one.columns, to_columns: one.to_columns })
    });
    Ok(links.collect())
}

/// What stays of relations to other products' tables: a change takes those off that go with it, if whoever makes it reads all
/// rows, and no others.
async fn kept(
    cx: &ReadContext<'_>,
    view: &View,
    before: Vec<CrossProductLink>,
    after: Vec<CrossProductLink>,
) -> Result<Vec<CrossProductLink>, Failure> {
    let mut all = CrossProductLink::of(&view.record);
    let going: Vec<&CrossProductLink> = before.iter().filter(|link| !after.contains(link)).collect();
    if !going.is_empty() && reads_all(cx, view, &going).await? {
        all.retain(|link| !going.contains(&link));
    } else {
        all.extend(before.into_iter().filter(|link| !all.contains(link)).collect::<Vec<_>>());
    }
    all.extend(after.into_iter().filter(|link| !all.contains(link)).collect::<Vec<_>>());
    Ok(all)
}

/// Whether he reads all rows of the product, and of what the relations lead to.
async fn reads_all(cx: &ReadContext<'_>, view: &View, links: &[&CrossProductLink]) -> Result<bool, Failure> {
    if cx.reading.caller().principal.is_admin {
        return Ok(true);
    }
    // What refuses him the product keeps him from rows.
    let reached = match reach::of_product(cx, view, ContentState::Live, Rows::Own).await {
        Ok(reached) => reached,
        Err(refused) if refused.code == Code::FORBIDDEN => return Ok(false),
        Err(failure) => return Err(failure),
    };
    let is_whole = |reach: &Reach| reach.filter.is_none() && reach.links.is_empty() && reach.masked.is_empty();
    let tables: Vec<&Reach> = reached.groups.iter().flat_map(|group| &group.tables).collect();
    let is_read = |link: &&CrossProductLink| {
        tables.iter().any(|reach| reach.relation.record.as_ref().is_some_and(|record| record.id == link.to))
    };
    let are_whole = !reached.is_filtered && reached.closed.is_empty() && tables.iter().all(|reach| is_whole(reach));
    Ok(are_whole && links.iter().all(is_read))
}

fn drawn(tables: &[Relation], models: &[Model]) -> Value {
    links_value(&following::drawn(tables, models))
}
