//! Which index a list is reached by.
//!
//! It is chosen here and named in the statement (`INDEXED BY`; PostgreSQL has statistics instead and takes the same
//! statement without it): the engine would otherwise guess, and a guess differs from store to store.

use std::borrow::Cow;

use emporion_model::id::RecordId;
use emporion_model::kind::Kind;
use emporion_model::query::{DeletedWith, ListQuery, Order, States};
use emporion_model::relation::Relation;
use rusqlite::params_from_iter;
use rusqlite::types::Value as Bound;

use super::super::error::SqliteError;
use super::super::read::Reader;
use super::{Sql, hex};
use crate::listed::{below, states};

/// A condition that fewer rows meet than this is looked up and sorted; others filter the list in its order.
pub(super) const FEW: i64 = 2_000;
/// As many records are read in their order in the time in which one is found by its id.
const READ_BY_ID: i64 = 8;

/// How a list is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Path {
    Ordered(Order),
    Parent,
    Hidden,
    /// Deleted by itself, by when that was.
    Deleted,
    /// By what it was deleted with.
    Root,
    Within,
    Ids,
    /// By the value of a listed field.
    Field(&'static str),
    /// By the edges of one of the query's `linked` conditions.
    Linked(usize),
}

impl Path {
    pub(super) fn index(self, kind: Kind) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Path::Ordered(Order::Name) => "records_by_name",
            Path::Ordered(Order::Created) => "records_by_created",
            Path::Ordered(Order::Updated) => "records_by_updated",
            Path::Parent => "records_by_parent",
            Path::Hidden => "records_hidden",
            Path::Deleted => "records_deleted",
            Path::Root => "records_by_root",
            Path::Within => "records_by_fqn",
            Path::Ids | Path::Linked(_) => "records_by_id",
            Path::Field(field) => return Cow::Owned(format!("{kind}_by_{field}")),
        })
    }
}

/// The first of its kind's listed fields that the query gives a text for.
fn listed(query: &ListQuery) -> Option<&'static str> {
    let is_given = |name: &str| query.fields.iter().any(|(field, value)| *field == name && value.is_string());
    query.kind.0.fields.iter().find(|field| field.listed && is_given(field.name)).map(|field| field.name)
}

impl Reader<'_> {
    /// The index that gives the fewest rows to look at.
    pub(super) fn path(&self, query: &ListQuery) -> Result<Path, SqliteError> {
        if query.ids.is_some() || query.linked_from.is_some() {
            return Ok(Path::Ids);
        }
        if let Some(DeletedWith::Record(_)) = query.deleted_with {
            return Ok(Path::Root);
        }
        for (place, (relation, targets)) in query.linked.iter().enumerate() {
            if self.links_to(*relation, targets)? < FEW {
                return Ok(Path::Linked(place));
            }
        }
        if query.hidden && self.records_hidden(query)? < FEW {
            return Ok(Path::Hidden);
        }
        let field = listed(query).map(Path::Field);
        if let Some(parent) = query.parent {
            return match field {
                Some(field) if self.children_of(query, parent)? >= FEW => Ok(field),
                _ => Ok(Path::Parent),
            };
        }
        if let Some(field) = field {
            return Ok(field);
        }
        if query.name.is_some() {
            return Ok(Path::Ordered(Order::Name));
        }
        // The index of names holds no record whose name is free again.
        if let Some(fqn) = &query.within
            && query.states != States::Dead
            && self.records_below(query, fqn)? < FEW
        {
            return Ok(Path::Within);
        }
        let is_dead = matches!(query.states, States::Deleted | States::Dead);
        if is_dead && query.deleted_with == Some(DeletedWith::Nothing) && query.order == Order::Updated {
            return Ok(Path::Deleted);
        }
        Ok(Path::Ordered(query.order))
    }

    /// The same of a count, which has no order to keep and no page to end with: what few of the kind have an edge of is found
    /// by these.
    pub(super) fn path_of_count(&self, query: &ListQuery) -> Result<Path, SqliteError> {
        let path = self.path(query)?;
        let Path::Ordered(_) = path else { return Ok(path) };
        let mut most = 0;
        if !query.linked.is_empty() {
            for state in states(query.states) {
                most += self.tally(query.account, query.kind, *state)?;
            }
        }
        for (place, (relation, targets)) in query.linked.iter().enumerate() {
            let few = most / READ_BY_ID;
            if few > FEW && self.links_up_to(*relation, targets, few)? < few {
                return Ok(Path::Linked(place));
            }
        }
        Ok(path)
    }

    pub(super) fn links_to(&self, relation: Relation, targets: &[RecordId]) -> Result<i64, SqliteError> {
        self.links_up_to(relation, targets, FEW)
    }

    fn links_up_to(&self, relation: Relation, targets: &[RecordId], most: i64) -> Result<i64, SqliteError> {
        self.probe(
            "SELECT count(*) FROM (SELECT 1 FROM edges WHERE relation = ?1 AND target IN \
             (SELECT unhex(value) FROM json_each(?2)) LIMIT ?3)",
            [relation.name().to_owned().into(), hex(targets).into(), most.into()],
        )
    }

    fn children_of(&self, query: &ListQuery, parent: RecordId) -> Result<i64, SqliteError> {
        self.probe(
            "SELECT count(*) FROM (SELECT 1 FROM records INDEXED BY records_by_parent WHERE parent = ?1 AND kind = ?2 \
             LIMIT ?3)",
            [parent.as_bytes().to_vec().into(), query.kind.name().to_owned().into(), FEW.into()],
        )
    }

    pub(super) fn records_hidden(&self, query: &ListQuery) -> Result<i64, SqliteError> {
        let from = "SELECT count(*) FROM (SELECT 1 FROM records INDEXED BY records_hidden WHERE ";
        let mut sql = Sql { text: from.to_owned(), values: Vec::new() };
        let account = sql.bind(query.account.as_bytes().to_vec());
        let kind = sql.bind(query.kind.name().to_owned());
        sql.push(&format!("account = {account} AND kind = {kind} AND visibility <> 0"));
        if let Some(fqn) = &query.within {
            sql.only_below(fqn);
        }
        let few = sql.bind(FEW);
        sql.push(&format!(" LIMIT {few})"));
        let n = self.first(&sql.text, params_from_iter(sql.values), |row| Ok(row.get(0)?))?;
        Ok(n.unwrap_or(0))
    }

    fn records_below(&self, query: &ListQuery, fqn: &str) -> Result<i64, SqliteError> {
        let (from, to) = below(fqn);
        self.probe(
            "SELECT count(*) FROM (SELECT 1 FROM records WHERE account = ?1 AND kind = ?2 AND fqn >= ?3 AND fqn < ?4 \
             AND state < 2 LIMIT ?5)",
            [
                query.account.as_bytes().to_vec().into(),
                query.kind.name().to_owned().into(),
                from.into(),
                to.into(),
                FEW.into(),
            ],
        )
    }

    fn probe<const N: usize>(&self, sql: &str, values: [Bound; N]) -> Result<i64, SqliteError> {
        let n = self.first(sql, params_from_iter(values), |row| Ok(row.get(0)?))?;
        Ok(n.unwrap_or(0))
    }
}
