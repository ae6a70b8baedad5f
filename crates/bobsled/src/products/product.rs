//! Products on the wire, and what is read besides the record to print them.

use std::collections::HashMap;

use emporion_catalog::alias::EXTERNAL_PRODUCT;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::relation;
use emporion_edge::timestamp;
use emporion_products::failure::Failure;
use emporion_products::parts::compositions::graph::source_of;
use emporion_products::parts::compositions::spec::{COMPOSITE, SPEC};
use emporion_products::parts::item;
use emporion_products::settings::{SKILLS_DEFAULT, WEB_SEARCH_DEFAULT, may_ask_llm};
use serde_json::{Map, Value, json};

/// What printing needs of a product's edges.
pub fn depth() -> Depth {
    Depth::of(&[relation::SERVED_BY], false)
}

/// What a product's answer holds besides its record.
#[derive(Debug, Clone, Default)]
pub struct Details {
    pub external_id: String,
    pub data_source: Option<RecordId>,
    pub has_drafts: bool,
    /// The products that it is composed of, where it is composite.
    pub composite_of: Vec<RecordId>,
}

/// Reads the details of many products at once.
pub async fn details(reading: &Reading<'_>, views: &[View]) -> Result<HashMap<RecordId, Details>, Failure> {
    let ids: Vec<RecordId> = views.iter().map(View::id).collect();
    let mut external: HashMap<RecordId, String> =
        reading.aliases(EXTERNAL_PRODUCT.name, &ids).await?.into_iter().collect();
    let services = reading.sources_of(views).await?;
    let drafted = reading.with_parts(views, reading.catalog().kind("draft")).await?;
    let mut composed = composed(reading, views).await?;
    Ok(ids
        .into_iter()
        .map(|id| {
            let details = Details {
                external_id: external.remove(&id).unwrap_or_default(),
                data_source: services.get(&id).copied(),
                has_drafts: drafted.contains(&id),
                composite_of: composed.remove(&id).unwrap_or_default(),
            };
            (id, details)
        })
        .collect())
}

/// What the composite ones among the products are composed of.
async fn composed(reading: &Reading<'_>, views: &[View]) -> Result<HashMap<RecordId, Vec<RecordId>>, Failure> {
    let mut composed = HashMap::new();
    for view in views.iter().filter(|view| is_composite(view)) {
        let items = item::of_product(&SPEC, reading, view).await?;
        let staying = items.iter().filter(|item| !item.is_pending_delete());
        composed.insert(view.id(), staying.filter_map(|item| source_of(item.fields())).collect());
    }
    Ok(composed)
}

fn is_composite(view: &View) -> bool {
    view.field(COMPOSITE).and_then(Value::as_bool).unwrap_or(false)
}

/// The same for one.
pub async fn details_of(reading: &Reading<'_>, view: &View) -> Result<Details, Failure> {
    let mut details = details(reading, std::slice::from_ref(view)).await?;
    Ok(details.remove(&view.id()).unwrap_or_default())
}

/// The object of a product, in canonical names.
pub fn print(view: &View, details: &Details) -> Map<String, Value> {
    let record = &view.record;
    let flag = |name: &str, default: bool| view.field(name).and_then(Value::as_bool).unwrap_or(default);
    let deployed_ms = view.field("deployed_at").and_then(Value::as_i64);
    let is_composite = is_composite(view);
    let mut printed = json!({
        "id": record.id.to_string(),
        "accountId": record.account.to_string(),
        "name": record.name,
        "description": view.text("description"),
        "dataSourceId": details.data_source.map(|id| id.to_string()),
        "externalDataProductId": details.external_id,
        "dataProductType": if is_composite { "composite" } else { "standard" },
        "webSearchEnabled": flag("web_search_enabled", WEB_SEARCH_DEFAULT),
        "skillsEnabled": flag("skills_enabled", SKILLS_DEFAULT),
        "llmEnabled": may_ask_llm(view),
        "domainId": record.parent.map(|id| id.to_string()),
        "hasDrafts": details.has_drafts,
        "deployedAt": deployed_ms.map(timestamp::print),
        "deployedBy": view.text("deployed_by"),
        "createdAt": timestamp::print(record.created.at.0),
        "createdBy": record.created.by.id.to_string(),
        "updatedAt": timestamp::print(record.updated.at.0.max(deployed_ms.unwrap_or(i64::MIN))),
        "version": record.revision.0,
    });
    if is_composite {
        let sources: Vec<String> = details.composite_of.iter().map(RecordId::to_string).collect();
        printed["compositeOf"] = sources.into();
    }
    match printed {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// The revision as an entity tag has it.
pub fn version(view: &View) -> i64 {
    i64::try_from(view.record.revision.0).unwrap_or(i64::MAX)
}
