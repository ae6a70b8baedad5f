//! Edges: what is asked of them, from records, to them, up and around them; how they begin and end.

use std::collections::HashSet;
use std::fmt::Write;
use std::sync::Arc;

use emporion_model::id::{AccountId, EdgeId, Millis, RecordId, Revision};
use emporion_model::ports::{Ending, Surroundings, Upward};
use emporion_model::record::Edge;
use emporion_model::relation::Relation;
use rusqlite::{CachedStatement, ToSql, params};

use super::apply::Batch;
use super::cache::{Edges, MOST_EDGES};
use super::error::SqliteError;
use super::read::Reader;
use super::statement::{IDS_A_TURN, Text, bind_after, const_format, marks, padded};
use crate::rows::{self, EDGE, signed, write_attributes};

/// So many pairs of a record and a relation are asked one by one where only the first edges to them are wanted.
const FEW_ENDS: usize = 8;
/// The engine looks for each of several relations anew: of so many all edges of a source are gone through instead.
const MANY_RELATIONS: usize = 4;
/// Edges of other relations that are passed over at most while one goes through them.
const MOST_PASSED_OVER: usize = 64;

static EDGES_OF: Text = Text::new();
static ALL_EDGES_OF: Text = Text::new();

impl Reader<'_> {
    pub fn edges_from(&self, ids: &[RecordId], relations: Option<&[Relation]>) -> Result<Vec<Edge>, SqliteError> {
        if relations.is_some_and(<[Relation]>::is_empty) {
            return Ok(Vec::new());
        }
        // Sources one after the other in the order of their ids, so that the whole answer is in order.
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let many = relations.filter(|relations| relations.len() >= MANY_RELATIONS);
        let mut all = None;
        let mut found = Vec::new();
        let mut missing = Vec::new();
        for id in ids {
            match self.kept_edges(id)?.as_deref() {
                Some(Edges::All(edges)) => {
                    let wanted = |edge: &&Edge| relations.is_none_or(|wanted| wanted.contains(&edge.relation));
                    found.extend(edges.iter().filter(wanted).cloned());
                }
                Some(Edges::TooMany) => missing.push(id),
                None => {
                    let are_found = match (many, &mut all) {
                        (None, _) => false,
                        (Some(wanted), Some(all)) => self.go_through(all, id, wanted, &mut found)?,
                        (Some(wanted), none) => {
                            self.go_through(none.insert(self.all_edges()?), id, wanted, &mut found)?
                        }
                    };
                    if !are_found {
                        missing.push(id);
                    }
                }
            }
        }
        if missing.is_empty() {
            return Ok(found);
        }
        let is_first = found.is_empty();
        self.read_edges(&missing, relations, &mut found)?;
        if !is_first {
            // Stable: the edges of one source stay as they are.
            found.sort_by_key(|edge| edge.from);
        }
        Ok(found)
    }

    pub fn edges_up(&self, account: AccountId, asked: &Upward<'_>) -> Result<Surroundings, SqliteError> {
        let mut found = self.edges_to(asked.members, &[asked.holding], u32::MAX)?;
        let mut seen: HashSet<RecordId> = HashSet::new();
        let mut level = asked.start(&found);
        loop {
            level.retain(|id| seen.insert(*id));
            if level.is_empty() {
                break;
            }
            let edges = self.edges_from(&level, Some(&[asked.relation]))?;
            level = edges.iter().map(|edge| edge.to).collect();
            found.extend(edges);
        }
        let cards = self.cards(account, &seen.into_iter().collect::<Vec<_>>())?;
        Ok((found, cards.into_iter().flatten().collect()))
    }

    /// All edges of a source, where they are known or worth knowing.
    fn kept_edges(&self, source: RecordId) -> Result<Option<Arc<Edges>>, SqliteError> {
        let Some((cache, version)) = self.cache else { return Ok(None) };
        if let Some(known) = cache.edges(source, version) {
            return Ok(Some(known));
        }
        if !cache.wants_edges(source) {
            return Ok(None);
        }
        let sql = const_format(&EDGES_OF, || {
            format!(
                "SELECT {EDGE} FROM edges WHERE source = ?1 ORDER BY relation, place, ord, id LIMIT {}",
                MOST_EDGES + 1
            )
        });
        let edges = self.all(sql, [source.as_bytes()], |row| self.codec.edge(row, false))?;
        let edges = if edges.len() > MOST_EDGES { Edges::TooMany } else { Edges::All(edges) };
        Ok(Some(cache.put_edges(source, edges, version)))
    }

    fn all_edges(&self) -> Result<CachedStatement<'_>, SqliteError> {
        let sql = const_format(&ALL_EDGES_OF, || {
            format!("SELECT {EDGE} FROM edges WHERE source = ?1 ORDER BY relation, place, ord, id")
        });
        Ok(self.connection.prepare_cached(sql)?)
    }

    /// Adds the edges of a source of these relations. Where too many others stand between them it adds none, and says so.
    fn go_through(
        &self,
        all: &mut CachedStatement<'_>,
        source: RecordId,
        wanted: &[Relation],
        found: &mut Vec<Edge>,
    ) -> Result<bool, SqliteError> {
        let (before, mut passed_over) = (found.len(), 0);
        let mut rows = all.query([source.as_bytes()])?;
        while let Some(row) = rows.next()? {
            let relation = rows::text(row, 2)?;
            if wanted.iter().any(|wanted| wanted.name() == relation) {
                found.push(self.codec.edge(row, false)?);
            } else if passed_over < MOST_PASSED_OVER {
                passed_over += 1;
            } else {
                found.truncate(before);
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn read_edges(
        &self,
        ids: &[RecordId],
        relations: Option<&[Relation]>,
        found: &mut Vec<Edge>,
    ) -> Result<(), SqliteError> {
        let names: Vec<&str> = relations.unwrap_or_default().iter().map(|relation| relation.name()).collect();
        // Chunks follow the order of ids, so that the whole answer does.
        for turn in ids.chunks(IDS_A_TURN) {
            let mut sql = format!("SELECT {EDGE} FROM edges WHERE ");
            let condition =
                if names.is_empty() { String::new() } else { format!("relation IN ({}) AND ", marks(names.len(), 1)) };
            let bound = if names.is_empty() { 0 } else { names.len().next_power_of_two() };
            let _ = write!(
                sql,
                "{condition}source IN ({}) ORDER BY source, relation, place, ord, id",
                marks(turn.len(), bound + 1)
            );
            let mut statement = self.connection.prepare_cached(&sql)?;
            let bound: Vec<&dyn ToSql> = padded(&names).map(|name| name as &dyn ToSql).collect();
            bind_after(&mut statement, &bound, turn)?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                found.push(self.codec.edge(row, false)?);
            }
        }
        Ok(())
    }

    pub fn edges_to(&self, ids: &[RecordId], relations: &[Relation], limit: u32) -> Result<Vec<Edge>, SqliteError> {
        self.edges_to_where("", ids, relations, limit)
    }

    /// The attribute is one of the core's constants; for that of row filters there is an index.
    pub fn edges_bearing(
        &self,
        attribute: &'static str,
        ids: &[RecordId],
        relations: &[Relation],
    ) -> Result<Vec<Edge>, SqliteError> {
        let bears = format!(" AND json_extract(attributes, '$.{attribute}') IS NOT NULL");
        self.edges_to_where(&bears, ids, relations, u32::MAX)
    }

    fn edges_to_where(
        &self,
        condition: &str,
        ids: &[RecordId],
        relations: &[Relation],
        limit: u32,
    ) -> Result<Vec<Edge>, SqliteError> {
        let mut found = Vec::new();
        if relations.is_empty() {
            return Ok(found);
        }
        let names: Vec<&str> = relations.iter().map(|relation| relation.name()).collect();
        // The index has the edges of one relation to one record in their order: the first of them are read alone.
        let is_begun = limit < u32::MAX && ids.len() * names.len() <= FEW_ENDS;
        let (ids_a_turn, names_a_turn) = if is_begun { (1, 1) } else { (IDS_A_TURN, names.len()) };
        let turns = ids.chunks(ids_a_turn).flat_map(|ids| names.chunks(names_a_turn).map(move |names| (ids, names)));
        let mut number = 0;
        for (ids, names) in turns {
            number += 1;
            let bound = names.len().next_power_of_two();
            let sql = format!(
                "SELECT {EDGE} FROM edges WHERE relation IN ({}) AND target IN ({}){condition} ORDER BY source, id LIMIT ?1",
                marks(names.len(), 2),
                marks(ids.len(), bound + 2)
            );
            let mut statement = self.connection.prepare_cached(&sql)?;
            let mut bound: Vec<&dyn ToSql> = vec![&limit];
            bound.extend(padded(names).map(|name| name as &dyn ToSql));
            bind_after(&mut statement, &bound, ids)?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                found.push(self.codec.edge(row, false)?);
            }
        }
        if number > 1 {
            found.sort_by_key(|edge| (edge.from, edge.id));
            found.dedup_by_key(|edge| edge.id);
            found.truncate(limit as usize);
        }
        Ok(found)
    }

    pub fn referrers(
        &self,
        target: RecordId,
        after: Option<(Relation, RecordId)>,
        limit: u32,
    ) -> Result<Vec<(Relation, RecordId)>, SqliteError> {
        let relation = after.map_or("", |(relation, _)| relation.name());
        let source = after.map_or_else(Vec::new, |(_, id)| id.as_bytes().to_vec());
        self.all(
            "SELECT DISTINCT relation, source FROM edges WHERE target = ?1 AND (relation, source) > (?2, ?3) \
             ORDER BY relation, source LIMIT ?4",
            params![target.as_bytes(), relation, source, limit],
            |row| self.codec.referrer(row),
        )
    }

    /// The relations are constants; the index holds the few edges that end.
    pub fn ending(&self, of: &[Relation], limit: u32) -> Result<Vec<Ending>, SqliteError> {
        let names: Vec<String> = of.iter().map(|relation| format!("'{}'", relation.name())).collect();
        let sql = format!(
            "SELECT json_extract(edges.attributes, '$.until') AS at, records.account, records.id \
             FROM edges CROSS JOIN records WHERE json_extract(edges.attributes, '$.until') IS NOT NULL \
             AND json_type(edges.attributes, '$.until') = 'integer' AND edges.relation IN ({}) \
             AND records.id = edges.source AND records.state = {} ORDER BY json_extract(edges.attributes, '$.until') LIMIT ?1",
            names.join(", "),
            rows::ALIVE,
        );
        self.all(&sql, [limit], |row| {
            let account = AccountId::from_uuid(rows::uuid(row, 1)?);
            Ok(Ending { at: Millis(row.get(0)?), account, record: rows::id(row, 2)? })
        })
    }
}

