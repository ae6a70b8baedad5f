//! Questions for what records were.

use std::cmp::Reverse;

use emporion_model::id::{Millis, RecordId, Revision};
use emporion_model::kind::Kind;
use emporion_model::ports::{PastState, StatePlace};
use emporion_model::record::{Edge, Record};
use emporion_model::relation::Relation;
use rusqlite::params;
use rusqlite::types::ValueRef;
use uuid::Uuid;

use super::error::SqliteError;
use super::read::Reader;
use super::statement::{Text, const_format};
use crate::rows::{self, EDGE, RECORD, SHARED, signed};

static LIVING_AT: Text = Text::new();
static ENDED_AT: Text = Text::new();
static EVER_TO: Text = Text::new();
static PRESENT: Text = Text::new();
static PAST: Text = Text::new();

/// Where present and past states stand.
const TABLES: [&str; 2] = ["records", "revisions"];

/// The places of the newest states of a kind below a record. The kind stands in the text, since the index that has them
/// in this order is of some kinds alone (see `0017_told_parts.sql`): of others all states are walked through.
fn below(table: &str, kind: &str) -> String {
    format!(
        "SELECT updated_at, id, revision FROM {table} \
         WHERE parent = ?1 AND kind = '{kind}' AND (updated_at, id, revision) < (?2, ?3, ?4) \
         ORDER BY updated_at DESC, id DESC, revision DESC LIMIT ?5"
    )
}

