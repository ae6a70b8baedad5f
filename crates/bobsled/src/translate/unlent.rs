//! Telling that assets lend no rows to their product.

use std::collections::HashSet;

use emporion_catalog::id::RecordId;
use emporion_catalog::record::{Record, View};
use emporion_catalog::relation::HAS_ASSET;
use emporion_catalog::rows::grants;
use uuid::Uuid;

use super::holdings::{Act, Holdings};
use super::tables::Tables;
use crate::asset_list::AssetInput;
use crate::error::Failure;
use crate::look::Look;
use crate::message::Message;
use crate::warning::Warning;

const ROWS_NOT_GRANTED: &str = "ROWS_NOT_GRANTED";
/// A product that leaves more of them closed is told of these.
const MOST_WARNINGS: usize = 100;

fn warning(table: &str, path: String) -> Warning {
    let message = "the rows of \"{}\" were not granted to the {product}: whoever holds them may";
    Warning::new(ROWS_NOT_GRANTED, Message::with(message, [table]), Some(path))
}

/// Of these assets, those that lend nothing; each with its place in the request.
pub fn of_links<'a>(view: &View, links: impl Iterator<Item = (Uuid, &'a AssetInput, String)>) -> Vec<Warning> {
    let assets = view.edges.iter().filter(|edge| edge.relation == HAS_ASSET);
    let lent: HashSet<Uuid> = assets.filter(|edge| grants::is_granted(edge)).map(|edge| edge.id.uuid()).collect();
    let closed = links.filter(|(id, _, _)| !lent.contains(id));
    closed.take(MOST_WARNINGS).map(|(_, fields, path)| warning(&fields.table_name, path)).collect()
}

/// Of what a change added to the live list, or left there under another table, with its place in the request.
pub fn of_acts(view: &View, acts: &[Act]) -> Vec<Warning> {
    let links = acts.iter().filter_map(|act| match act {
        Act::Add { id, fields, path } | Act::Change { id, fields, path } => Some((*id, fields, path.clone())),
        Act::Remove { .. } => None,
    });
    of_links(view, links)
}

/// Of everything that is live, by its place in the list of assets.
pub fn of_product(view: &View) -> Vec<Warning> {
    let holdings = Holdings::of(view, Vec::new());
    let links = holdings.items.iter().enumerate();
    of_links(view, links.map(|(at, item)| (item.id, &item.fields, format!("/dataAssets/{at}"))))
}

/// Drafts that would lend nothing, as far as the catalogue has their tables: who adds them does not hold the rows.
pub async fn of_drafts(
    look: &Look<'_>,
    service: Option<Record>,
    drafts: &[(&AssetInput, String)],
) -> Result<Vec<Warning>, Failure> {
    // Administrators hold everything.
    if look.caller.principal.is_admin || drafts.is_empty() {
        return Ok(Vec::new());
    }
    let mut tables = Tables::below(service, &look.door.catalog, look.snapshot, look.caller);
    let wanted: Vec<&AssetInput> = drafts.iter().map(|(fields, _)| *fields).collect();
    let found = tables.find(&wanted).await?;
    let ids: Vec<RecordId> = found.iter().flatten().map(|table| table.id).collect();
    let held = look.door.catalog.rows(look.snapshot, look.caller).held(&ids).await?;
    let closed = drafts.iter().zip(&found).filter(|(_, table)| table.as_ref().is_ok_and(|it| !held.contains(&it.id)));
    Ok(closed.take(MOST_WARNINGS).map(|((fields, path), _)| warning(&fields.table_name, path.clone())).collect())
}