impl Batch<'_> {
    pub fn link<'e>(&self, edges: impl Iterator<Item = &'e Edge>) -> Result<(), SqliteError> {
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO edges (id, source, relation, place, ord, target, attributes, since) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        for edge in edges {
            insert.execute(params![
                edge.id.as_bytes(),
                edge.from.as_bytes(),
                edge.relation.name(),
                edge.at,
                edge.ord,
                edge.to.as_bytes(),
                write_attributes(&edge.attributes),
                signed(edge.since.0),
            ])?;
        }
        Ok(())
    }

    /// Ending what has ended already is nothing. An edge that lived for no revision leaves nothing behind.
    pub fn unlink(&mut self, id: EdgeId, until: Revision) -> Result<(), SqliteError> {
        self.run(
            "INSERT INTO past_edges (id, source, relation, place, ord, target, attributes, since, until) \
             SELECT id, source, relation, place, ord, target, attributes, since, ?2 FROM edges \
             WHERE id = ?1 AND since < ?2 ON CONFLICT DO NOTHING",
            params![id.as_bytes(), signed(until.0)],
        )?;
        let ends = self.reader().first(
            "DELETE FROM edges WHERE id = ?1 RETURNING source, target",
            params![id.as_bytes()],
            |row| Ok((rows::id(row, 0)?, rows::id(row, 1)?)),
        )?;
        if let Some((from, to)) = ends {
            self.changed.edge(from, to);
        }
        Ok(())
    }
}