impl Reader<'_> {
    pub fn edges_ever_to(
        &self,
        id: RecordId,
        relations: &[Relation],
        of: Kind,
        limit: u32,
    ) -> Result<Vec<Edge>, SqliteError> {
        let names: Vec<&str> = relations.iter().map(|relation| relation.name()).collect();
        let ever = const_format(&EVER_TO, || {
            let these = "target = ?1 AND relation IN (SELECT value FROM json_each(?2)) \
                         AND (SELECT kind FROM records WHERE records.id = source) = ?3";
            // Of all that somebody owns the index says which are the newest, and these alone are read.
            format!(
                "SELECT {EDGE}, NULL AS until FROM edges \
                 WHERE id IN (SELECT id FROM edges WHERE {these} ORDER BY id DESC LIMIT ?4) \
                 UNION ALL SELECT {EDGE}, until FROM past_edges WHERE {these} \
                 ORDER BY id DESC, since DESC LIMIT ?4"
            )
        });
        let names = serde_json::Value::from(names).to_string();
        self.all(ever, params![id.as_bytes(), names, of.name(), limit], |row| {
            let has_ended = row.get_ref(8)? != ValueRef::Null;
            self.codec.edge(row, has_ended)
        })
    }

    pub fn edges_at(&self, id: RecordId, revision: Revision) -> Result<Vec<Edge>, SqliteError> {
        let revision = signed(revision.0);
        let living = const_format(&LIVING_AT, || format!("SELECT {EDGE} FROM edges WHERE source = ?1 AND since <= ?2"));
        let ended = const_format(&ENDED_AT, || {
            format!("SELECT {EDGE}, until FROM past_edges WHERE source = ?1 AND until > ?2 AND since <= ?2")
        });
        let mut edges = self.all(living, params![id.as_bytes(), revision], |row| self.codec.edge(row, false))?;
        edges.extend(self.all(ended, params![id.as_bytes(), revision], |row| self.codec.edge(row, true))?);
        edges.sort_by(|a, b| {
            (a.relation.name(), a.at.as_str(), a.ord, a.id).cmp(&(b.relation.name(), b.at.as_str(), b.ord, b.id))
        });
        Ok(edges)
    }

    pub fn history(&self, id: RecordId, before: Option<Revision>, limit: u32) -> Result<Vec<Record>, SqliteError> {
        let before = before.map_or(i64::MAX, |revision| signed(revision.0));
        let present =
            const_format(&PRESENT, || format!("SELECT {RECORD} FROM records WHERE id = ?1 AND revision < ?2"));
        let past = const_format(&PAST, || {
            format!("SELECT {RECORD} FROM revisions WHERE id = ?1 AND revision < ?2 ORDER BY revision DESC LIMIT ?3")
        });
        let mut found = self.all(present, params![id.as_bytes(), before], |row| self.record(row))?;
        found.truncate(limit as usize);
        let rest = i64::from(limit) - found.len() as i64;
        if rest > 0 {
            // Newest first, so that who shares the body of the state after him finds it just before.
            let mut after = found.last().cloned();
            if after.is_none() {
                after = self.whole_from(id, before)?;
            }
            let states = self.all(past, params![id.as_bytes(), before, rest], |row| {
                let state = self.codec.past(row, after.as_ref())?;
                after = Some(state.clone());
                Ok(state)
            })?;
            found.extend(states);
        }
        Ok(found)
    }

    /// Of each kind the newest of either table; what stands in a row is not read.
    pub fn history_below(
        &self,
        parent: RecordId,
        kinds: &[Kind],
        before: Option<StatePlace>,
        limit: u32,
    ) -> Result<Vec<StatePlace>, SqliteError> {
        let end =
            || StatePlace { at: Millis(i64::MAX), id: RecordId::from_uuid(Uuid::max()), revision: Revision(u64::MAX) };
        let before = before.unwrap_or_else(end);
        let mut found = Vec::new();
        for (kind, table) in kinds.iter().flat_map(|kind| TABLES.map(|table| (kind, table))) {
            let (id, revision) = (before.id.as_bytes(), signed(before.revision.0));
            let of = params![parent.as_bytes(), before.at.0, id, revision, limit];
            found.extend(self.all(&below(table, kind.name()), of, |row| {
                let revision = Revision(rows::count(row, 2)?);
                Ok(StatePlace { at: Millis(row.get(0)?), id: rows::id(row, 1)?, revision })
            })?);
        }
        found.sort_unstable_by_key(|place| Reverse(*place));
        found.truncate(limit as usize);
        Ok(found)
    }

    /// The first state from a revision on that has a body of its own.
    fn whole_from(&self, id: RecordId, revision: i64) -> Result<Option<Record>, SqliteError> {
        let past = format!(
            "SELECT {RECORD} FROM revisions WHERE id = ?1 AND revision >= ?2 AND body <> '{SHARED}' \
             ORDER BY revision LIMIT 1"
        );
        let found = self.first(&past, params![id.as_bytes(), revision], |row| self.codec.record(row))?;
        if found.is_some() {
            return Ok(found);
        }
        self.first(&format!("SELECT {RECORD} FROM records WHERE id = ?1"), [id.as_bytes()], |row| self.record(row))
    }

    pub fn states(&self, wanted: &[(RecordId, Revision)]) -> Result<Vec<Option<PastState>>, SqliteError> {
        let state = |(id, revision): &(RecordId, Revision)| {
            let Some(record) = self.history(*id, Some(revision.next()), 1)?.pop() else { return Ok(None) };
            let edges = self.edges_at(*id, record.revision)?;
            Ok(Some((record, edges)))
        };
        wanted.iter().map(state).collect()
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    #[test]
    fn what_is_told_of_parts_is_read_in_its_order() {
        let mut connection = Connection::open_in_memory().unwrap();
        crate::sqlite::migrate::migrate(&mut connection).unwrap();
        for (table, kind) in
            TABLES.iter().flat_map(|table| ["semantic_model", "verified_query"].map(|kind| (table, kind)))
        {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", below(table, kind))).unwrap();
            let unbound = vec![rusqlite::types::Null; statement.parameter_count()];
            let steps =
                statement.query_map(rusqlite::params_from_iter(unbound), |row| row.get::<_, String>(3)).unwrap();
            let steps: Vec<String> = steps.map(Result::unwrap).collect();
            let index =
                format!("SEARCH {table} USING COVERING INDEX {table}_told (parent=? AND kind=? AND (updated_at");
            assert!(steps.len() == 1 && steps[0].starts_with(&index), "{steps:?}");
        }
    }
}
