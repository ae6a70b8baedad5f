//! What a document holds: its bytes, and the passages read from them.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
use emporion_documents::Format;
use emporion_products::failure::Failure;
use emporion_products::page::{CursorScope, PageRequest, Position, SortKey};
use emporion_products::parts::item::{self, Item};
use emporion_products::parts::unstructured_assets::part::{CONTENT, PASSAGES_ID, SPEC};
use emporion_products::subject;
use serde_json::{Value, json};

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::parts::handlers;

/// `GET content`: the bytes as they came. Browsers are told to keep them as a file, whatever they are.
pub async fn download(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let reading = door.products.catalog.reading(&call.caller).await?;
    let (view, item) = find(&door, &call, &reading).await?;
    let held = held(&reading, &view, &item, CONTENT).await?.ok_or_else(Failure::internal)?;
    let data = held.body.get("data").and_then(Value::as_str).unwrap_or_default();
    let bytes = STANDARD.decode(data).map_err(|_| Failure::internal())?;
    let text = |field: &str| item.fields().get(field).and_then(Value::as_str).unwrap_or_default();
    let media_type = Format::of_media_type(text("media_type")).map_or("application/octet-stream", Format::media_type);
    Ok(Reply::document(media_type, bytes).saved_as(text("display_name")).tag(text("sha256")))
}

/// `GET passages`, in the order of the document.
pub async fn passages(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let page = PageRequest::of(&call.query);
    let reading = door.products.catalog.reading(&call.caller).await?;
    let (view, item) = find(&door, &call, &reading).await?;
    let list = format!("passages/{}/{}", item.id, view.id());
    let (scope, keys) = (CursorScope::of(call.caller.account(), &list, &page), &door.products.cursor_keys);
    let after = scope.after_millis(keys, &page)?;
    let first = after.map_or(0, |(index, _)| usize::try_from(index).map_or(0, |index| index + 1));
    let held = held(&reading, &view, &item, PASSAGES_ID).await?;
    let passages = held.as_ref().and_then(|held| held.body.get("passages")?.as_array()).map_or(&[][..], Vec::as_slice);
    let print = |(index, passage): (usize, &Value)| {
        let printed = json!({
            "index": index, "text": passage["text"], "heading": passage["heading"], "page": passage["page"],
        });
        (index, printed)
    };
    let rest = passages.iter().enumerate().skip(first).map(print);
    let position = |(index, _): &(usize, Value)| Position {
        key: SortKey::Millis(i64::try_from(*index).unwrap_or(i64::MAX)),
        id: item.id,
    };
    let (shown, pagination) = scope.cut(keys, &page, rest, position);
    let printed: Vec<Value> = shown.into_iter().map(|(_, printed)| printed).collect();
    let data = json!({"count": printed.len(), "passages": printed});
    Ok(Reply::list(&page, data, passages.len(), pagination))
}

/// The asset that the path names, if the caller may see it.
async fn find(door: &Door, call: &Call, reading: &Reading<'_>) -> Result<(View, Item), Failure> {
    let id = handlers::id_of(&SPEC, call)?;
    let view = subject::find(&door.products, &call.of_product()?, reading, &Depth::bare()).await?;
    let item = item::find(&SPEC, reading, &view, id).await?;
    Ok((view, item))
}

/// A record that the asset holds: who sees the asset sees it.
async fn held(reading: &Reading<'_>, product: &View, item: &Item, field: &str) -> Result<Option<Record>, Failure> {
    let id = item.fields().get(field).and_then(|id| id.as_str()?.parse::<RecordId>().ok());
    let Some(id) = id else { return Ok(None) };
    Ok(reading.content_of(product, id).await?)
}
