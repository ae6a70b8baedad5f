//! What a search finds, page by page: sorted as the request says, else the best first; the newest without words, and with
//! more of them than the index is asked at once.

use emporion_catalog::Problem;
use emporion_catalog::finder::Condition;
use emporion_catalog::kind::Kind;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{Keyset, Order};
use emporion_catalog::record::View;
use serde_json::{Value, json};

use crate::call::CallError;
use crate::filter::Sort;
use crate::in_domain::InDomain;
use crate::inventory::{self, Inventory, Test, Wanted, place_from, place_value};
use crate::page::{self, Page};
use crate::ranking::{Ranking, Ranks};

/// What a search asks of the inventory.
pub struct Asked<'t> {
    pub kinds: Vec<Kind>,
    /// What the index says of it: at least everything that matches.
    pub condition: Condition,
    /// Where there are words by which the index ranks.
    pub ranks: Option<Ranks>,
    /// As the request sorts, and whether it turns that round.
    pub sort: Option<(Order, bool)>,
    /// What is read of each record.
    pub depth: Depth,
    /// `None`: everything in the domain matches.
    pub test: Option<Test<'t>>,
}

/// A page of what was found.
pub struct Hits {
    pub views: Vec<View>,
    /// How many there are on all pages.
    pub total: u64,
    pub next_token: Option<String>,
}

/// Where a page ended.
struct Place {
    key: Keyset,
    /// How well the last hit fits, where it is ranked.
    rank: Option<u64>,
    /// The total of the first page goes with the token: counting again would cost as much as searching again.
    total: u64,
}

pub async fn hits(here: &InDomain<'_>, page: &Page, asked: Asked<'_>) -> Result<Hits, CallError> {
    let (order, descending) = asked.sort.unwrap_or((Order::Created, true));
    let place = match &page.after {
        None => None,
        Some(value) => Some(Place::read(order, value).ok_or_else(page::invalid_token)?),
    };
    let narrowed = match here.reading.narrowed(&asked.kinds, &asked.condition).await {
        // More than the index is asked at once: each record is looked at.
        Err(Problem::Invalid(_)) => here.reading.narrowed(&asked.kinds, &Condition::Everything).await?,
        narrowed => narrowed?,
    };
    let mut inventories = Vec::new();
    for kind in asked.kinds.iter().copied().filter(|kind| !narrowed.has_none(*kind)) {
        let mut inventory = Inventory::of(here, kind).await?;
        inventory.narrow(&narrowed);
        inventories.push(inventory);
    }
    let wanted = Wanted {
        order,
        descending,
        after: place.as_ref().map(|place| place.key.clone()),
        size: page.size,
        depth: asked.depth,
        among: None,
        test: asked.test,
    };
    let ranks = asked.ranks.filter(|_| asked.sort.is_none() && !inventories.is_empty());
    let ranking = match ranks {
        Some(ranks) => Ranking::of(here, &asked.kinds, &ranks).await?,
        None => None,
    };
    let (views, more) = match &ranking {
        Some(ranking) => {
            let rank = place.as_ref().and_then(|place| place.rank);
            ranking.page(here, &inventories, &wanted, rank).await?
        }
        None => inventory::page(here, &inventories, &wanted).await?,
    };
    let total = match place {
        Some(place) => place.total,
        None if !more => views.len() as u64,
        None => inventory::count(here, &inventories, &wanted).await?,
    };
    let next_token = views.last().filter(|_| more).map(|last| {
        let rank = ranking.as_ref().and_then(|ranking| ranking.of_record(last.id()));
        let place = json!([place_value(order, &last.record), total, rank]);
        page.next_token(here.call.page_keys(), &place)
    });
    Ok(Hits { views, total, next_token })
}

impl Place {
    fn read(order: Order, value: &Value) -> Option<Place> {
        let rank = value.get(2).and_then(Value::as_u64);
        Some(Place { key: place_from(order, value.get(0)?)?, rank, total: value.get(1)?.as_u64()? })
    }
}

/// By a time, where the attribute is one, else by name: other attributes have no order here.
pub fn sorted(sort: &Sort) -> (Order, bool) {
    (time(&sort.attribute).unwrap_or(Order::Name), sort.descending)
}

/// Which time of a record an attribute tells.
pub fn time(attribute: &str) -> Option<Order> {
    match attribute {
        "creationTime" | "createdAt" | "firstRevisionCreatedAt" => Some(Order::Created),
        "lastUpdatedAt" | "lastUpdatedTime" | "updatedAt" => Some(Order::Updated),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use emporion_catalog::id::{Millis, RecordId};
    use emporion_catalog::query::KeysetKey;

    use super::*;

    #[test]
    fn a_place_is_read_in_its_own_order() {
        let id = RecordId::fresh();
        let value = json!([[17, id.to_string()], 3, 640]);
        let place = Place::read(Order::Created, &value).unwrap();
        assert_eq!((place.key, place.rank, place.total), (Keyset { key: KeysetKey::At(Millis(17)), id }, Some(640), 3));
        assert!(Place::read(Order::Name, &value).is_none());
        let unranked = json!([["a", id.to_string()], 3, null]);
        assert!(Place::read(Order::Name, &unranked).is_some_and(|place| place.rank.is_none()));
        assert!(Place::read(Order::Name, &json!(["a", id.to_string()])).is_none());
    }

    #[test]
    fn what_is_no_time_is_sorted_by_name() {
        let sort = |attribute: &str, descending| sorted(&Sort { attribute: attribute.into(), descending });
        assert_eq!(sort("name", true), (Order::Name, true));
        assert_eq!(sort("colour", false), (Order::Name, false));
        assert_eq!(sort("creationTime", true), (Order::Created, true));
        assert_eq!(sort("lastUpdatedAt", false), (Order::Updated, false));
    }
}
