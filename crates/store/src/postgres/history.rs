//! Questions for what records were.

use std::cmp::Reverse;
use std::sync::LazyLock;

use emporion_model::id::{Millis, RecordId, Revision};
use emporion_model::kind::Kind;
use emporion_model::ports::{PastState, StatePlace};
use emporion_model::record::{Edge, Record};
use emporion_model::relation::Relation;
use tokio_postgres::Row;
use uuid::Uuid;

use super::error::PostgresError;
use super::read::Reader;
use super::session::Params;
use crate::rows::{self, Columns, EDGE, RECORD, SHARED, signed};

static LIVING_AT: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {EDGE} FROM edges WHERE source = $1 AND since <= $2"));
static ENDED_AT: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {EDGE}, until FROM past_edges WHERE source = $1 AND until > $2 AND since <= $2"));
static EVER_TO: LazyLock<String> = LazyLock::new(|| {
    let these = "target = $1 AND relation = ANY($2) AND (SELECT kind FROM records WHERE records.id = source) = $3";
    format!(
        "SELECT {EDGE}, NULL::bigint AS until FROM edges WHERE {these} \
         UNION ALL SELECT {EDGE}, until FROM past_edges WHERE {these} ORDER BY id DESC, since DESC LIMIT $4"
    )
});
static PRESENT: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {RECORD} FROM records WHERE id = $1 AND revision < $2"));
static PAST: LazyLock<String> = LazyLock::new(|| {
    format!("SELECT {RECORD} FROM revisions WHERE id = $1 AND revision < $2 ORDER BY revision DESC LIMIT $3")
});
/// The first state from a revision on that has a body of its own.
static WHOLE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "(SELECT {RECORD} FROM revisions WHERE id = $1 AND revision >= $2 AND body <> '{SHARED}' \
         ORDER BY revision LIMIT 1) UNION ALL SELECT {RECORD} FROM records WHERE id = $1"
    )
});

/// The places of the newest states of a kind below a record. The kind stands in the text, since the index that has
/// them in this order is of some kinds alone.
fn below(table: &str, kind: &str) -> String {
    format!(
        "SELECT updated_at, id, revision FROM {table} \
         WHERE parent = $1 AND kind = '{kind}' AND (updated_at, id, revision) < ($2, $3, $4) \
         ORDER BY updated_at DESC, id DESC, revision DESC LIMIT $5"
    )
}

impl Reader<'_> {
    pub async fn edges_ever_to(
        &self,
        id: RecordId,
        relations: &[Relation],
        of: Kind,
        limit: u32,
    ) -> Result<Vec<Edge>, PostgresError> {
        let names: Vec<&str> = relations.iter().map(|relation| relation.name()).collect();
        self.session
            .all(&EVER_TO, &[&id.uuid(), &names, &of.name(), &i64::from(limit)], |row| {
                self.codec.edge(row, !row.is_null(8)?)
            })
            .await
    }

    pub async fn edges_at(&self, id: RecordId, revision: Revision) -> Result<Vec<Edge>, PostgresError> {
        let (id, revision) = (id.uuid(), signed(revision.0));
        let living = self.session.all(&LIVING_AT, &[&id, &revision], |row| self.codec.known_edge(row, false)).await?;
        let ended = self.session.all(&ENDED_AT, &[&id, &revision], |row| self.codec.known_edge(row, true)).await?;
        let mut edges: Vec<Edge> = living.into_iter().chain(ended).flatten().collect();
        edges.sort_by(|a, b| {
            (a.relation.name(), a.at.as_str(), a.ord, a.id).cmp(&(b.relation.name(), b.at.as_str(), b.ord, b.id))
        });
        Ok(edges)
    }

    pub async fn history(
        &self,
        id: RecordId,
        before: Option<Revision>,
        limit: u32,
    ) -> Result<Vec<Record>, PostgresError> {
        let (id, before) = (id.uuid(), before.map_or(i64::MAX, |revision| signed(revision.0)));
        let mut found = self.session.all(&PRESENT, &[&id, &before], |row| self.codec.record(row)).await?;
        found.truncate(limit as usize);
        let rest = i64::from(limit) - found.len() as i64;
        if rest > 0 {
            // Newest first, so that who shares the body of the state after him finds it just before.
            let mut after = found.last().cloned();
            if after.is_none() {
                after = self.session.first(&WHOLE, &[&id, &before], |row| self.codec.record(row)).await?;
            }
            let read = |row: &Row| {
                let state = self.codec.past(row, after.as_ref())?;
                after = Some(state.clone());
                Ok(state)
            };
            found.extend(self.session.all(&PAST, &[&id, &before, &rest], read).await?);
        }
        Ok(found)
    }

    /// Of each kind the newest of either table; what stands in a row is not read.
    pub async fn history_below(
        &self,
        parent: RecordId,
        kinds: &[Kind],
        before: Option<StatePlace>,
        limit: u32,
    ) -> Result<Vec<StatePlace>, PostgresError> {
        let end =
            || StatePlace { at: Millis(i64::MAX), id: RecordId::from_uuid(Uuid::max()), revision: Revision(u64::MAX) };
        let before = before.unwrap_or_else(end);
        let (id, revision, most) = (before.id.uuid(), signed(before.revision.0), i64::from(limit));
        let mut found = Vec::new();
        for (kind, table) in kinds.iter().flat_map(|kind| ["records", "revisions"].map(|table| (kind, table))) {
            let sql = below(table, kind.name());
            let read = |row: &Row| {
                let revision = Revision(rows::count(row, 2)?);
                Ok(StatePlace { at: Millis(row.int(0)?), id: rows::id(row, 1)?, revision })
            };
            let of: Params<'_> = &[&parent.uuid(), &before.at.0, &id, &revision, &most];
            found.extend(self.session.all(&sql, of, read).await?);
        }
        found.sort_unstable_by_key(|place| Reverse(*place));
        found.truncate(limit as usize);
        Ok(found)
    }

    pub async fn states(&self, wanted: &[(RecordId, Revision)]) -> Result<Vec<Option<PastState>>, PostgresError> {
        let mut states = Vec::with_capacity(wanted.len());
        for (id, revision) in wanted {
            states.push(match self.history(*id, Some(revision.next()), 1).await?.pop() {
                Some(record) => {
                    let edges = self.edges_at(*id, record.revision).await?;
                    Some((record, edges))
                }
                None => None,
            });
        }
        Ok(states)
    }
}
