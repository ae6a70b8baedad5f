//! Pages of assets: those that a record leads to, and those that lead to it.

use emporion_catalog::id::RecordId;
use emporion_catalog::kind::{Asset, Kind};
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::record::{Card, Record, View};
use emporion_catalog::relation::Relation;
use emporion_edge::shape::{Member, Shape, Struct};
use serde_json::{Value, json};

use crate::asset_relation::AssetRelation;
use crate::errors::{OmError, OmResult};
use crate::members::*;
use crate::nouns;
use crate::operation::{Call, entity_or_reference, reference};
use crate::params;

const MOST: u32 = 1_000;
/// How many entities a page has where the request does not say.
pub const ENTITIES: u32 = 50;
/// What `fields` may ask of entities.
const FIELDS: &[&str] = &["owners", "tags", "followers", "domains", "votes", "extension"];
/// Records read at once while a list is put together.
const CHUNK: usize = 1_000;

static PAGING: Struct = Struct {
    name: "Paging",
    open: false,
    members: &[count("total"), text("before"), text("after"), count("offset"), count("limit")],
};
/// `{data: [EntityReference], paging}`.
pub static REFERENCE_LIST: Struct = Struct {
    name: "EntityReferenceList",
    open: false,
    members: &[Member::required("data", REFERENCES), Member::required("paging", Shape::Struct(&PAGING))],
};

/// The same with whole entities.
pub static ENTITY_LIST: Struct = Struct {
    name: "PortList",
    open: false,
    members: &[Member::required("data", list(&Shape::Object)), Member::required("paging", Shape::Struct(&PAGING))],
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

/// What the request asks of entities in a list, whatever their type.
pub fn fields(call: &Call) -> OmResult<Vec<String>> {
    let query = call.request.query();
    let text = params::value(&query, "fields").unwrap_or("");
    let (mut fields, mut all): (Vec<String>, bool) = (Vec::new(), false);
    for field in text.split(',').map(str::trim).filter(|field| !field.is_empty()) {
        match field {
            "*" => all = true,
            known if FIELDS.contains(&known) => fields.push(known.to_owned()),
            other => return Err(OmError::invalid_field(other)),
        }
    }
    Ok(if all { FIELDS.iter().map(|field| (*field).to_owned()).collect() } else { fields })
}

/// What a record leads to by a relation.
pub fn ids(view: &View, relation: Relation) -> impl Iterator<Item = RecordId> {
    view.edges.iter().filter(move |edge| edge.relation == relation).map(|edge| edge.to)
}

/// One page of what a record leads to: each as the entity that it is, with these fields, or as a reference.
pub async fn held(
    call: &Call,
    holder: &View,
    relation: Relation,
    window: Window,
    fields: Option<&[String]>,
) -> OmResult<Value> {
    let held = seen(call, &ids(holder, relation).collect::<Vec<_>>()).await?;
    let (total, base) = (held.len() as u64, &call.base);
    let mut data = Vec::new();
    for record in window.of(held) {
        data.push(match fields {
            Some(fields) => entity_or_reference(call, record, fields).await?,
            None => reference(&call.door, base, &Card::of(&record), false),
        });
    }
    Ok(window.page(data, total))
}

/// Whether lists and counts of what leads to a holder show records of the kind.
pub fn lists(holds: &AssetRelation, kind: Kind) -> bool {
    let is_meant = !holds.only_listed || kind.0.asset != Asset::No;
    is_meant && !holds.leave_out.contains(&kind.name()) && !nouns::is_aside(kind.name())
}

/// One page of references to what leads to a record, kind by kind and by name within a kind.
///
/// Cost: one count for each kind that can have the edge, and the rows up to the end of the page.
pub async fn bearing(call: &Call, holds: &AssetRelation, holder: RecordId, window: Window) -> OmResult<Value> {
    let (reading, base) = (call.reading().await?, &call.base);
    let kinds = call.door.catalog.registry().iter();
    let kinds = kinds.filter(|kind| kind.has(holds.relation) && !kind.0.part && lists(holds, *kind));
    let (mut data, mut total) = (Vec::new(), 0_u64);
    let (mut skip, mut wanted) = (u64::from(window.offset), window.limit as usize);
    for kind in kinds {
        let linked = vec![(holds.relation, vec![holder])];
        let query = ListQuery { linked, ..ListQuery::of(call.caller.account(), kind) };
        let of_kind = reading.count(query.clone()).await?;
        total += of_kind;
        if wanted == 0 || skip >= of_kind {
            skip = skip.saturating_sub(of_kind);
            continue;
        }
        let limit = u32::try_from(skip).unwrap_or(u32::MAX).saturating_add(window.limit);
        let page = ListQuery { limit, ..query };
        let views = reading.list(page, &Depth::bare()).await?.views;
        let fresh = views.iter().skip(skip as usize).take(wanted);
        let before = data.len();
        data.extend(fresh.map(|view| reference(&call.door, base, &Card::of(&view.record), false)));
        wanted -= data.len() - before;
        skip = 0;
    }
    Ok(window.page(data, total))
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
