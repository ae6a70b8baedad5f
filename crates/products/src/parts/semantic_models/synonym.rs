//! One more word for something that a model of a product has.

use emporion_catalog::name;
use emporion_catalog::reading::SeenId;
use emporion_edge::etag::IfMatch;
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::body;
use super::part::SemanticModels;
use super::shapes::SYNONYM;
use super::spec::{DOCUMENT, SPEC};
use super::write;
use crate::failure::{Failure, Violation};
use crate::fields::{self, Checked};
use crate::idempotency::{Idempotent, StoredAnswer};
use crate::message::Message;
use crate::parts::change::{self, Compose, Stored, Writing};
use crate::parts::item;
use crate::parts::spec::Fields;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::{ids, text_check};

/// A word, and what is to be known by it. It prints as the body of a request.
#[derive(Debug, Clone, Serialize)]
pub struct Synonym {
    pub term: String,
    /// A metric, a table, or a field as `table.field`.
    pub target: String,
    /// `metric`, `table` or `field`, where only such a thing is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The id of the model that has it, where only that one is meant.
    #[serde(rename = "semanticModelId", skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// Checks the body of a request.
///
/// Errors: 400 and 422.
pub fn checked(body: Value, strict: bool) -> Result<Checked, Failure> {
    let check_body = |body: &Map<String, Value>, broken: &mut Vec<Violation>| {
        for member in ["term", "target"] {
            if let Some(objection) = body.get(member).and_then(Value::as_str).and_then(text_check::objection) {
                broken.push(Violation::new(format!("/{member}"), "pattern", objection));
            }
        }
    };
    fields::check_all(&SYNONYM, &[], body, strict, &check_body)
}

/// A thing with a name in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPart {
    pub kind: &'static str,
    /// From the model on.
    pointer: String,
    pub name: String,
}

impl NamedPart {
    /// Everything in a document that has a name, fields as `table.field`.
    pub fn all(document: &Value) -> Vec<NamedPart> {
        fn list<'a>(of: &'a Value, name: &str) -> &'a [Value] {
            of[name].as_array().map_or(&[], Vec::as_slice)
        }
        let model = &document["semantic_model"][0];
        let own = |part: &Value| part["name"].as_str().unwrap_or_default().to_owned();
        let mut found = Vec::new();
        let mut take = |kind, pointer, name| found.push(NamedPart { kind, pointer, name });
        for (at, metric) in list(model, "metrics").iter().enumerate() {
            take("metric", format!("/metrics/{at}"), own(metric));
        }
        for (at, dataset) in list(model, "datasets").iter().enumerate() {
            let table = own(dataset);
            for (n, field) in list(dataset, "fields").iter().enumerate() {
                take("field", format!("/datasets/{at}/fields/{n}"), format!("{table}.{}", own(field)));
            }
            take("table", format!("/datasets/{at}"), table);
        }
        found
    }

    /// All words that it is known by in a document.
    pub fn synonyms(&self, fields: &Fields) -> Value {
        fields.get(DOCUMENT).map_or_else(|| json!([]), |document| self.synonyms_in(document))
    }

    /// The same of a document itself.
    pub fn synonyms_in(&self, document: &Value) -> Value {
        let part = document.pointer(&self.in_document());
        part.and_then(|part| part.pointer("/ai_context/synonyms")).cloned().unwrap_or_else(|| json!([]))
    }

    fn in_document(&self) -> String {
        format!("/semantic_model/0{}", self.pointer)
    }
}

impl Synonym {
    /// Errors: as for [`checked`].
    pub fn check(&self) -> Result<(), Failure> {
        let body = serde_json::to_value(self).map_err(|_| Failure::internal())?;
        checked(body, false).map(drop)
    }

    /// What may be meant in a document.
    pub fn meant(&self, fields: &Fields) -> impl Iterator<Item = NamedPart> {
        let wanted = name::fold(&self.target);
        let is_kind = |part: &NamedPart| self.kind.as_deref().is_none_or(|kind| kind == part.kind);
        let all = NamedPart::all(fields.get(DOCUMENT).unwrap_or(&Value::Null));
        all.into_iter().filter(move |part| name::fold(&part.name) == wanted && is_kind(part))
    }
}

/// Adds the word to the model that is meant, as a draft.
///
/// Errors: 403, 404, 412 where the condition does not hold; 422 for a target that no model has, or that several have; 429
/// while many others read models.
pub async fn add(
    products: &Products,
    request: &ProductRequest,
    synonym: Synonym,
    condition: Option<IfMatch>,
    stored: Option<StoredAnswer<Stored>>,
) -> Result<Idempotent<Stored>, Failure> {
    // Taken while the change is prepared, and held until it is stored.
    let mut permit = None;
    let held = &mut permit;
    let prepare = |product| async move {
        let (id, place) = find(products, request, product, &synonym).await?;
        *held = Some(products.model_limit.permit(request.caller.principal.user).await?);
        let content: Compose = Box::new(move |before| {
            let edited = body::edited(before.cloned().unwrap_or_default(), |document| {
                if let Some(part) = document.pointer_mut(&place.in_document()).and_then(Value::as_object_mut) {
                    known_as(part, &synonym.term);
                }
            });
            edited.map(write::content)
        });
        Ok(Writing { condition, ..Writing::of(Some(id), content) })
    };
    let done = change::write(&SemanticModels, products, request, prepare, stored).await;
    drop(permit);
    done
}

/// The one thing of that name in the models that are live.
async fn find(
    products: &Products,
    request: &ProductRequest,
    product: SeenId,
    synonym: &Synonym,
) -> Result<(Uuid, NamedPart), Failure> {
    let reading = products.catalog.reading(&request.caller).await?;
    let items = item::of_product(&SPEC, &reading, product).await?;
    drop(reading);
    let mut found: Vec<(Uuid, NamedPart)> = Vec::new();
    // Models that are live: what a draft brings is not what was asked.
    let model = synonym.model.as_deref().and_then(ids::parse_uuid);
    let is_meant = |id: Uuid| model.is_none_or(|wanted| wanted == id);
    for item in items.iter().filter(|item| item.live.is_some() && is_meant(item.id)) {
        found.extend(synonym.meant(item.fields()).map(|place| (item.id, place)));
    }
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => {
            let message = Message::with("no deployed semantic model has \"{}\"", [synonym.target.as_str()]);
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

    #[test]
    fn things_are_found_by_their_names() {
        let document = json!({"semantic_model": [{
            "name": "m",
            "datasets": [{"name": "orders", "fields": [{"name": "status"}]}, {"name": "customers"}],
            "metrics": [{"name": "orders"}, {"name": "net_sales"}],
        }]});
        let fields = Fields::from_iter([(DOCUMENT.to_owned(), document)]);
        let found = |wanted: &str| -> Vec<(&str, String)> {
            let synonym = Synonym { term: String::new(), target: wanted.to_owned(), kind: None, model: None };
            synonym.meant(&fields).map(|place| (place.kind, place.pointer)).collect()
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
        let reported = added(json!({"ai_context": "net of returns"}));
        assert_eq!(reported, json!({"instructions": "net of returns", "synonyms": ["Turnover"]}));
        let known = added(json!({"ai_context": {"synonyms": ["TURNOVER", "sales"]}}));
        assert_eq!(known, json!({"synonyms": ["TURNOVER", "sales"]}));
    }
}
