//! Making and changing unstructured assets: a document is read and stored with its bytes and passages; what is said of it
//! is a draft, or live at once.

use emporion_catalog::caller::Caller;
use emporion_catalog::command::{Draft, Outcome};
use emporion_catalog::id::RecordId;
use emporion_catalog::reading::{Seen, SeenId};
use emporion_edge::etag::IfMatch;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::document::{Document, StoredDocument};
use super::part::{CONTENT, PASSAGES_ID, SPEC};
use super::shapes::{METADATA, OBJECT};
use crate::decision::{self, Decision};
use crate::failure::Failure;
use crate::fields::{self, Checked};
use crate::idempotency::{self, Idempotent, StoredAnswer};
use crate::parts::change::check_tag;
use crate::parts::item::{self, Item, SeenItem};
use crate::parts::spec::Fields;
use crate::parts::{members, writes};
use crate::request::ProductRequest;
use crate::service::Products;
use crate::{commands, refs, subject};

/// A document that somebody wants to add.
pub struct DocumentDraft {
    /// What is said of it.
    pub fields: Fields,
    pub document: Document,
    pub is_live: bool,
}

/// Another description of a document.
pub struct DocumentChange {
    pub id: Uuid,
    /// Null takes a field away.
    pub fields: Fields,
    pub is_live: bool,
    /// The state that it has to be in.
    pub condition: Option<IfMatch>,
}

/// Adds a document to the product, once for the key where the request has one.
///
/// Errors: 403, 404.
pub async fn create(
    products: &Products,
    request: &ProductRequest,
    draft: DocumentDraft,
    stored: Option<StoredAnswer<SeenItem>>,
) -> Result<Idempotent<SeenItem>, Failure> {
    let product = subject::editable(products, request).await?.seen().record_id();
    let made = make(products, &request.caller, product, draft, stored.clone());
    idempotency::once(&products.catalog, &request.caller, stored.as_ref(), made).await
}

/// Adds a document as a draft, with what is said of it (`name`, `description`).
///
/// Errors: 422 for what breaks the rules of requests; as for [`create`].
pub async fn add(
    products: &Products,
    request: &ProductRequest,
    said: Map<String, Value>,
    document: Document,
) -> Result<SeenItem, Failure> {
    let Checked { body, .. } = fields::check(&METADATA, &[&OBJECT], said.into(), false)?;
    let fields = members::read(&SPEC, products.catalog.kind(SPEC.kind), &body);
    create(products, request, DocumentDraft { fields, document, is_live: false }, None).await?.fresh()
}

async fn make(
    products: &Products,
    caller: &Caller,
    product: RecordId,
    draft: DocumentDraft,
    stored: Option<StoredAnswer<SeenItem>>,
) -> Result<Idempotent<SeenItem>, Failure> {
    let catalog = &products.catalog;
    let DocumentDraft { mut fields, document, is_live } = draft;
    let StoredDocument { fields: read, data, passages } = document.stored(products, caller.principal.user).await?;
    fields.extend(read);
    let mut commands = Vec::with_capacity(4);
    let mut hold = |kind: &str, field: &str, holds: &str, value: Value| {
        let id = RecordId::fresh();
        fields.insert(field.to_owned(), id.to_string().into());
        let mut draft = Draft { name: Some(id.to_string()), ..Draft::default() };
        draft.set(holds, value);
        let parent = Some(refs::product_id(catalog, product));
        commands.push(commands::create(catalog.kind(kind), parent, id, draft));
    };
    hold("document_content", CONTENT, "data", data.into());
    if !passages.is_empty() {
        hold("document_passages", PASSAGES_ID, "passages", passages.into());
    }
    let item = Item::fresh(writes::fresh_id());
    commands.extend(writes::stored(&SPEC, catalog, product, &item, &fields, is_live));
    let command = commands::together(commands);
    let make = move |outcome: &Outcome| SeenItem::drafted(product, item.clone().after(&SPEC, outcome));
    idempotency::commit(catalog, caller, &command, stored, None, make).await
}

/// Changes what is said of a document.
///
/// Errors: 403, 404, 412 where the condition does not hold.
pub async fn update(
    products: &Products,
    request: &ProductRequest,
    change: &DocumentChange,
) -> Result<SeenItem, Failure> {
    let product = subject::editable(products, request).await?.seen();
    let _turn = products.turn(product.record_id()).await;
    decision::until_it_stands(|decision| decide(products, &request.caller, product, change, decision)).await
}

async fn decide(
    products: &Products,
    caller: &Caller,
    product: SeenId,
    change: &DocumentChange,
    decision: Decision,
) -> Result<SeenItem, Failure> {
    let catalog = &products.catalog;
    let reading = catalog.reading(caller).await?;
    let item = item::find(&SPEC, &reading, product, change.id).await?;
    drop(reading);
    let product = product.record_id();
    check_tag(change.condition.as_ref(), &item)?;
    let mut wanted = writes::own(&SPEC, catalog, item.fields());
    for (field, value) in &change.fields {
        if value.is_null() {
            wanted.shift_remove(field);
        } else {
            wanted.insert(field.clone(), value.clone());
        }
    }
    let commands = writes::stored(&SPEC, catalog, product, &item, &wanted, change.is_live);
    if commands.is_empty() {
        return Ok(SeenItem::drafted(product, item));
    }
    let outcome = decision.execute(products, caller, &commands::together(commands)).await?;
    Ok(SeenItem::drafted(product, item.after(&SPEC, &outcome)))
}
