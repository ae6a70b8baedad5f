//! Whole models: stored, checked, read in any format, changed.

use std::sync::Arc;

use emporion_edge::etag::IfMatch;
use emporion_products::failure::Failure;
use emporion_products::fields::Checked;
use emporion_products::parts::item::SeenItem;
use emporion_products::parts::members;
use emporion_products::parts::semantic_models::document::model_of;
use emporion_products::parts::semantic_models::part::SemanticModels;
use emporion_products::parts::semantic_models::spec::SPEC;
use emporion_products::parts::semantic_models::write as models;
use emporion_products::parts::semantic_models::{read, redaction};
use emporion_products::parts::spec::Fields;
use emporion_semantic::model::{self, Format};
use serde_json::{Value, json};

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::idempotency_key::{Key, Makes};
use crate::parts::handlers;

const YAML: &str = "application/yaml";
const JSON: &str = "application/json";

/// `data` of an answer that shows a model.
pub fn answer(shown: &SeenItem) -> Value {
    json!({SPEC.one: members::print(&SemanticModels, shown)})
}

/// `POST` on the collection.
pub async fn create(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let body = call.body()?;
    let key = Key::of(&call, &body, Some(Makes::part(&SPEC)))?;
    let Checked { body, warnings } = models::checked_model(body, call.is_strict())?;
    call.if_match()?;
    let request = call.of_product()?;
    let print = handlers::printed(&SemanticModels, &call, Some(String::new()), warnings, answer);
    key.answer(&call, print, |stored| models::create(&door.products, &request, body, stored)).await
}

/// `POST semantic-models/validate`.
pub async fn validate(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let Checked { body, warnings } = models::checked_model(call.body()?, call.is_strict())?;
    let judgement = models::validate(&door.products, &call.of_product()?, body).await?;
    Ok(Reply::ok(json!({"validation": judgement.print()})).warn(warnings))
}

/// `GET` of one: in the envelope, or, where a format or YAML is asked for, the document alone.
pub async fn get(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let id = handlers::id_of(&SPEC, &call)?;
    let model = read::find(&door.products, &call.of_product()?, id).await?;
    let fields = redaction::fields(model.fields(), model.annotation.as_ref());
    let reply = match document(&fields, call.text("format"), call.request.header("accept")) {
        Some((media_type, text)) => Reply::document(media_type, text),
        None => Reply::ok(answer(&model)),
    };
    Ok(reply.tag(&model.item.tag()))
}

/// The document in the format and the syntax that are asked for; `None` where neither is.
fn document(fields: &Fields, format: Option<&str>, accept: Option<&str>) -> Option<(&'static str, String)> {
    let accepts = |wanted: &[&str]| {
        let named = accept.unwrap_or_default().split(',');
        named.filter_map(|range| range.split(';').next()).any(|range| wanted.contains(&range.trim()))
    };
    let wants_yaml = accepts(&[YAML, "application/x-yaml", "text/yaml"]);
    if format.is_none() && !wants_yaml {
        return None;
    }
    let model = model_of(fields)?;
    let document = model::export(&model, format.and_then(Format::named).unwrap_or(Format::Osi));
    let is_json = !wants_yaml && (format == Some("json") || accepts(&[JSON]));
    if is_json {
        return Some((JSON, document.to_string()));
    }
    Some((YAML, model::to_yaml(&document)))
}

/// `PATCH` of one.
pub async fn change(door: Arc<Door>, call: Call, condition: Option<IfMatch>) -> Result<Reply, Failure> {
    let Checked { body, warnings } = models::checked_change(call.body()?, call.is_strict())?;
    if body.get("remove").and_then(Value::as_bool) == Some(true) {
        return Ok(handlers::delete(&SemanticModels, door, call, condition).await?.warn(warnings));
    }
    let id = handlers::id_of(&SPEC, &call)?;
    let stored = models::change(&door.products, &call.of_product()?, id, body, condition).await?;
    Ok(handlers::printed(&SemanticModels, &call, None, warnings, answer)(&stored))
}
