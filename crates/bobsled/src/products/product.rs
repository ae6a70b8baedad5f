//! Products on the wire.

use emporion_catalog::id::RecordId;
use emporion_catalog::record::View;
use emporion_edge::timestamp;
use emporion_products::details::Details;
use emporion_products::parts::compositions::graph::is_composite;
use emporion_products::read;
use emporion_products::settings::{SKILLS_DEFAULT, WEB_SEARCH_DEFAULT, may_ask_llm};
use serde_json::{Map, Value, json};

/// The object of a product, in canonical names.
pub fn print(view: &View, details: &Details) -> Map<String, Value> {
    let record = &view.record;
    let flag = |name: &str, default: bool| view.field(name).and_then(Value::as_bool).unwrap_or(default);
    let mut printed = json!({
        "id": record.id.to_string(),
        "accountId": record.account.to_string(),
        "name": record.name,
        "description": view.text("description"),
        "dataSourceId": details.data_source.map(|id| id.to_string()),
        "externalDataProductId": details.external_id,
        "dataProductType": read::product_type(view),
        "webSearchEnabled": flag("web_search_enabled", WEB_SEARCH_DEFAULT),
        "skillsEnabled": flag("skills_enabled", SKILLS_DEFAULT),
        "llmEnabled": may_ask_llm(view),
        "domainId": record.parent.map(|id| id.to_string()),
        "hasDrafts": details.has_drafts,
        "deployedAt": read::deployed_ms(view).map(timestamp::print),
        "deployedBy": view.text("deployed_by"),
        "createdAt": timestamp::print(record.created.at.0),
        "createdBy": record.created.by.id.to_string(),
        "updatedAt": timestamp::print(read::updated_ms(view)),
        "version": record.revision.0,
    });
    if is_composite(view) {
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
