//! The request for one more word for something that a model of a product has.

use std::sync::Arc;

use emporion_edge::etag::IfMatch;
use emporion_products::failure::Failure;
use emporion_products::fields::Checked;
use emporion_products::parts::item::SeenItem;
use emporion_products::parts::semantic_models::part::SemanticModels;
use emporion_products::parts::semantic_models::synonym::{self, Synonym};
use emporion_products::warning::Warning;
use serde_json::{Value, json};

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::idempotency_key::Key;
use crate::parts::handlers;

/// What is to be known by the word.
pub struct Request {
    pub term: Option<String>,
    target: String,
    kind: Option<String>,
    model: Option<String>,
    key: Key,
    warnings: Vec<Warning>,
}

impl Request {
    pub fn parse(call: &Call) -> Result<Request, Failure> {
        let body = call.body()?;
        let key = Key::of(call, &body, None)?;
        let Checked { body, warnings } = synonym::checked(body, call.is_strict())?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(|text| text.trim().to_owned());
        Ok(Request {
            term: text("term"),
            target: text("target").unwrap_or_default(),
            kind: text("kind"),
            model: text("semanticModelId"),
            warnings,
            key,
        })
    }
}

/// Adds the word to the model, as a draft.
pub async fn add(
    door: &Arc<Door>,
    call: &Call,
    request: Request,
    term: String,
    condition: Option<IfMatch>,
) -> Result<Reply, Failure> {
    let Request { target, kind, model, key, warnings, .. } = request;
    let synonym = Synonym { term, target, kind, model };
    let (request, wanted) = (call.of_product()?, synonym.clone());
    let print = handlers::printed(&SemanticModels, call, None, warnings, move |shown| answer(shown, &wanted));
    let add = |stored| synonym::add(&door.products, &request, synonym, condition, stored);
    key.answer(call, print, add).await
}

fn answer(shown: &SeenItem, wanted: &Synonym) -> Value {
    let place = wanted.meant(shown.fields()).next();
    json!({
        "semanticModelId": shown.item.id.to_string(),
        "term": wanted.term,
        "kind": place.as_ref().map(|place| place.kind),
        "target": place.as_ref().map(|place| &place.name),
        "synonyms": place.as_ref().map_or_else(|| json!([]), |place| place.synonyms(shown.fields())),
        "isDeployed": shown.is_deployed(),
    })
}
