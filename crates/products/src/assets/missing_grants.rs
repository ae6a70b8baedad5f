//! Telling that assets lend no rows to their product.

use std::collections::HashSet;

use emporion_catalog::id::RecordId;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::relation::HAS_ASSET;
use emporion_catalog::rows::grants;
use uuid::Uuid;

use super::product_assets::{Act, ProductAssets};
use crate::assets::input::AssetInput;
use crate::failure::Failure;
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
    let product_assets = ProductAssets::of(view, Vec::new());
    let links = product_assets.items.iter().enumerate();
    of_links(view, links.map(|(at, item)| (item.id, &item.fields, format!("/dataAssets/{at}"))))
}

/// An asset that somebody adds as a draft, and the table that its names mean, where the catalogue has it.
pub struct Named<'a> {
    pub fields: &'a AssetInput,
    /// Its place in the request.
    pub path: String,
    pub table: Option<RecordId>,
}

/// Drafts that would lend nothing, as far as the catalogue has their tables: who adds them does not hold the rows, or
/// wants it so.
///
/// Errors: 403 where he wants rows to be lent that he does not hold.
pub async fn of_drafts(reading: &Reading<'_>, drafts: &[Named<'_>]) -> Result<Vec<Warning>, Failure> {
    let held = held(reading, drafts.iter().filter_map(|draft| draft.table)).await?;
    let asked = drafts.iter().filter(|draft| draft.fields.is_lent == Some(true));
    held.all(asked.map(|draft| draft.table))?;
    let is_closed = |draft: &&Named<'_>| {
        let lends = |table: RecordId| held.has(table) && draft.fields.is_lent != Some(false);
        draft.table.is_some_and(|table| !lends(table))
    };
    let closed = drafts.iter().filter(is_closed).take(MOST_WARNINGS);
    Ok(closed.map(|draft| warning(&draft.fields.table_name, draft.path.clone())).collect())
}

/// Tables whose rows the caller holds.
pub struct Held {
    tables: HashSet<RecordId>,
    /// Also those that the catalogue does not have yet.
    everything: bool,
}

impl Held {
    pub fn has(&self, table: RecordId) -> bool {
        self.everything || self.tables.contains(&table)
    }

    /// Errors: 403 where he does not hold one of the tables.
    pub fn all(&self, tables: impl IntoIterator<Item = Option<RecordId>>) -> Result<(), Failure> {
        match self.everything || tables.into_iter().all(|table| table.is_some_and(|table| self.has(table))) {
            true => Ok(()),
            false => Err(not_held()),
        }
    }
}

/// What the caller holds of the tables.
pub async fn held(reading: &Reading<'_>, tables: impl IntoIterator<Item = RecordId>) -> Result<Held, Failure> {
    if reading.caller().principal.is_admin {
        return Ok(Held { tables: HashSet::new(), everything: true });
    }
    let tables: Vec<RecordId> = tables.into_iter().collect();
    let tables = reading.rows().held(&tables).await?;
    Ok(Held { tables, everything: false })
}

/// The refusal of who wants to lend what is not his.
pub fn not_held() -> Failure {
    Failure::forbidden("only those who hold the rows of a table grant them, or take them back")
}
