//! A model as its reader sees it.

use emporion_catalog::load::Depth;
use emporion_catalog::reading::SeenId;
use serde_json::Value;
use uuid::Uuid;

use super::document::inner;
use super::spec::{DOCUMENT, NAME, SPEC};
use super::{hidden, redaction};
use crate::content_state::ContentState;
use crate::failure::Failure;
use crate::parts::item::{self, SeenItem};
use crate::parts::spec::Fields;
use crate::read_context::ReadContext;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::subject;

/// A model, without what of its document is hidden from its reader.
#[derive(Debug, Clone, Default)]
pub struct SemanticModel {
    pub id: Uuid,
    pub name: String,
    pub description: Option<String>,
    pub is_deployed: bool,
    /// It goes with the next deploy.
    pub is_leaving: bool,
    /// Of the Open Semantic Interchange.
    pub document: Value,
    /// Its entity tag.
    pub tag: String,
}

impl SemanticModel {
    pub fn of(seen: &SeenItem) -> SemanticModel {
        let (item, fields) = (&seen.item, seen.fields());
        let document = fields.get(DOCUMENT).map(|document| redaction::document(document, seen.annotation.as_ref()));
        SemanticModel {
            id: item.id,
            name: fields.get(NAME).and_then(Value::as_str).unwrap_or_default().to_owned(),
            description: description(fields).and_then(Value::as_str).map(str::to_owned),
            is_deployed: seen.is_deployed(),
            is_leaving: seen.state != ContentState::Live && item.is_pending_delete(),
            document: document.unwrap_or_default(),
            tag: item.tag(),
        }
    }
}

/// What is said of a model: of it, or in its document.
pub fn description(fields: &Fields) -> Option<&Value> {
    fields.get("description").or_else(|| inner(fields)?.get("description"))
}

/// One model, drafted or live, and what of it is hidden from the caller.
///
/// Errors: 404.
pub async fn find(products: &Products, request: &ProductRequest, id: Uuid) -> Result<SeenItem, Failure> {
    let reading = products.catalog.reading(&request.caller).await?;
    let view = subject::find(products, request, &reading, &Depth::bare()).await?;
    let item = item::find(&SPEC, &reading, &view, id).await?;
    let cx = ReadContext { products, reading: &reading, product: SeenId::from(&view) };
    let annotation = hidden::of_item(&cx, &item).await?;
    Ok(SeenItem { annotation, ..SeenItem::drafted(view.id(), item) })
}
