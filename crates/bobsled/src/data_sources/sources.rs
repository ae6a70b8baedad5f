//! Which database service a product takes its tables from, and which one of the account is the default.

use std::collections::HashMap;

use emporion_catalog::Catalog;
use emporion_catalog::caller::Caller;
use emporion_catalog::command::Ref;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::name;
use emporion_catalog::ports::Snapshot;
use emporion_catalog::query::{ListQuery, Order, States};
use emporion_catalog::record::{Record, View};
use emporion_catalog::relation;

use crate::error::Failure;
use crate::problems::RULE_EXISTS;
use crate::product_input::DataSourceKey;
use crate::refs;

/// The space in which a service is marked as the default. The mark with the latest time counts, so that marking one
/// need not touch another, and the mark of a deleted one means nothing.
pub const DEFAULT_SPACE: &str = "default_data_source";
const MARKED: &str = "since-";
const UNMARKED: &str = "not-";
/// Of the time in a mark, so that the latest mark is the greatest text.
const DIGITS: usize = 16;
/// How many assets of a product are asked for its service before it is said to have none.
const FIRST_ASSETS: usize = 16;

/// What decides which service of an account is the default.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    /// The service marked last, with its mark.
    latest: Option<(RecordId, String)>,
    /// The first of all, where none is marked.
    oldest: Option<RecordId>,
}

impl Marks {
    /// Cost: one look-up of the greatest mark, and one of the oldest service where there is none.
    pub async fn read(catalog: &Catalog, snapshot: &dyn Snapshot, caller: &Caller) -> Result<Marks, Failure> {
        let kind = catalog.kind("database_service");
        // A service that was unmarked has a mark too, and a lesser one than those that count.
        let greatest = snapshot.greatest_alias(caller.account(), kind, DEFAULT_SPACE, None).await?;
        let latest = greatest.filter(|(_, mark)| mark.starts_with(MARKED));
        let oldest = match latest {
            Some(_) => None,
            None => {
                let first = ListQuery { order: Order::Created, limit: 1, ..ListQuery::of(caller.account(), kind) };
                snapshot.list(&first).await?.first().map(|record| record.id)
            }
        };
        Ok(Marks { latest, oldest })
    }

    /// The account's default: the service marked last, else the oldest one.
    pub fn default(&self) -> Option<RecordId> {
        self.latest.as_ref().map(|(id, _)| *id).or(self.oldest)
    }

    /// The value that marks a service as the default from now on, whatever clock the present mark was made by.
    pub fn next(&self, id: RecordId, now_ms: i64) -> String {
        let present =
            self.latest.as_ref().and_then(|(_, mark)| mark.get(MARKED.len()..)?.get(..DIGITS)?.parse::<i64>().ok());
        let at = present.map_or(now_ms, |present| now_ms.max(present.saturating_add(1)));
        format!("{MARKED}{at:0DIGITS$}-{id}")
    }
}

/// The value that takes a mark away.
pub fn unmark(id: RecordId) -> String {
    format!("{UNMARKED}{id}")
}

