//! What somebody may ask of a product: its tables and those of the products that it is composed of, by data source.

pub mod column_masks;
pub mod followed;
pub mod following;
pub mod literals;
pub mod queryable;
pub mod row_filters;
pub mod shown_elsewhere;
pub mod unfiltered_views;

use std::collections::{BTreeSet, HashMap, HashSet};

use emporion_catalog::denials::Denials;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::reading::{Seen, SeenId, Through};
use emporion_catalog::record::{Record, View};
use emporion_catalog::relation::{EDITOR, HAS_ASSET, OWNER, OWNING_TEAM, SERVED_BY, VIEWER};
use emporion_catalog::rows::filters;
use serde_json::Value;

use self::column_masks::{ColumnMasks, MaskedColumns};
use self::followed::{Followed, Following, LinkRefusal};
use self::row_filters::RowFilters;
use crate::assets::relations::{self, Relation};
use crate::content_state::ContentState;
use crate::failure::Failure;
use crate::message::Message;
use crate::parts::compositions::graph::{self, MAX_DEPTH, source_of};
use crate::parts::{compositions, item};
use crate::read_context::ReadContext;

/// A table that a statement may read.
#[derive(Debug, Clone)]
pub struct Reach {
    pub relation: Relation,
    /// Only rows that fulfil it are seen.
    pub filter: Option<String>,
    /// And that refer to rows of others that are seen.
    pub links: Vec<Followed>,
    /// It should follow filters, and cannot.
    pub refused: Option<LinkRefusal>,
    /// `false` for what a composition leaves out: others may refer to it.
    pub is_offered: bool,
    /// Columns of which something else is seen than their values.
    pub masked: MaskedColumns,
    /// The columns that may be named; all of them where it is not said.
    pub only: Option<BTreeSet<String>>,
}

/// The tables of one data source. A statement reads one source.
#[derive(Debug, Clone)]
pub struct Group {
    /// `None`: the product has none, and its tables are not in the catalogue.
    pub service: Option<Through>,
    pub tables: Vec<Reach>,
}

/// Whose eyes look at the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// The caller's: his row filters and column masks hold, and what he may not query himself is not there.
    Own,
    /// Everybody's: for statements that are kept for others.
    All,
}

/// What a view must hold to be asked.
pub fn depth() -> Depth {
    Depth::of(&[HAS_ASSET, SERVED_BY, OWNER, EDITOR, VIEWER, OWNING_TEAM], false)
}

/// That the caller reads no rows of a product, which whoever audits is told.
pub fn no_rows(product: &View, message: &'static str) -> Failure {
    Denials::of_rows(&product.record);
    Failure::forbidden(message)
}

/// What somebody may ask.
#[derive(Debug, Default)]
pub struct Reached {
    /// By data source, those of the product's own first.
    pub groups: Vec<Group>,
    /// Tables whose rows were not lent to the product, and those of products composed into it that the caller may not
    /// query.
    pub closed: Vec<Closed>,
    /// Somewhere in the catalogue the caller sees only a part of one of the tables.
    pub is_filtered: bool,
}

impl Reached {
    /// The same with those columns only that `only` names, by the place of the group; a table without any is not there,
    /// nor is one whose columns are not known.
    pub fn narrowed(&self, only: &dyn Fn(usize, &Relation) -> BTreeSet<String>) -> Reached {
        let groups = self.groups.iter().enumerate().map(|(at, group)| {
            let tables = group.tables.iter().filter_map(|reach| {
                let only = only(at, &reach.relation);
                let is_there = !only.is_empty() && !reach.relation.column_names().is_empty();
                is_there.then(|| Reach { only: Some(only), ..reach.clone() })
            });
            Group { service: group.service.clone(), tables: tables.collect() }
        });
        Reached { groups: groups.collect(), closed: Vec::new(), is_filtered: self.is_filtered }
    }
}

/// A table that is described and not to be read.
#[derive(Debug, Clone)]
pub struct Closed {
    pub service: Option<String>,
    pub database: Option<String>,
    pub schema: Option<String>,
    pub name: String,
    /// The caller sees the table, so he may be told its name.
    pub is_seen: bool,
    /// Its rows were lent, and it cannot follow his row filters as it should.
    pub refused: Option<LinkRefusal>,
}

impl Closed {
    async fn of(cx: &ReadContext<'_>, relation: Relation, refused: Option<LinkRefusal>) -> Result<Closed, Failure> {
        let Relation { record, service, database, schema, name, .. } = relation;
        let is_seen = match &record {
            Some(record) => cx.reading.sees(record).await?,
            None => true,
        };
        Ok(Closed { service, database, schema, name, is_seen, refused })
    }
}

