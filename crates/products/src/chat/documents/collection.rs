//! The documents that somebody may ask a product about: its own, and those of the products that it is composed of.

use std::collections::BTreeSet;
use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::action::Action;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::reading::SeenId;
use emporion_catalog::record::View;
use emporion_catalog::response_cache::CachePool;
use emporion_semantic::chat::quote::{Indexed, Passage, Titled};
use serde_json::Value;

use crate::content_state::ContentState;
use crate::failure::Failure;
use crate::parts::compositions::graph::{MAX_DEPTH, source_of};
use crate::parts::unstructured_assets;
use crate::parts::unstructured_assets::part::PASSAGES_ID;
use crate::parts::{compositions, item};
use crate::request::ProductRequest;
use crate::service::Products;
use crate::{refs, rights};

/// Composed products whose documents are looked at, the nearest first.
const MOST_PRODUCTS: usize = 50;

pub struct Document {
    pub titled: Titled,
    pub passages: Option<RecordId>,
    pub count: u64,
    pub product: SeenId,
    /// Under which that is composed into the product that is asked, `b.c` where that is two deep; `None` for that one itself.
    pub alias: Option<String>,
}

#[derive(Default)]
pub struct Collection {
    pub documents: Vec<Document>,
    /// It is composed of more products than were looked at.
    pub is_cut: bool,
}

/// Errors: 403 for drafts of those who may not change the product.
pub async fn of_product(
    products: &Arc<Products>,
    request: &ProductRequest,
    view: &View,
    is_preview: bool,
) -> Result<Collection, Failure> {
    let (catalog, caller) = (&products.catalog, &request.caller);
    let reading = catalog.reading(caller).await?;
    if is_preview && !rights::may(&reading, Action::EditAll, &view.record).await? {
        return Err(Failure::forbidden("only those who may change the {product} see what is not deployed yet"));
    }
    let mut collection = Collection::default();
    let mut known = BTreeSet::from([view.id()]);
    let state = if is_preview { ContentState::Drafted } else { ContentState::Live };
    let mut level = vec![(SeenId::from(view), None::<String>, view.record.name.clone(), state)];
    // Its own, and as deep as compositions go.
    for depth in 0..=MAX_DEPTH {
        let mut next = Vec::new();
        for (product, alias, called, state) in std::mem::take(&mut level) {
            let spec = &unstructured_assets::part::SPEC;
            let items = item::of_product(spec, &reading, product).await?;
            let own = items.iter().filter_map(|item| document(item, state, product, alias.as_deref(), &called));
            collection.documents.extend(own);
            if depth == MAX_DEPTH {
                continue;
            }
            let items = item::of_product(&compositions::spec::SPEC, &reading, product).await?;
            for fields in items.iter().filter_map(|item| item.seen(state)) {
                let own = fields.get("alias").and_then(Value::as_str);
                let (Some(source), Some(own)) = (source_of(fields), own) else { continue };
                if known.contains(&source) {
                    continue;
                }
                if known.len() > MOST_PRODUCTS {
                    collection.is_cut = true;
                    break;
                }
                let target = refs::product_id(catalog, source);
                let found = reading.get(&target, States::Alive, &Depth::bare()).await;
                let found = match found {
                    Ok(found) => found,
                    // What he does not see is as if it were not there.
                    Err(Problem::NotFound { .. }) => continue,
                    Err(other) => return Err(other.into()),
                };
                known.insert(source);
                let alias = alias.as_ref().map_or_else(|| own.to_owned(), |above| format!("{above}.{own}"));
                next.push((SeenId::from(&found), Some(alias), found.record.name.clone(), ContentState::Live));
            }
        }
        level = next;
    }
    Ok(collection)
}

/// `called`: the product's own name. Those of composed products may be named by it, and by its alias.
fn document(
    item: &item::Item,
    state: ContentState,
    product: SeenId,
    alias: Option<&str>,
    called: &str,
) -> Option<Document> {
    let fields = item.seen(state)?;
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let tags = fields.get("tags").and_then(Value::as_array);
    let tags = tags.into_iter().flatten().filter_map(|tag| Some(tag.as_str()?.to_owned()));
    let composed = alias.into_iter().flat_map(|alias| [alias.replace('.', " "), called.to_owned()]);
    let titled = Titled {
        id: item.id.to_string(),
        name: text("display_name")?.to_owned(),
        tags: tags.chain(composed).collect(),
    };
    Some(Document {
        titled,
        passages: text(PASSAGES_ID).and_then(|id| id.parse().ok()),
        count: fields.get("chunk_count").and_then(Value::as_u64).unwrap_or(0),
        product,
        alias: alias.map(str::to_owned),
    })
}

/// The passages of each document, ready to be searched.
pub async fn passages(
    products: &Arc<Products>,
    request: &ProductRequest,
    documents: &[&Document],
) -> Result<Vec<Arc<Indexed>>, Failure> {
    let mut all = Vec::with_capacity(documents.len());
    for document in documents {
        all.push(match document.passages {
            Some(passages) => indexed(products, request, document.product, passages).await?,
            None => Arc::default(),
        });
    }
    Ok(all)
}

async fn indexed(
    products: &Arc<Products>,
    request: &ProductRequest,
    product: SeenId,
    passages: RecordId,
) -> Result<Arc<Indexed>, Failure> {
    let make = async {
        let reading = products.catalog.reading(&request.caller).await?;
        let held = reading.content_of(&product, passages).await?;
        drop(reading);
        let Some(held) = held else { return Ok(Arc::default()) };
        let _turn = products.indexers.acquire().await.map_err(|_| Failure::internal())?;
        let indexing = tokio::task::spawn_blocking(move || {
            let passages = held.body.get("passages").and_then(Value::as_array);
            Arc::new(Indexed::of(passages.into_iter().flatten().filter_map(passage).collect()))
        });
        indexing.await.map_err(|_| Failure::internal())
    };
    let weigh = |indexed: &Arc<Indexed>| Some(indexed.weight());
    products
        .catalog
        .remembered(CachePool::Preparations, &request.caller, format!("passages {passages}"), weigh, make)
        .await
}

fn passage(value: &Value) -> Option<Passage> {
    Some(Passage {
        text: value.get("text")?.as_str()?.to_owned(),
        heading: value.get("heading").and_then(Value::as_str).map(str::to_owned),
        page: value.get("page").and_then(Value::as_u64).and_then(|page| u32::try_from(page).ok()),
    })
}
