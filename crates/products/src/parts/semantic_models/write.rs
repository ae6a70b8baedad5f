//! Whole models: stored, checked, changed.

use emporion_catalog::reading::SeenId;
use emporion_edge::etag::IfMatch;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::body::{self, Taken};
use super::examine::{self, Judgement, examination, judge};
use super::part::SemanticModels;
use super::shapes::{CHANGE, CREATE, OBJECT};
use super::spec::SPEC;
use crate::content_state::ContentState;
use crate::failure::Failure;
use crate::fields::{self, Checked};
use crate::idempotency::{Idempotent, StoredAnswer};
use crate::parts::change::{self, Compose, Content, Stored, Writing, asks_to_deploy};
use crate::parts::item::{self, Item};
use crate::parts::spec::Fields;
use crate::read_context::ReadContext;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::subject;

/// Checks a body that brings a whole model.
///
/// Errors: 400 and 422.
pub fn checked_model(body: Value, strict: bool) -> Result<Checked, Failure> {
    fields::check_all(&CREATE, &[&OBJECT], body, strict, &body::one_document)
}

/// Checks a body that changes a model.
///
/// Errors: 400 and 422.
pub fn checked_change(body: Value, strict: bool) -> Result<Checked, Failure> {
    fields::check_all(&CHANGE, &[&OBJECT], body, strict, &body::at_most_one_document)
}

/// What is to be stored, with the examination that goes with it.
pub fn content(taken: Taken) -> Content {
    Content { fields: taken.fields, examine: examination(taken.report) }
}

/// Stores the model of a checked body.
///
/// Errors: 403, 404; 422 for what is no model, or does not fit the product.
pub async fn create(
    products: &Products,
    request: &ProductRequest,
    body: Map<String, Value>,
    stored: Option<StoredAnswer<Stored>>,
) -> Result<Idempotent<Stored>, Failure> {
    let prepare = |_| async move {
        let is_live = asks_to_deploy(&body);
        // A large document takes a while, and other requests do not wait for it.
        let reading = tokio::task::spawn_blocking(move || (body::created(&body), body));
        let (taken, body) = reading.await.map_err(|_| Failure::internal())?;
        let taken = taken?;
        let content: Compose = Box::new(move |_| Ok(content(taken.clone())));
        Ok(Writing { body, is_live, ..Writing::of(None, content) })
    };
    change::write(&SemanticModels, products, request, prepare, stored).await
}

/// Says of a checked body what storing it would, as the product's model of that name where there is one.
///
/// Errors: 403, 404.
pub async fn validate(
    products: &Products,
    request: &ProductRequest,
    body: Map<String, Value>,
) -> Result<Judgement, Failure> {
    let product = subject::editable(products, request).await?.seen();
    let name = body.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let is_live = asks_to_deploy(&body);
    let reading = tokio::task::spawn_blocking(move || body::read(&body));
    let Taken { fields, report } = match reading.await.map_err(|_| Failure::internal())? {
        Err(errors) => return Ok(Judgement { errors, ..Judgement::default() }),
        Ok(taken) => taken,
    };
    let reading = products.catalog.reading(&request.caller).await?;
    let cx = ReadContext { products, reading: &reading, product };
    let items = item::of_product(&SPEC, cx.reading, product).await?;
    // A model of that name is the one that this would replace.
    let others: Vec<&Item> = items.iter().filter(|item| !examine::is_called(item, &name)).collect();
    let state = if is_live { ContentState::Live } else { ContentState::Drafted };
    let replaced = items.iter().find(|item| examine::is_called(item, &name)).map(Item::fields);
    judge(&cx, &fields, replaced, &report, &others, state).await
}

/// Changes a model as a checked body says.
///
/// Errors: 403, 404, 412 where the condition does not hold; 422 for what is no model then, or does not fit the product.
pub async fn change(
    products: &Products,
    request: &ProductRequest,
    id: Uuid,
    body: Map<String, Value>,
    condition: Option<IfMatch>,
) -> Result<Stored, Failure> {
    let prepare = |product| async move {
        let read = parse_content(products, request, product, id, &body).await?;
        let (is_live, asked) = (asks_to_deploy(&body), body.clone());
        let content: Compose = Box::new(move |before| {
            Ok(content(body::changed(before.unwrap_or(&Fields::new()), &asked, read.as_ref())?))
        });
        Ok(Writing { body, is_live, condition, ..Writing::of(Some(id), content) })
    };
    change::write(&SemanticModels, products, request, prepare, None).await?.fresh()
}

/// Stores another text of a model, in the catalogue's own format, as a draft.
///
/// Errors: as for [`change()`]; 429 while many others read models.
pub async fn rewrite(
    products: &Products,
    request: &ProductRequest,
    id: Uuid,
    content: &str,
    condition: IfMatch,
) -> Result<Stored, Failure> {
    let _permit = products.model_limit.permit(request.caller.principal.user).await?;
    let Checked { body, .. } = checked_change(json!({"content": content, "format": "osi"}), false)?;
    change(products, request, id, body, Some(condition)).await
}

/// The text of a change is read once, however often the change is decided, and other requests do not wait for it.
async fn parse_content(
    products: &Products,
    request: &ProductRequest,
    product: SeenId,
    id: Uuid,
    body: &Map<String, Value>,
) -> Result<Option<body::ParsedContent>, Failure> {
    if !body::has_text(body) {
        return Ok(None);
    }
    let name = {
        let reading = products.catalog.reading(&request.caller).await?;
        let item = item::find(&SPEC, &reading, product, id).await?;
        body::name_after(item.fields(), body)
    };
    let body = body.clone();
    let read = tokio::task::spawn_blocking(move || body::ParsedContent::parse(&body, name)).await;
    read.map(Some).map_err(|_| Failure::internal())
}