/// The service that a request names.
///
/// Errors: 422, for an id that leads nowhere and for `default` in an account without services.
pub async fn resolve(
    catalog: &Catalog,
    snapshot: &dyn Snapshot,
    caller: &Caller,
    key: DataSourceKey,
) -> Result<Record, Failure> {
    let id = match key {
        DataSourceKey::Default => {
            let marks = Marks::read(catalog, snapshot, caller).await?;
            marks.default().ok_or_else(Failure::no_default_data_source)?
        }
        DataSourceKey::Id(id) => RecordId::from_uuid(id),
    };
    let target = Ref::Id(catalog.kind("database_service"), id);
    match catalog.get_in(snapshot, caller, &target, States::Alive, &Depth::bare()).await {
        Ok(view) => Ok(view.record),
        Err(problem) if problem == target.not_found() => {
            let message = crate::message::Message::with("there is no data source \"{}\"", [id.to_string()]);
            Err(Failure::invalid_field("/dataSourceId", RULE_EXISTS, message))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// The services of products: the one that each points to, else the one above its first table.
///
/// Shape: the views hold their `served_by` edges; products of which no service is known are left out.
/// Cost: nothing for products that point to one; else three reads, and one more for each service that is found.
pub async fn of_products(
    catalog: &Catalog,
    snapshot: &dyn Snapshot,
    views: &[View],
) -> Result<HashMap<RecordId, RecordId>, Failure> {
    let mut found = HashMap::new();
    let mut without = Vec::new();
    for view in views {
        match view.targets(relation::SERVED_BY).next() {
            Some((edge, _)) => drop(found.insert(view.id(), edge.to)),
            None => without.push(view.id()),
        }
    }
    let Some(account) = views.first().map(|view| view.record.account).filter(|_| !without.is_empty()) else {
        return Ok(found);
    };
    let mut firsts: HashMap<RecordId, Vec<RecordId>> = HashMap::new();
    for edge in snapshot.edges_from(&without, Some(&[relation::HAS_ASSET])).await? {
        let assets = firsts.entry(edge.from).or_default();
        if assets.len() < FIRST_ASSETS {
            assets.push(edge.to);
        }
    }
    let assets: Vec<RecordId> = firsts.values().flatten().copied().collect();
    if assets.is_empty() {
        return Ok(found);
    }
    let records = snapshot.by_id(account, &assets).await?.into_iter().flatten();
    let tables: HashMap<RecordId, String> = records
        .filter(|record| record.kind.is("table") && record.state.is_alive())
        .filter_map(|record| Some((record.id, service_of(&record.fqn)?)))
        .collect();
    let mut services: HashMap<String, Option<RecordId>> = HashMap::new();
    for (product, assets) in firsts {
        let Some(fqn) = assets.iter().find_map(|asset| tables.get(asset)) else { continue };
        let service = match services.get(fqn) {
            Some(known) => *known,
            None => {
                let record = snapshot.by_fqn(account, catalog.kind("database_service"), &[fqn]).await?;
                let id = record.into_iter().flatten().next().map(|record| record.id);
                services.insert(fqn.clone(), id);
                id
            }
        };
        if let Some(service) = service {
            found.insert(product, service);
        }
    }
    Ok(found)
}

/// The service record of one product.
pub async fn of_product(catalog: &Catalog, snapshot: &dyn Snapshot, view: &View) -> Result<Option<Record>, Failure> {
    let id = of_products(catalog, snapshot, std::slice::from_ref(view)).await?.remove(&view.id());
    let Some(id) = id else { return Ok(None) };
    let record = snapshot.by_id(view.record.account, &[id]).await?.into_iter().flatten().next();
    Ok(record.filter(|record| record.state.is_alive()))
}

/// A target for the edge to the service.
pub fn target(catalog: &Catalog, service: RecordId) -> emporion_catalog::command::Target {
    emporion_catalog::command::Target::of(refs::data_source(catalog, service.uuid()))
}

/// The FQN of the service that a table stands under.
fn service_of(table_fqn: &str) -> Option<String> {
    Some(name::quote(name::split(table_fqn)?.first()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_is_the_first_part_of_a_table_s_name() {
        assert_eq!(service_of("warehouse.shop.sales.orders").as_deref(), Some("warehouse"));
        assert_eq!(service_of("\"a.b\".shop.sales.orders").as_deref(), Some("\"a.b\""));
        assert_eq!(service_of("broken."), None);
    }

    #[test]
    fn the_next_mark_outdoes_every_other_one() {
        let [oldest, other] = [RecordId::fresh(), RecordId::fresh()];
        let marks = Marks { latest: None, oldest: Some(oldest) };
        assert_eq!(marks.default(), Some(oldest));
        let first = marks.next(other, 1_800_000_000_000);
        let marks = Marks { latest: Some((other, first.clone())), oldest: None };
        assert_eq!(marks.default(), Some(other));
        // Also when the clock stands still, or went back.
        assert!(marks.next(oldest, 999_999_999_999) > first);
        assert!(unmark(other) < first, "who is unmarked is not found in place of who is marked");
    }
}
