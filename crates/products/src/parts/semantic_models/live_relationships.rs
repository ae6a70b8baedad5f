//! The relations of a product's live models, as the product bears them for row filters that are followed: with the commit that
//! makes a model live, the roles take them along.

use emporion_catalog::record::View;
use emporion_catalog::relation::MODEL_LINKS;
use emporion_catalog::rows::role_terms::links_value;
use emporion_catalog::rules::lasting_filters::{NOW, PAST};
use emporion_semantic::model::Model;
use serde_json::{Value, json};

use super::document::model_of;
use super::spec::SPEC;
use crate::assets::contents;
use crate::assets::relations::{self, Relation};
use crate::content_state::ContentState;
use crate::failure::Failure;
use crate::parts::item::{self, Item};
use crate::parts::part::LiveChange;
use crate::parts::spec::Fields;
use crate::reach::following;
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
    let links = json!({NOW: drawn(&tables, &after), PAST: past});
    Ok(Fields::from_iter([(MODEL_LINKS.to_owned(), links)]))
}

fn drawn(tables: &[Relation], models: &[Model]) -> Value {
    links_value(&following::drawn(tables, models))
}
