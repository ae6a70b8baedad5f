//! Reading parts: one item, and the list of all.

use emporion_catalog::load::Depth;
use emporion_catalog::reading::SeenId;
use emporion_catalog::text;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::item::{self, Item, SeenItem};
use super::part::Part;
use super::spec::{Fields, Spec};
use crate::content_state::ContentState;
use crate::failure::Failure;
use crate::page::{CursorScope, ListPage, PageRequest, Position, SortKey};
use crate::read_context::ReadContext;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::subject;

/// A page of the items of a part.
pub struct PartList {
    pub page: ListPage<SeenItem>,
    /// Members of the answer beside them.
    pub more: Map<String, Value>,
}

/// Those of a product that the caller sees in this state, oldest first; of these, those that say the text somewhere.
///
/// Errors: 404; 400 for a cursor of another list.
pub async fn list(
    part: &dyn Part,
    products: &Products,
    request: &ProductRequest,
    (state, text): (ContentState, Option<&str>),
    page: &PageRequest,
) -> Result<PartList, Failure> {
    let reading = products.catalog.reading(&request.caller).await?;
    let view = subject::find(products, request, &reading, &Depth::bare()).await?;
    let scope = CursorScope::of(request.caller.account(), &format!("{}/{}", part.spec().many, view.id()), page);
    let after = scope.after_millis(&products.cursor_keys, page)?;
    let items = item::of_product(part.spec(), &reading, &view).await?;
    let lead = part.lead(&items);
    let cx = ReadContext { products, reading: &reading, product: SeenId::from(&view) };
    let more = part.more(&cx, &items).await?;
    let wanted = text.map(text::fold).filter(|text| !text.is_empty());
    let seen = |item: Item| SeenItem { leads: lead == Some(item.id), state, ..SeenItem::drafted(view.id(), item) };
    let is_wanted =
        |seen: &SeenItem| wanted.as_deref().is_none_or(|wanted| contains(part.spec(), seen.fields(), wanted));
    let shown = items.into_iter().filter(|item| item.is_shown(state)).map(seen).filter(is_wanted);
    let shown: Vec<SeenItem> = shown.collect();
    let total = shown.len() as u64;
    let key = |seen: &SeenItem| (seen.item.created_ms(), seen.item.id);
    let rest = shown.into_iter().filter(|seen| after.is_none_or(|after| key(seen) > after));
    let position = |seen: &SeenItem| Position { key: SortKey::Millis(key(seen).0), id: seen.item.id };
    let (mut items, pagination) = scope.cut(&products.cursor_keys, page, rest, position);
    let contents = items.iter().map(|seen| (seen.item.id, seen.fields())).collect();
    let mut annotations = part.annotate(&cx, contents).await?;
    for seen in &mut items {
        seen.annotation = annotations.remove(&seen.item.id);
    }
    Ok(PartList { page: ListPage { items, total, pagination }, more })
}

fn contains(spec: &Spec, fields: &Fields, wanted: &str) -> bool {
    let texts = spec.search.iter().filter_map(|field| fields.get(*field)?.as_str());
    texts.into_iter().any(|text| text::fold(text).contains(wanted))
}

/// One item, with its draft for those who see drafts.
///
/// Errors: 404.
pub async fn find(
    part: &dyn Part,
    products: &Products,
    request: &ProductRequest,
    id: Uuid,
) -> Result<SeenItem, Failure> {
    let reading = products.catalog.reading(&request.caller).await?;
    let view = subject::find(products, request, &reading, &Depth::bare()).await?;
    let item = item::find(part.spec(), &reading, &view, id).await?;
    let items = item::of_product(part.spec(), &reading, &view).await?;
    let leads = part.lead(&items) == Some(id);
    let cx = ReadContext { products, reading: &reading, product: SeenId::from(&view) };
    let annotation = part.annotate(&cx, vec![(id, item.fields())]).await?.remove(&id);
    Ok(SeenItem { leads, annotation, ..SeenItem::drafted(view.id(), item) })
}

/// Everything that the caller may see of a part.
pub async fn all(part: &dyn Part, cx: &ReadContext<'_>) -> Result<Vec<SeenItem>, Failure> {
    let items = item::of_product(part.spec(), cx.reading, cx.product).await?;
    let lead = part.lead(&items);
    let mut annotations = part.annotate(cx, items.iter().map(|item| (item.id, item.fields())).collect()).await?;
    let seen = |item: Item| {
        let (leads, annotation) = (lead == Some(item.id), annotations.remove(&item.id));
        SeenItem { leads, annotation, ..SeenItem::drafted(cx.product_id(), item) }
    };
    Ok(items.into_iter().map(seen).collect())
}
