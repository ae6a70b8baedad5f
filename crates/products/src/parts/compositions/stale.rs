//! Whether a composition still stands: its source is there, and has what the composition takes over by name.
//!
//! Nothing is kept of how a source looked when it was composed. What a composition names says what it needs, so it is
//! held against what the source has live now, whenever somebody looks.

use emporion_catalog::load::Depth;
use emporion_catalog::reading::SeenId;
use emporion_catalog::record::View;
use emporion_semantic::model::Model;
use serde_json::Value;

use super::graph::{self, is_gone, seen, source_of};
use super::spec::SPEC;
use crate::assets::relations;
use crate::content_state::ContentState;
use crate::failure::Failure;
use crate::message::Message;
use crate::parts::spec::Fields;
use crate::parts::{item, semantic_models};
use crate::read_context::ReadContext;
use crate::warning::Warning;

const STALE_COMPOSITION: &str = "STALE_COMPOSITION";

/// Why a composition is stale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stale {
    /// The source is gone.
    Gone,
    /// The source lacks these.
    Lacks(Vec<String>),
}

/// `source` is the product that the composition takes over, if the caller sees it: who does not cannot tell what it
/// has.
///
/// Cost: one look at the record of a source that is not seen. For one that is: nothing where the composition takes all
/// over; else the source's tables, and its models where these are not enough.
pub async fn of(cx: &ReadContext<'_>, composition: &Fields, source: Option<&View>) -> Result<Option<Stale>, Failure> {
    let Some(source) = source else {
        let is_gone = match source_of(composition) {
            Some(id) => is_gone(cx.reading, id).await?,
            None => true,
        };
        return Ok(is_gone.then_some(Stale::Gone));
    };
    let (datasets, metrics) = (named(composition, "datasets"), named(composition, "metrics"));
    if datasets.is_empty() && metrics.is_empty() {
        return Ok(None);
    }
    let cx = ReadContext { product: SeenId::from(source), ..*cx };
    let tables = relations::of_product(&cx, ContentState::Live).await?;
    let is_table = |name: &str| tables.iter().any(|table| graph::is_named(name, &table.name));
    let mut datasets: Vec<&str> = datasets.into_iter().filter(|name| !is_table(name)).collect();
    let mut metrics = metrics;
    if !datasets.is_empty() || !metrics.is_empty() {
        let models = models(&cx).await?;
        // What was never live has lost nothing.
        if tables.is_empty() && models.is_empty() && source.field("deployed_at").is_none() {
            return Ok(None);
        }
        let has = |name: &str| {
            models.iter().flat_map(|model| &model.datasets).any(|own| graph::is_named(name, &own.common.name))
        };
        datasets.retain(|name| !has(name));
        let has = |name: &str| {
            models.iter().flat_map(|model| &model.metrics).any(|own| own.common.name.eq_ignore_ascii_case(name))
        };
        metrics.retain(|name| !has(name));
    }
    let lacks: Vec<String> = datasets.into_iter().chain(metrics).map(str::to_owned).collect();
    Ok((!lacks.is_empty()).then_some(Stale::Lacks(lacks)))
}

/// A warning for each composition of a product that is stale, as one sees them who looks that way.
pub async fn warnings(cx: &ReadContext<'_>, product: &View, state: ContentState) -> Result<Vec<Warning>, Failure> {
    if !graph::is_composite(product) {
        return Ok(Vec::new());
    }
    let items = item::of_product(&SPEC, cx.reading, cx.product).await?;
    let mut warnings = Vec::new();
    for composition in items.iter().filter_map(|item| item.seen(state)) {
        warnings.extend(warning(cx, composition).await?);
    }
    Ok(warnings)
}

/// The warning of one composition, if it is stale.
pub async fn warning(cx: &ReadContext<'_>, composition: &Fields) -> Result<Option<Warning>, Failure> {
    let source = match source_of(composition) {
        Some(source) => seen(cx, source, &Depth::bare()).await?,
        None => None,
    };
    let alias = composition.get("alias").and_then(Value::as_str).unwrap_or_default();
    let message = match of(cx, composition, source.as_ref()).await? {
        None => return Ok(None),
        Some(Stale::Gone) => Message::with("the {product} composed as \"{}\" is gone", [alias]),
        Some(Stale::Lacks(names)) => {
            let names = names.join(", ");
            Message::with("the {product} composed as \"{}\" does not have {}", [alias, names.as_str()])
        }
    };
    Ok(Some(Warning::new(STALE_COMPOSITION, message, None)))
}

async fn models(cx: &ReadContext<'_>) -> Result<Vec<Model>, Failure> {
    let spec = &semantic_models::spec::SPEC;
    let items = item::of_product(spec, cx.reading, cx.product).await?;
    let live = items.iter().filter(|item| item.live.is_some());
    Ok(live.filter_map(|item| semantic_models::document::model_of(item.live_fields())).collect())
}

/// What a composition names one by one; nothing where it takes all over.
fn named<'a>(composition: &'a Fields, list: &str) -> Vec<&'a str> {
    let given = composition.get("include").and_then(|include| include.get(list)?.as_array());
    let names: Vec<&str> = given.into_iter().flatten().filter_map(Value::as_str).collect();
    if names.contains(&"*") { Vec::new() } else { names }
}
