//! The request for a first model out of what the catalogue knows of the product's tables.

use std::sync::Arc;

use emporion_products::failure::{Failure, Violation};
use emporion_products::fields::{self, Checked};
use emporion_products::ids;
use emporion_products::parts::semantic_models::generate::{self, Sketch};
use emporion_products::parts::semantic_models::part::SemanticModels;
use emporion_products::parts::semantic_models::shapes::{CHANGE, GENERATE};
use emporion_products::parts::semantic_models::spec::SPEC;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::idempotency_key::{Key, Makes};
use crate::parts::handlers;
use crate::parts::semantic_models::exchange;

/// `POST semantic-models/generate`.
pub async fn generate(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let body = call.optional_body()?;
    let key = Key::of(&call, &body, Some(Makes::part(&SPEC)))?;
    let Checked { body, warnings } = fields::check(&GENERATE, &[&CHANGE], body, call.is_strict())?;
    let sketch = sketch(&body)?;
    call.if_match()?;
    let request = call.of_product()?;
    let print = handlers::printed(&SemanticModels, &call, Some(String::new()), warnings, exchange::answer);
    key.answer(&call, print, |stored| generate::generate(&door.products, &request, sketch, stored)).await
}

fn sketch(body: &Map<String, Value>) -> Result<Sketch, Failure> {
    let all = Sketch::default();
    Ok(Sketch {
        name: body.get("name").and_then(Value::as_str).map(str::to_owned),
        assets: assets(body)?,
        sample_rows: body.get("sampleRows").and_then(Value::as_u64).unwrap_or(all.sample_rows),
    })
}

/// The assets that are meant, where not all are.
fn assets(body: &Map<String, Value>) -> Result<Option<Vec<Uuid>>, Failure> {
    let Some(given) = body.get("dataAssetIds").and_then(Value::as_array).filter(|ids| !ids.is_empty()) else {
        return Ok(None);
    };
    let (mut wanted, mut broken) = (Vec::new(), Vec::new());
    for (at, id) in given.iter().enumerate() {
        match id.as_str().and_then(ids::parse_uuid) {
            Some(id) => wanted.push(id),
            None => broken.push(Violation::new(format!("/dataAssetIds/{at}"), "format", "must be a UUID")),
        }
    }
    if broken.is_empty() { Ok(Some(wanted)) } else { Err(Failure::invalid(broken)) }
}
