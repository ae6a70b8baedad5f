//! One more word for something that a model of a product has.

use std::sync::Arc;

use emporion_catalog::name;
use emporion_products::failure::{Failure, Violation};
use emporion_products::fields::{self, Checked};
use emporion_products::message::Message;
use emporion_products::parts::change::Writing;
use emporion_products::parts::item;
use emporion_products::parts::semantic_models::body;
use emporion_products::parts::semantic_models::document::list;
use emporion_products::parts::semantic_models::part::SemanticModels;
use emporion_products::parts::semantic_models::spec::{DOCUMENT, SPEC};
use emporion_products::parts::spec::Fields;
use emporion_products::subject::EditableProduct;
use emporion_products::warning::Warning;
use emporion_products::{ids, text_check};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::idempotency_key::Key;
use crate::parts::handlers;
use crate::parts::semantic_models::exchange;
use crate::shapes::chat_feedback as shapes;
use crate::subject;

/// What is to be known by the word.
pub struct Request {
    pub term: Option<String>,
    target: String,
    kind: Option<String>,
    model: Option<Uuid>,
    body: Map<String, Value>,
    key: Key,
    warnings: Vec<Warning>,
}

impl Request {
    pub fn parse(call: &Call) -> Result<Request, Failure> {
        let body = call.body()?;
        let key = Key::of(call, &body, None)?;
        let check_body = |body: &Map<String, Value>, broken: &mut Vec<Violation>| {
            for member in ["term", "target"] {
                if let Some(objection) = body.get(member).and_then(Value::as_str).and_then(text_check::objection) {
                    broken.push(Violation::new(format!("/{member}"), "pattern", objection));
                }
            }
        };
        let Checked { body, warnings } = fields::check_all(&shapes::SYNONYM, &[], body, call.is_strict(), &check_body)?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(|text| text.trim().to_owned());
        Ok(Request {
            term: text("term"),
            target: text("target").unwrap_or_default(),
            kind: text("kind"),
            model: text("semanticModelId").and_then(|id| ids::parse_uuid(&id)),
            warnings,
            key,
            body,
        })
    }
}

/// A thing with a name in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NamedPart {
    kind: &'static str,
    /// From the model on.
    pointer: String,
    name: String,
}

/// Adds the word to the model, as a draft.
///
/// Errors: 422 for a target that no model has, or that several have.
pub async fn add(door: &Arc<Door>, call: &Call, request: Request, term: String) -> Result<Reply, Failure> {
    let Request { target, kind, model, body, key, warnings, .. } = request;
    let product = subject::editable(door, call).await?;
    // Taken while the change is prepared, and held until it is stored.
    let mut permit = None;
    let prepare = async {
        let (id, place) = find(door, call, product, model, kind, target).await?;
        let writing = writing(id, place, term, body, warnings);
        permit = Some(door.products.model_limit.permit(call.caller.principal.user).await?);
        Ok(Writing { condition: call.if_match()?, ..writing })
    };
    let reply = handlers::store(&SemanticModels, door, call, product, key, prepare, None).await;
    drop(permit);
    reply
}

/// The one thing of that name in the models that are live.
async fn find(
    door: &Door,
    call: &Call,
    product: EditableProduct,
    model: Option<Uuid>,
    kind: Option<String>,
    target: String,
) -> Result<(Uuid, NamedPart), Failure> {
    let reading = door.products.catalog.reading(&call.caller).await?;
    let items = item::of_product(&SPEC, &reading, product.seen()).await?;
    drop(reading);
    let mut found: Vec<(Uuid, NamedPart)> = Vec::new();
    // Models that are live: what a draft brings is not what was asked.
    for item in items.iter().filter(|item| item.live.is_some() && model.is_none_or(|wanted| wanted == item.id)) {
        let places = places(item.fields(), &target);
        let wanted = places.into_iter().filter(|place| kind.as_deref().is_none_or(|kind| kind == place.kind));
        found.extend(wanted.map(|place| (item.id, place)));
    }
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => {
            let message = Message::with("no deployed semantic model has \"{}\"", [target]);
            Err(Failure::invalid_field("/target", "exists", message))
        }
        several => {
            let kinds: Vec<&str> = several.iter().map(|(_, place)| place.kind).collect();
            let message = Message::with(
                "several things are called so ({}): say which with kind or semanticModelId",
                [kinds.join(", ")],
            );
            Err(Failure::invalid_field("/target", "unique", message))
        }
    }
}

