//! The other tables of products that their statements name: with their columns it can be told whose a column is.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use emporion_catalog::id::RecordId;
use emporion_catalog::name;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::Record;
use emporion_catalog::relation;
use emporion_catalog::spelling::{decode, encode};
use emporion_edge::apart::apart;
use emporion_semantic::guard::tables_named;
use serde_json::Value;

use super::products::{Held, in_time, sql};
use super::statement::{Losing, Other, Place};
use crate::fault::Fault;

/// Names of tables that are looked up, and tables that have the same one, wherever they are.
const MOST_NAMES: usize = 20;
const MOST_NAMESAKES: u32 = 25;
/// How long names are looked for in statements; what is left then is not looked into.
const PATIENCE: Duration = Duration::from_millis(100);

/// The products with those tables of theirs, as far as the visitor sees them.
pub async fn found(reading: &Reading<'_>, held: Vec<Held>, losing: &Arc<Losing>) -> Result<Vec<Held>, Fault> {
    if held.iter().all(|one| one.queries.is_empty()) {
        return Ok(held);
    }
    let of = losing.clone();
    let (mut held, names) = apart(move |_| named(held, &of)).await?;
    let kind = reading.catalog().kind("table");
    let mut is_cut = names.len() > MOST_NAMES;
    let mut alike: Vec<RecordId> = Vec::new();
    for name in names.iter().take(MOST_NAMES) {
        let found = reading.namesakes(kind, &name::fold(&encode(name)), States::Alive, MOST_NAMESAKES).await?;
        is_cut |= found.len() >= MOST_NAMESAKES as usize;
        let is_beside = |record: &&Record| Place::of(&record.fqn).is_some_and(|place| place.is_beside(&losing.place));
        alike.extend(found.iter().filter(is_beside).map(|record| record.id));
    }
    let of_product = |one: &Held| ListQuery {
        ids: Some(alike.clone()),
        linked_from: Some((one.id, relation::HAS_ASSET)),
        ..ListQuery::of(reading.account(), kind)
    };
    let tables = reading.lists(held.iter().map(of_product).collect()).await?;
    for (one, tables) in held.iter_mut().zip(tables) {
        one.others = tables.iter().filter_map(other).collect();
        one.is_cut |= is_cut && !one.queries.is_empty();
    }
    Ok(held)
}

/// With the statements that have the name of a column, and with the names of tables in these, but for case.
fn named(mut held: Vec<Held>, losing: &Losing) -> (Vec<Held>, BTreeSet<String>) {
    let until = Instant::now() + PATIENCE;
    let mut names = BTreeSet::new();
    for one in &mut held {
        // Most have the name of no column, and are not looked into.
        let mut is_late = false;
        one.queries.retain(|query| {
            is_late |= Instant::now() >= until;
            !is_late && !losing.named(sql(query)).is_empty()
        });
        one.is_cut |= is_late;
        for query in in_time(&one.queries, until, &mut one.is_cut) {
            let tables = tables_named(sql(query), losing.dialect);
            names.extend(tables.iter().map(|named| name::fold(&named.table.name)));
        }
    }
    (held, names)
}

pub fn other(record: &Record) -> Option<Other> {
    let columns = record.body.get("columns").and_then(Value::as_array).into_iter().flatten();
    let names = columns.filter_map(|column| column.get("name")?.as_str());
    let columns: Vec<String> = names.map(|name| decode(name).into_owned()).collect();
    // Without columns it is not known what it has.
    Some(Other { place: Place::of(&record.fqn)?, columns }).filter(|other| !other.columns.is_empty())
}