/// The tables of a product, those of its own data source first.
///
/// Errors: 403 when a row filter or a mask of the caller is for none of the tables: it may be meant for one that would be
/// open then.
pub async fn of_product(
    cx: &ReadContext<'_>,
    view: &View,
    state: ContentState,
    rows: Rows,
) -> Result<Reached, Failure> {
    let mut tables = of_view(cx, view, state, rows).await?;
    let mut following = Following::default();
    if rows == Rows::Own {
        following.note(view, &cx.reading.caller().principal, &tables)?;
    }
    let beyond = composed(cx, SeenId::from(view), state, rows, &mut tables, &mut following).await?;
    if rows == Rows::All {
        return Ok(Reached { groups: grouped(cx, view, tables).await?, ..Reached::default() });
    }
    // What is offered first: a table that a composition leaves out lends nothing.
    tables.sort_by_key(|reach| !reach.is_offered);
    let mut tables = merged(tables)?;
    following.follow(cx, &mut tables).await?;
    tables.retain(|reach| reach.is_offered);
    let records: Vec<&Record> = tables.iter().filter_map(|reach| reach.relation.record.as_deref()).collect();
    let reader = cx.reading.rows();
    let filtered = reader.uncounted(&records).await?;
    let (mut open, mut closed) = (Vec::new(), Vec::new());
    let held = if state == ContentState::Drafted { held(cx, &tables).await? } else { HashSet::new() };
    for relation in beyond {
        closed.push(Closed::of(cx, relation, None).await?);
    }
    for reach in tables {
        let is_held = reach.relation.record.as_ref().is_some_and(|record| held.contains(&record.id));
        let is_open = reach.relation.is_lent || is_held;
        if is_open && reach.refused.is_none() {
            open.push(reach);
            continue;
        }
        closed.push(Closed::of(cx, reach.relation, reach.refused.filter(|_| is_open)).await?);
    }
    Ok(Reached { groups: grouped(cx, view, open).await?, closed, is_filtered: !filtered.is_empty() })
}

/// Each table once: one that several products have is seen under all the caller's filters and masks for it, in whichever order
/// the products are composed, and as the first of them that lends it.
///
/// Errors: 403 where the caller's filter in one product reads a column that another product masks from him: who writes such
/// filters would ask out what is masked.
fn merged(tables: Vec<Reach>) -> Result<Vec<Reach>, Failure> {
    let mut merged: Vec<Reach> = Vec::with_capacity(tables.len());
    let mut places: HashMap<RecordId, usize> = HashMap::new();
    for reach in tables {
        let known = reach.relation.record.as_ref().and_then(|record| places.get(&record.id).copied());
        let Some(at) = known else {
            places.extend(reach.relation.record.as_ref().map(|record| (record.id, merged.len())));
            merged.push(reach);
            continue;
        };
        let first = &mut merged[at];
        let reads =
            |one: &Reach, masked: &MaskedColumns| one.filter.as_ref().is_some_and(|it| column_masks::names(it, masked));
        if reads(&reach, &first.masked) || reads(first, &reach.masked) {
            let message = "your row filter for \"{}\" in one product reads a column that another product masks";
            return Err(Failure::forbidden(Message::with(message, [first.relation.name.as_str()])));
        }
        let filters: Vec<String> = first.filter.take().into_iter().chain(reach.filter).collect();
        first.filter = Some(filters.join(" AND ")).filter(|condition| !condition.is_empty());
        column_masks::join(&mut first.masked, reach.masked);
        if reach.is_offered && reach.relation.is_lent && !first.relation.is_lent {
            first.relation = reach.relation;
        }
    }
    Ok(merged)
}

/// Those of the tables that lend nothing whose rows the caller holds: a draft of his shows him his own rows.
async fn held(cx: &ReadContext<'_>, tables: &[Reach]) -> Result<HashSet<RecordId>, Failure> {
    let unlent = tables.iter().filter(|reach| !reach.relation.is_lent);
    let unlent: Vec<RecordId> = unlent.filter_map(|reach| Some(reach.relation.record.as_ref()?.id)).collect();
    if unlent.is_empty() {
        return Ok(HashSet::new());
    }
    Ok(cx.reading.rows().held(&unlent).await?)
}

