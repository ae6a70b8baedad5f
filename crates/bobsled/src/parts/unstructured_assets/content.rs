//! What a document holds: its bytes, and the passages read from them.

use std::sync::Arc;

use emporion_products::failure::Failure;
use emporion_products::page::{CursorScope, PageRequest, Position, SortKey};
use emporion_products::parts::unstructured_assets::part::{PASSAGES_ID, SPEC};
use emporion_products::parts::unstructured_assets::read::{self, DocumentFile};
use serde_json::{Value, json};

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::parts::paths;

/// `GET content`: the bytes as they came. Browsers are told to keep them as a file, whatever they are.
pub async fn download(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let file = read::file(&door.products, &call.of_product()?, call.request.param(paths::of(&SPEC).label)).await?;
    let DocumentFile { name, media_type, sha256, bytes } = file;
    Ok(Reply::document(media_type, bytes).saved_as(&name).tag(&sha256))
}

/// `GET passages`, in the order of the document.
pub async fn passages(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let page = PageRequest::of(&call.query);
    let reading = door.products.catalog.reading(&call.caller).await?;
    let id = call.request.param(paths::of(&SPEC).label);
    let (view, item) = read::with_product(&door.products, &call.of_product()?, &reading, id).await?;
    let list = format!("passages/{}/{}", item.id, view.id());
    let (scope, keys) = (CursorScope::of(call.caller.account(), &list, &page), &door.products.cursor_keys);
    let after = scope.after_millis(keys, &page)?;
    let first = after.map_or(0, |(index, _)| usize::try_from(index).map_or(0, |index| index + 1));
    let held = read::held(&reading, &view, &item, PASSAGES_ID).await?;
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
