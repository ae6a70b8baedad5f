//! The documents of a product as their readers see them, and what one holds.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::load::Depth;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
use emporion_documents::Format;
use serde_json::Value;
use uuid::Uuid;

use super::part::{CONTENT, SPEC, UnstructuredAssets};
use crate::content_state::ContentState;
use crate::failure::Failure;
use crate::page::{ListPage, PageRequest};
use crate::parts::item::{self, Item, SeenItem};
use crate::parts::read::{self, PartList};
use crate::request::ProductRequest;
use crate::service::Products;
use crate::subject;

/// A document as its reader sees it.
#[derive(Debug, Clone)]
pub struct ListedDocument {
    pub id: Uuid,
    pub name: String,
    pub description: String,
    pub media_type: String,
    pub size_bytes: u64,
    /// Why no text could be read of it.
    pub fault: Option<String>,
    pub passages: u64,
    pub is_deployed: bool,
    pub is_leaving: bool,
    pub created: Millis,
    /// Who made it, by name.
    pub created_by: String,
    /// Its entity tag.
    pub tag: String,
}

/// The bytes of a document as they came, and what they are.
pub struct DocumentFile {
    pub name: String,
    pub media_type: &'static str,
    pub sha256: String,
    pub bytes: Bytes,
}

impl ListedDocument {
    pub fn of(seen: &SeenItem) -> ListedDocument {
        let (item, fields) = (&seen.item, seen.fields());
        let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = |name: &str| fields.get(name).and_then(Value::as_u64).unwrap_or_default();
        ListedDocument {
            id: item.id,
            name: text("display_name"),
            description: text("description"),
            media_type: text("media_type"),
            size_bytes: number("size_bytes"),
            fault: (text("status") == "failed").then(|| text("error")),
            passages: number("chunk_count"),
            is_deployed: seen.is_deployed(),
            is_leaving: item.is_pending_delete(),
            created: Millis(item.created_ms()),
            created_by: item.maker().unwrap_or_default(),
            tag: item.tag(),
        }
    }
}

/// Those of a product that the caller sees, with drafts for who may see these; oldest first.
///
/// Errors: 404; 400 for a cursor of another list.
pub async fn list(
    products: &Products,
    request: &ProductRequest,
    page: &PageRequest,
) -> Result<ListPage<ListedDocument>, Failure> {
    let wanted = (ContentState::Drafted, None);
    let PartList { page, .. } = read::list(&UnstructuredAssets, products, request, wanted, page).await?;
    let ListPage { items, total, pagination } = page;
    Ok(ListPage { items: items.iter().map(ListedDocument::of).collect(), total, pagination })
}

/// One by its id.
///
/// Errors: 404.
pub async fn find(products: &Products, request: &ProductRequest, id: &str) -> Result<ListedDocument, Failure> {
    let seen = read::find(&UnstructuredAssets, products, request, item::id_of(&SPEC, id)?).await?;
    Ok(ListedDocument::of(&seen))
}

/// The file of one.
///
/// Errors: 404.
pub async fn file(products: &Products, request: &ProductRequest, id: &str) -> Result<DocumentFile, Failure> {
    let reading = products.catalog.reading(&request.caller).await?;
    let (view, item) = with_product(products, request, &reading, id).await?;
    let held = held(&reading, &view, &item, CONTENT).await?.ok_or_else(Failure::internal)?;
    let data = held.body.get("data").and_then(Value::as_str).unwrap_or_default();
    let bytes = STANDARD.decode(data).map_err(|_| Failure::internal())?;
    let text = |field: &str| item.fields().get(field).and_then(Value::as_str).unwrap_or_default();
    Ok(DocumentFile {
        name: text("display_name").to_owned(),
        media_type: Format::of_media_type(text("media_type")).map_or("application/octet-stream", Format::media_type),
        sha256: text("sha256").to_owned(),
        bytes: bytes.into(),
    })
}

/// A document, and the product that it is of.
///
/// Errors: 404.
pub async fn with_product(
    products: &Products,
    request: &ProductRequest,
    reading: &Reading<'_>,
    id: &str,
) -> Result<(View, Item), Failure> {
    let id = item::id_of(&SPEC, id)?;
    let view = subject::find(products, request, reading, &Depth::bare()).await?;
    let item = item::find(&SPEC, reading, &view, id).await?;
    Ok((view, item))
}

/// A record that a document holds: who sees the document sees it.
pub async fn held(reading: &Reading<'_>, product: &View, item: &Item, field: &str) -> Result<Option<Record>, Failure> {
    let id = item.fields().get(field).and_then(|id| id.as_str()?.parse::<RecordId>().ok());
    let Some(id) = id else { return Ok(None) };
    Ok(reading.content_of(product, id).await?)
}
