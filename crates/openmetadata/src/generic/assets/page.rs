//! Pages of what a domain, a product, a tag or a term holds.

use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::record::{Card, Record};
use emporion_catalog::relation::Relation;
use emporion_edge::shape::{Member, Struct};
use serde_json::{Value, json};

use crate::errors::OmResult;
use crate::members::*;
use crate::nouns;
use crate::operation::{Call, reference};
use crate::params;

const MOST: u32 = 1_000;
/// Records read at once while a list is put together.
const CHUNK: usize = 1_000;

pub static PAGING: Struct = Struct {
    name: "Paging",
    open: false,
    members: &[count("total"), text("before"), text("after"), count("offset"), count("limit")],
};
/// `{data: [EntityReference], paging}`.
pub static REFERENCE_LIST: Struct = Struct {
    name: "EntityReferenceList",
    open: false,
    members: &[
        Member { required: true, ..references("data") },
        Member { required: true, ..structure("paging", &PAGING) },
    ],
};

/// Which rows of a list are asked for, by number.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    pub offset: u32,
    pub limit: u32,
}

impl Window {
    /// `limit` and `offset` of a request.
    pub fn read(call: &Call, default: u32) -> OmResult<Window> {
        let query = call.request.query();
        Ok(Window { offset: params::offset(&query)?, limit: params::limit(&query, default, MOST)? })
    }

    pub fn of<T>(self, all: Vec<T>) -> Vec<T> {
        all.into_iter().skip(self.offset as usize).take(self.limit as usize).collect()
    }

    pub fn page(self, data: Vec<Value>, total: u64) -> Value {
        json!({"data": data, "paging": {"total": total, "offset": self.offset, "limit": self.limit}})
    }
}

/// References to the records, in their order.
pub fn references_to(call: &Call, cards: &[Card]) -> Vec<Value> {
    let base = call.base_url();
    cards.iter().map(|card| reference(&call.door, &base, card, false)).collect()
}

/// The records that have an edge of the relation to the target, kind by kind and by name within a kind.
///
/// Cost: one count for each kind that can have the edge, and the rows up to the end of the page.
pub async fn sources(
    call: &Call,
    relation: Relation,
    target: RecordId,
    leave_out: &[&str],
    window: Window,
) -> OmResult<(Vec<Card>, u64)> {
    let catalog = &call.door.catalog;
    let reading = call.reading().await?;
    let kinds: Vec<_> = catalog
        .registry()
        .iter()
        .filter(|kind| {
            kind.has(relation) && !kind.0.part && !leave_out.contains(&kind.name()) && !nouns::is_aside(kind.name())
        })
        .collect();
    let (mut cards, mut total) = (Vec::new(), 0_u64);
    let (mut skip, mut wanted) = (u64::from(window.offset), window.limit as usize);
    for kind in kinds {
        let query = ListQuery { linked: vec![(relation, vec![target])], ..ListQuery::of(call.caller.account(), kind) };
        let of_kind = reading.count(query.clone()).await?;
        total += of_kind;
        if wanted == 0 || skip >= of_kind {
            skip = skip.saturating_sub(of_kind);
            continue;
        }
        let limit = u32::try_from(skip).unwrap_or(u32::MAX).saturating_add(window.limit);
        let page = ListQuery { limit, ..query };
        let views = reading.list(page, &Depth::bare()).await?.views;
        let fresh: Vec<Card> =
            views.iter().skip(skip as usize).take(wanted).map(|view| Card::of(&view.record)).collect();
        wanted -= fresh.len();
        skip = 0;
        cards.extend(fresh);
    }
    Ok((cards, total))
}

/// The records of these ids that are alive and that the caller sees, in the order of the ids.
pub async fn seen(call: &Call, ids: &[RecordId]) -> OmResult<Vec<Record>> {
    let reading = call.reading().await?;
    let mut seen = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        seen.extend(reading.records(chunk, States::Alive).await?);
    }
    Ok(seen)
}
