//! Questions for what records were.

use emporion_model::id::{RecordId, Revision};
use emporion_model::kind::Kind;
use emporion_model::ports::PastState;
use emporion_model::record::{Edge, Record};
use emporion_model::relation::Relation;
use rusqlite::params;
use rusqlite::types::ValueRef;

use super::error::SqliteError;
use super::read::Reader;
use super::rows::{EDGE, RECORD, SHARED, signed};
use super::statement::{Text, const_format};

static LIVING_AT: Text = Text::new();
static ENDED_AT: Text = Text::new();
static EVER_TO: Text = Text::new();
static PRESENT: Text = Text::new();
static PAST: Text = Text::new();

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
            format!(
                "SELECT {EDGE}, NULL AS until FROM edges WHERE {these} \
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
