//! Search over what a domain holds: the one listing of products, assets, glossaries and terms.

mod found;
mod question;
mod scope;

use emporion_catalog::load::Depth;
use emporion_catalog::query::{Keyset, Order};
use emporion_catalog::record::View;
use serde_json::{Value, json};

use self::question::Question;
use self::scope::Scope;
use crate::call::{Call, CallError, Reply};
use crate::filter::Sort;
use crate::inventory::{self, Inventory, Wanted, place_from, place_value};
use crate::match_rationale;
use crate::members::Members;
use crate::page;

pub async fn search(call: Call) -> Result<Reply, CallError> {
    let is_list =
        ["searchText", "filters", "owningProjectIdentifier"].iter().all(|name| call.input.get(name).is_none());
    if !is_list {
        call.catalog().until_found().await?;
    }
    let here = call.enter().await?;
    let page = call.page()?;
    let scope = Scope::of(&call);
    let (order, descending) = order(&call);
    let (after, known_total) = match &page.after {
        None => (None, None),
        Some(value) => {
            let (place, total) = token_from(order, value).ok_or_else(page::invalid_token)?;
            (Some(place), Some(total))
        }
    };
    let question = Question::of(&here, scope).await?;
    let test = |view: &View| question.accepts(view);
    let wanted = Wanted {
        order,
        descending,
        after,
        size: page.size,
        depth: Depth::of(scope.reads(), false),
        test: if question.is_open() { None } else { Some(&test) },
    };
    let kinds = scope.kinds(&call);
    let narrowed = here.reading.narrowed(&kinds, &question.condition()).await?;
    let mut inventories = Vec::new();
    for kind in kinds.into_iter().filter(|kind| !narrowed.has_none(*kind)) {
        let mut inventory = Inventory::of(&here, kind).await?;
        inventory.narrow(&narrowed);
        inventories.push(inventory);
    }
    let (views, more) = inventory::page(&here, &inventories, &wanted).await?;
    // The total of the first page goes with the token: counting again would cost as much as searching again.
    let total = match known_total {
        Some(total) => total,
        None if !more => views.len() as u64,
        None => inventory::count(&here, &inventories, &wanted).await?,
    };
    let mut answer = Members::new();
    if more && let Some(last) = views.last() {
        let place = json!([place_value(order, &last.record), total]);
        answer.set("nextToken", page.next_token(call.cursor_key(), &place));
    }
    let mut items = found::items(&here, scope, &views).await?;
    if call.input.texts("additionalAttributes").iter().any(|name| name == match_rationale::WANTED) {
        for (item, view) in items.iter_mut().zip(&views).filter(|_| !question.words.is_empty()) {
            match_rationale::add(item, &question.words, &question.searched(view));
        }
    }
    answer.set("items", items);
    answer.set("totalMatchCount", i32::try_from(total).unwrap_or(i32::MAX));
    Ok(Reply::Json(answer.answer(call.shapes.output)))
}

/// By name, unless the request sorts by a time. Other attributes have no order here.
fn order(call: &Call) -> (Order, bool) {
    let Some(sort) = call.input.get("sort").map(Sort::parse) else { return (Order::Name, false) };
    let order = match sort.attribute.as_str() {
        "creationTime" | "createdAt" | "firstRevisionCreatedAt" => Order::Created,
        "lastUpdatedAt" | "lastUpdatedTime" | "updatedAt" => Order::Updated,
        _ => Order::Name,
    };
    (order, sort.descending)
}

fn token_from(order: Order, value: &Value) -> Option<(Keyset, u64)> {
    Some((place_from(order, value.get(0)?)?, value.get(1)?.as_u64()?))
}