/// Adds the word to what was found.
fn writing(id: Uuid, place: NamedPart, term: String, body: Map<String, Value>, warnings: Vec<Warning>) -> Writing {
    let (shown, word) = (place.clone(), term.clone());
    let content = move |before: Option<&Fields>| {
        let before = before.cloned().unwrap_or_default();
        let edited = body::edited(before, |document| {
            let pointer = format!("/semantic_model/0{}", place.pointer);
            if let Some(part) = document.pointer_mut(&pointer).and_then(Value::as_object_mut) {
                known_as(part, &term);
            }
        });
        edited.map(exchange::content)
    };
    let answer = move |answered: &item::Shown<'_>| {
        let part = answered.fields().get(DOCUMENT);
        let part = part.and_then(|document| document.pointer(&format!("/semantic_model/0{}", shown.pointer)));
        let synonyms = part.and_then(|part| part.pointer("/ai_context/synonyms")).cloned().unwrap_or_else(|| json!([]));
        json!({
            "semanticModelId": answered.item.id.to_string(),
            "term": word,
            "kind": shown.kind,
            "target": shown.name,
            "synonyms": synonyms,
            "isDeployed": answered.is_deployed(),
        })
    };
    Writing {
        target: Some(id),
        body,
        warnings,
        is_live: false,
        content: Box::new(content),
        annotation: None,
        answer: Arc::new(answer),
        condition: None,
    }
}

/// Where a document has something of that name.
fn places(fields: &Fields, wanted: &str) -> Vec<NamedPart> {
    let wanted = name::fold(wanted);
    let mut found = Vec::new();
    let mut take = |kind, pointer: String, own: String| {
        if name::fold(&own) == wanted {
            found.push(NamedPart { kind, pointer, name: own });
        }
    };
    let own = |part: &Value| part["name"].as_str().unwrap_or_default().to_owned();
    for (at, metric) in list(fields, "metrics").iter().enumerate() {
        take("metric", format!("/metrics/{at}"), own(metric));
    }
    for (at, dataset) in list(fields, "datasets").iter().enumerate() {
        let table = own(dataset);
        for (n, field) in dataset["fields"].as_array().into_iter().flatten().enumerate() {
            take("field", format!("/datasets/{at}/fields/{n}"), format!("{table}.{}", own(field)));
        }
        take("table", format!("/datasets/{at}"), table);
    }
    found
}

/// Adds the word to what the part is called already.
fn known_as(part: &mut Map<String, Value>, term: &str) {
    let context = part.entry("ai_context").or_insert_with(|| json!({}));
    // A text alone is what is to be known of it.
    if let Some(text) = context.as_str() {
        *context = json!({ "instructions": text });
    }
    let Some(context) = context.as_object_mut() else { return };
    let synonyms = context.entry("synonyms").or_insert_with(|| json!([]));
    let Some(synonyms) = synonyms.as_array_mut() else { return };
    let folded = name::fold(term);
    if synonyms.iter().all(|known| known.as_str().map(name::fold).as_deref() != Some(folded.as_str())) {
        synonyms.push(term.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use emporion_products::parts::semantic_models::spec::DOCUMENT;

    #[test]
    fn things_are_found_by_their_names() {
        let document = json!({"semantic_model": [{
            "name": "m",
            "datasets": [{"name": "orders", "fields": [{"name": "status"}]}, {"name": "customers"}],
            "metrics": [{"name": "orders"}, {"name": "net_sales"}],
        }]});
        let fields = Fields::from_iter([(DOCUMENT.to_owned(), document)]);
        let found = |wanted: &str| -> Vec<(&str, String)> {
            places(&fields, wanted).into_iter().map(|place| (place.kind, place.pointer)).collect()
        };
        assert_eq!(found("Net_Sales"), [("metric", "/metrics/1".to_owned())]);
        assert_eq!(found("orders.status"), [("field", "/datasets/0/fields/0".to_owned())]);
        assert_eq!(found("orders"), [("metric", "/metrics/0".to_owned()), ("table", "/datasets/0".to_owned())]);
        assert!(found("status").is_empty());
    }

    #[test]
    fn a_word_is_added_once_beside_what_was_said() {
        let added = |part: Value| {
            let mut part = part.as_object().expect("an object").clone();
            known_as(&mut part, "Turnover");
            known_as(&mut part, "turnover");
            part["ai_context"].clone()
        };
        assert_eq!(added(json!({})), json!({"synonyms": ["Turnover"]}));
        let told = added(json!({"ai_context": "net of returns"}));
        assert_eq!(told, json!({"instructions": "net of returns", "synonyms": ["Turnover"]}));
        let known = added(json!({"ai_context": {"synonyms": ["TURNOVER", "sales"]}}));
        assert_eq!(known, json!({"synonyms": ["TURNOVER", "sales"]}));
    }
}