async fn of_view(cx: &ReadContext<'_>, view: &View, state: ContentState, rows: Rows) -> Result<Vec<Reach>, Failure> {
    let principal = &cx.reading.caller().principal;
    let (mut filters, mut masks) = match rows {
        Rows::All => (RowFilters::default(), ColumnMasks::none(view)),
        Rows::Own => (RowFilters::of(filters::of_principal(view, principal)), ColumnMasks::of(view, principal)),
    };
    let cx = ReadContext { product: SeenId::from(view), ..*cx };
    let relations = relations::of_view(&cx, view, state).await?;
    // Rows are read of tables that the catalogue knows: a draft may name anything that the source has.
    let known = relations.into_iter().filter(|relation| rows == Rows::All || relation.record.is_some());
    let mut tables = Vec::new();
    for relation in known {
        let (filter, masked) = (filters.of_table(&relation), masks.of_table(&relation)?);
        tables.push(Reach { filter, masked, relation, links: Vec::new(), refused: None, is_offered: true, only: None });
    }
    if let Some(name) = filters.unused() {
        let message = Message::with("your row filter for \"{}\" belongs to none of the tables", [name]);
        return Err(Failure::forbidden(message));
    }
    if let Some(name) = masks.unused() {
        let message = Message::with("your column masks for \"{}\" belong to none of the tables", [name]);
        return Err(Failure::forbidden(message));
    }
    Ok(tables)
}

/// The same for the products that it is composed of, as far as the caller may see, and for his own rows ask, them: a
/// composition lends what was lent to its sources, to those who may read it there. Answers the tables of sources that he
/// sees and may not read; of one that he does not see he cannot tell what it has.
async fn composed(
    cx: &ReadContext<'_>,
    product: SeenId,
    state: ContentState,
    rows: Rows,
    tables: &mut Vec<Reach>,
    following: &mut Following,
) -> Result<Vec<Relation>, Failure> {
    let reader = cx.reading.rows();
    let mut closed = Vec::new();
    let mut level = vec![(product, state)];
    for _ in 0..MAX_DEPTH {
        let mut next = Vec::new();
        for (product, state) in std::mem::take(&mut level) {
            let spec = &compositions::spec::SPEC;
            let items = item::of_product(spec, cx.reading, product).await?;
            for fields in items.iter().filter_map(|item| item.seen(state)) {
                let Some(source) = source_of(fields) else { continue };
                let Some(view) = graph::seen(cx, source, &depth()).await? else { continue };
                let includes = |relation: &Relation| graph::includes(fields.get("include"), &relation.name);
                if rows == Rows::Own && reader.may_query(&view).await?.is_none() {
                    let cx = ReadContext { product: SeenId::from(&view), ..*cx };
                    let offered = relations::of_view(&cx, &view, ContentState::Live).await?;
                    closed.extend(offered.into_iter().filter(includes));
                    continue;
                }
                let offered = of_view(cx, &view, ContentState::Live, rows).await?;
                let alias = fields.get("alias").and_then(Value::as_str).unwrap_or_default();
                following.name(product.record_id(), alias, source);
                let follows = match rows {
                    Rows::Own => following.note(&view, &cx.reading.caller().principal, &offered)?,
                    Rows::All => false,
                };
                for mut reach in offered {
                    reach.is_offered = includes(&reach.relation);
                    tables.extend(Some(reach).filter(|reach| reach.is_offered || follows));
                }
                next.push((SeenId::from(&view), ContentState::Live));
            }
        }
        level = next;
    }
    Ok(closed)
}

async fn grouped(cx: &ReadContext<'_>, view: &View, tables: Vec<Reach>) -> Result<Vec<Group>, Failure> {
    let own = cx.reading.source_of(view).await?;
    let own_name = own.as_ref().map(|service| service.name.clone());
    let mut groups = vec![Group { service: own, tables: Vec::new() }];
    let mut places: HashMap<String, usize> = HashMap::new();
    for reach in tables {
        let Some(service) = reach.relation.service.clone().filter(|name| Some(name) != own_name.as_ref()) else {
            groups[0].tables.push(reach);
            continue;
        };
        let at = match places.get(&service) {
            Some(at) => *at,
            None => {
                let found = match &reach.relation.record {
                    Some(table) => cx.reading.source_above(table).await?,
                    None => None,
                };
                let found = found.filter(|record| record.state.is_alive());
                groups.push(Group { service: found, tables: Vec::new() });
                places.insert(service, groups.len() - 1);
                groups.len() - 1
            }
        };
        groups[at].tables.push(reach);
    }
    Ok(groups)
}
