//! Questions to one connection. Every statement is prepared once per connection and kept.

use std::collections::HashSet;
use std::fmt::Write;
use std::sync::Arc;

use emporion_model::change_set::{Credential, CredentialClass, Event, RememberedAnswer, SealedSecret};
use emporion_model::climb::Climb;
use emporion_model::follower_state::FollowerState;
use emporion_model::growth::Interest;
use emporion_model::id::{AccountId, CredentialId, Millis, RecordId, Revision, Seq};
use emporion_model::kind::Kind;
use emporion_model::ports::{Around, Ending, PastState, Surroundings, Upward, join};
use emporion_model::record::{Card, Edge, Record};
use emporion_model::relation::{ENDING, Relation};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, Row, ToSql, params};

use super::cache::{Cache, Edges, MOST_EDGES};
use super::error::SqliteError;
use super::invalidation::Version;
use super::rows::{self, CREDENTIAL, Codec, EDGE, EVENT, RECORD, SHARED, signed};

/// Ids that one statement takes; more are asked for in turns. Below the engine's limit of parameters.
pub const IDS_A_TURN: usize = 1_024;

/// A connection with what is needed to read its rows.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    pub connection: &'a Connection,
    pub codec: &'a Codec,
    /// Records that a snapshot of this version may take instead of reading them.
    pub cache: Option<(&'a Cache, Version)>,
}

impl<'a> Reader<'a> {
    pub fn by_id(&self, account: AccountId, ids: &[RecordId]) -> Result<Vec<Option<Record>>, SqliteError> {
        let mut found: Vec<Option<Record>> = vec![None; ids.len()];
        let mut missing: Vec<(RecordId, usize)> = Vec::new();
        for (place, id) in ids.iter().enumerate() {
            match self.cache.and_then(|(cache, version)| cache.record(*id, version)) {
                Some(kept) => found[place] = (kept.0.account == account).then(|| kept.0.clone()),
                None => missing.push((*id, place)),
            }
        }
        // One id may be asked for at several places.
        missing.sort_unstable();
        for turn in missing.chunks(IDS_A_TURN) {
            let ids: Vec<RecordId> = turn.iter().map(|(id, _)| *id).collect();
            self.each_by_id(&ids, |record| {
                if record.account == account {
                    let first = turn.partition_point(|(id, _)| *id < record.id);
                    let mut places =
                        turn[first..].iter().take_while(|(id, _)| *id == record.id).map(|(_, place)| *place);
                    let last = places.next();
                    places.for_each(|place| found[place] = Some(record.clone()));
                    if let Some(place) = last {
                        found[place] = Some(record);
                    }
                }
            })?;
        }
        Ok(found)
    }

    /// The same as cards; those of records that are kept decoded are made already.
    pub fn cards(&self, account: AccountId, ids: &[RecordId]) -> Result<Vec<Option<Arc<Card>>>, SqliteError> {
        let mut found: Vec<Option<Arc<Card>>> = Vec::with_capacity(ids.len());
        let mut missing: Vec<(RecordId, usize)> = Vec::new();
        for (place, id) in ids.iter().enumerate() {
            let kept = self.cache.and_then(|(cache, version)| cache.record(*id, version));
            if kept.is_none() {
                missing.push((*id, place));
            }
            found.push(kept.filter(|kept| kept.0.account == account).map(|kept| kept.1.clone()));
        }
        if !missing.is_empty() {
            let ids: Vec<RecordId> = missing.iter().map(|(id, _)| *id).collect();
            for (record, (_, place)) in self.by_id(account, &ids)?.iter().zip(missing) {
                found[place] = record.as_ref().map(|record| Arc::new(Card::of(record)));
            }
        }
        Ok(found)
    }

    /// The cards of the records, and of those that are standing somewhere with everything above them.
    pub fn cards_and_above(
        &self,
        account: AccountId,
        ids: &[RecordId],
        standing: &[RecordId],
    ) -> Result<Vec<Arc<Card>>, SqliteError> {
        let mut climb = Climb::new(ids, standing);
        loop {
            let missing = climb.missing();
            if missing.is_empty() {
                return Ok(climb.into_cards());
            }
            let cards = self.cards(account, &missing)?;
            climb.learn(missing, cards);
        }
    }

    /// What stands around records, and above them where that is asked for.
    pub fn surroundings(&self, account: AccountId, asked: &Around<'_>) -> Result<Surroundings, SqliteError> {
        let edges = self.edges_from(asked.ids, asked.relations)?;
        let (targets, standing) = asked.split(&edges);
        let cards = self.cards_and_above(account, &targets, &standing)?;
        if asked.above.is_empty() {
            return Ok((edges, cards));
        }
        let above = asked.up(&edges, &cards);
        let (mut edges, mut cards) = (edges, cards);
        join((&mut edges, &mut cards), self.surroundings(account, &asked.farther(&above))?);
        Ok((edges, cards))
    }

    /// The record of a row of `records` (not of `revisions`): its body is parsed only where it is not known yet.
    pub fn record(&self, row: &Row<'_>) -> Result<Record, SqliteError> {
        let Some((cache, version)) = self.cache else { return self.codec.record(row) };
        if let Some(known) = cache.record(rows::id(row, 0)?, version) {
            return Ok(known.0.clone());
        }
        let record = self.codec.record(row)?;
        cache.put_record(&record, version);
        Ok(record)
    }

    fn each_by_id(&self, ids: &[RecordId], mut each: impl FnMut(Record)) -> Result<(), SqliteError> {
        let mut list = String::new();
        let sql = match ids {
            [] => return Ok(()),
            [_] => const_format(&BY_ONE_ID, || format!("SELECT {RECORD} FROM records WHERE id = ?1")),
            _ => {
                let _ = write!(list, "SELECT {RECORD} FROM records WHERE id IN ({})", marks(ids.len(), 1));
                &list
            }
        };
        let mut statement = self.connection.prepare_cached(sql)?;
        bind_after(&mut statement, &[], ids)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            each(self.record(row)?);
        }
        Ok(())
    }

    pub fn by_fqn(&self, account: AccountId, kind: Kind, fqns: &[&str]) -> Result<Vec<Option<Record>>, SqliteError> {
        let sql = const_format(&BY_FQN, || {
            format!("SELECT {RECORD} FROM records WHERE account = ?1 AND kind = ?2 AND fqn = ?3 AND state < 2")
        });
        let one = |fqn: &&str| {
            if let Some((cache, version)) = self.cache
                && let Some(known) = cache.bearer(account, kind, fqn, version)
            {
                return Ok(Some(known.0.clone()));
            }
            let found = self.first(sql, params![account.as_bytes(), kind.name(), fqn], |row| self.record(row))?;
            if let Some((cache, _)) = self.cache {
                found.iter().for_each(|record| cache.put_bearer(record));
            }
            Ok(found)
        };
        fqns.iter().map(one).collect()
    }

    pub fn by_folded_name(
        &self,
        account: AccountId,
        kind: Kind,
        folded: &str,
        limit: u32,
    ) -> Result<Vec<Record>, SqliteError> {
        let sql = const_format(&BY_FOLDED, || {
            format!(
                "SELECT {RECORD} FROM records INDEXED BY records_by_folded \
                 WHERE account = ?1 AND kind = ?2 AND folded = ?3 AND state < 2 ORDER BY id LIMIT ?4"
            )
        });
        self.all(sql, params![account.as_bytes(), kind.name(), folded, limit], |row| self.record(row))
    }

    pub fn by_alias(&self, account: AccountId, space: &str, value: &str) -> Result<Option<RecordId>, SqliteError> {
        self.first(
            "SELECT id FROM aliases WHERE account = ?1 AND space = ?2 AND value = ?3",
            params![account.as_bytes(), space, value],
            |row| rows::id(row, 0),
        )
    }

    pub fn aliases(&self, space: &str, ids: &[RecordId]) -> Result<Vec<(RecordId, String)>, SqliteError> {
        let mut found = Vec::new();
        for turn in ids.chunks(IDS_A_TURN) {
            let sql = format!(
                "SELECT id, value FROM aliases WHERE space = ?1 AND id IN ({}) ORDER BY id, value",
                marks(turn.len(), 2)
            );
            let mut statement = self.connection.prepare_cached(&sql)?;
            bind_after(&mut statement, &[&space], turn)?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                found.push((rows::id(row, 0)?, rows::text(row, 1)?.to_owned()));
            }
        }
        Ok(found)
    }

    pub fn greatest_alias(
        &self,
        account: AccountId,
        kind: Kind,
        space: &str,
        beneath: Option<&str>,
    ) -> Result<Option<(RecordId, String)>, SqliteError> {
        // Values compare byte for byte, and no text is greater than this one.
        const TOP: &str = "\u{10ffff}";
        self.first(
            "SELECT aliases.id, aliases.value FROM aliases CROSS JOIN records ON records.id = aliases.id \
             WHERE aliases.account = ?1 AND aliases.space = ?2 AND aliases.value < ?3 \
             AND records.kind = ?4 AND records.state = ?5 ORDER BY aliases.value DESC LIMIT 1",
            params![account.as_bytes(), space, beneath.unwrap_or(TOP), kind.name(), rows::ALIVE],
            |row| Ok((rows::id(row, 0)?, rows::text(row, 1)?.to_owned())),
        )
    }

    pub fn edges_from(&self, ids: &[RecordId], relations: Option<&[Relation]>) -> Result<Vec<Edge>, SqliteError> {
        if relations.is_some_and(<[Relation]>::is_empty) {
            return Ok(Vec::new());
        }
        // Sources one after the other in the order of their ids, so that the whole answer is in order.
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let mut found = Vec::new();
        let mut missing = Vec::new();
        for id in ids {
            match self.kept_edges(id)?.as_deref() {
                Some(Edges::All(edges)) => {
                    let wanted = |edge: &&Edge| relations.is_none_or(|wanted| wanted.contains(&edge.relation));
                    found.extend(edges.iter().filter(wanted).cloned());
                }
                Some(Edges::TooMany) | None => missing.push(id),
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
        let turns = ids.chunks(IDS_A_TURN);
        let many = turns.len() > 1;
        for turn in turns {
            let bound = names.len().next_power_of_two();
            let sql = format!(
                "SELECT {EDGE} FROM edges WHERE relation IN ({}) AND target IN ({}){condition} ORDER BY id LIMIT ?1",
                marks(names.len(), 2),
                marks(turn.len(), bound + 2)
            );
            let mut statement = self.connection.prepare_cached(&sql)?;
            let mut bound: Vec<&dyn ToSql> = vec![&limit];
            bound.extend(padded(&names).map(|name| name as &dyn ToSql));
            bind_after(&mut statement, &bound, turn)?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                found.push(self.codec.edge(row, false)?);
            }
        }
        if many {
            found.sort_by_key(|edge| edge.id);
            found.dedup_by_key(|edge| edge.id);
            found.truncate(limit as usize);
        }
        Ok(found)
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

    pub fn secrets(&self, id: RecordId) -> Result<Vec<SealedSecret>, SqliteError> {
        self.all(
            "SELECT path, sealed, fingerprint FROM secrets WHERE record = ?1 ORDER BY path",
            [id.as_bytes()],
            rows::secret,
        )
    }

    pub fn credential(&self, class: CredentialClass, public: &str) -> Result<Option<Credential>, SqliteError> {
        let sql = const_format(&CREDENTIAL_BY_PUBLIC, || {
            format!("SELECT {CREDENTIAL} FROM credentials WHERE class = ?1 AND public = ?2")
        });
        self.first(sql, params![class.name(), public], rows::credential)
    }

    pub fn credential_by_id(&self, id: CredentialId) -> Result<Option<Credential>, SqliteError> {
        let sql = const_format(&CREDENTIAL_BY_ID, || format!("SELECT {CREDENTIAL} FROM credentials WHERE id = ?1"));
        self.first(sql, [id.as_bytes()], rows::credential)
    }

    pub fn credentials_of(&self, user: RecordId) -> Result<Vec<Credential>, SqliteError> {
        let sql = const_format(&CREDENTIALS_OF, || {
            format!("SELECT {CREDENTIAL} FROM credentials WHERE user = ?1 ORDER BY id")
        });
        self.all(sql, [user.as_bytes()], rows::credential)
    }

    pub fn credentials_after(&self, after: Option<CredentialId>, limit: u32) -> Result<Vec<Credential>, SqliteError> {
        let after = after.map_or(Vec::new(), |id| id.as_bytes().to_vec());
        self.all(
            &format!("SELECT {CREDENTIAL} FROM credentials WHERE id > ?1 ORDER BY id LIMIT ?2"),
            params![after, limit],
            rows::credential,
        )
    }

    pub fn with_secrets_after(
        &self,
        after: Option<RecordId>,
        limit: u32,
    ) -> Result<Vec<(AccountId, RecordId)>, SqliteError> {
        let after = after.map_or(Vec::new(), |id| id.as_bytes().to_vec());
        self.all(
            "SELECT DISTINCT records.account, records.id FROM secrets CROSS JOIN records \
             WHERE records.id = secrets.record AND secrets.record > ?1 ORDER BY secrets.record LIMIT ?2",
            params![after, limit],
            |row| Ok((AccountId::from_uuid(rows::uuid(row, 0)?), rows::id(row, 1)?)),
        )
    }

    /// The relations are constants; the index holds the few edges that end.
    pub fn ending(&self, limit: u32) -> Result<Vec<Ending>, SqliteError> {
        let names: Vec<String> = ENDING.iter().map(|relation| format!("'{}'", relation.name())).collect();
        let sql = format!(
            "SELECT min(json_extract(edges.attributes, '$.until')) AS first, records.account, records.id \
             FROM edges CROSS JOIN records WHERE json_extract(edges.attributes, '$.until') IS NOT NULL \
             AND json_type(edges.attributes, '$.until') = 'integer' AND edges.relation IN ({}) \
             AND records.id = edges.source AND records.state = {} GROUP BY records.id ORDER BY first, records.id LIMIT ?1",
            names.join(", "),
            rows::ALIVE,
        );
        self.all(&sql, [limit], |row| {
            let account = AccountId::from_uuid(rows::uuid(row, 1)?);
            Ok(Ending { at: Millis(row.get(0)?), account, record: rows::id(row, 2)? })
        })
    }

    pub fn answer_for(
        &self,
        account: AccountId,
        scope: &str,
        key: &str,
    ) -> Result<Option<RememberedAnswer>, SqliteError> {
        self.first(
            "SELECT fingerprint, status, body, at FROM answers WHERE account = ?1 AND scope = ?2 AND key = ?3",
            params![account.as_bytes(), scope, key],
            |row| rows::answer(row, account, scope, key),
        )
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

    pub fn follower_states(&self, follower: &str, key: Option<&str>) -> Result<Vec<FollowerState>, SqliteError> {
        self.all(
            "SELECT key, account, position, data FROM follower_states \
             WHERE follower = ?1 AND (?2 IS NULL OR key = ?2) ORDER BY key",
            params![follower, key],
            |row| rows::follower_state(row, follower),
        )
    }

    pub fn access_epoch(&self, account: AccountId) -> Result<u64, SqliteError> {
        let epoch =
            self.first("SELECT epoch FROM epochs WHERE account = ?1", [account.as_bytes()], |row| rows::count(row, 0))?;
        Ok(epoch.unwrap_or(0))
    }

    pub fn events(&self, after: Seq, limit: u32) -> Result<Vec<(Seq, Event)>, SqliteError> {
        self.all(
            &format!("SELECT {EVENT} FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2"),
            params![signed(after.0), limit],
            |row| self.codec.event(row),
        )
    }

    pub fn events_of(
        &self,
        after: Seq,
        until: Seq,
        of: &Interest,
        limit: u32,
    ) -> Result<Vec<(Seq, Event)>, SqliteError> {
        let account = of.account.as_ref().map(|account| account.as_bytes().as_slice());
        let kinds = of.kinds.as_ref().map(|kinds| serde_json::Value::from(kinds.clone()).to_string());
        self.all(
            &format!(
                "SELECT {EVENT} FROM events WHERE seq > ?1 AND seq <= ?2 AND (?3 IS NULL OR account = ?3) \
                 AND (?4 IS NULL OR kind IN (SELECT value FROM json_each(?4))) ORDER BY seq LIMIT ?5"
            ),
            params![signed(after.0), signed(until.0), account, kinds, limit],
            |row| self.codec.event(row),
        )
    }

    pub fn head(&self) -> Result<Seq, SqliteError> {
        let newest: Option<i64> =
            self.connection.prepare_cached("SELECT max(seq) FROM events")?.query_row([], |row| row.get(0))?;
        Ok(Seq(newest.map_or(0, i64::unsigned_abs)))
    }

    pub fn tally(&self, account: AccountId, kind: Kind, state: i64) -> Result<i64, SqliteError> {
        let n = self
            .connection
            .prepare_cached("SELECT n FROM tallies WHERE account = ?1 AND kind = ?2 AND state = ?3")?
            .query_row(params![account.as_bytes(), kind.name(), state], |row| row.get(0))
            .optional()?;
        Ok(n.unwrap_or(0))
    }

    pub fn first<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, SqliteError>,
    ) -> Result<Option<T>, SqliteError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        rows.next()?.map(read).transpose()
    }

    pub fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<T, SqliteError>,
    ) -> Result<Vec<T>, SqliteError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read(row)?);
        }
        Ok(found)
    }
}

/// Texts of statements that are put together once.
type Text = std::sync::OnceLock<String>;
static BY_ONE_ID: Text = Text::new();
static BY_FQN: Text = Text::new();
static BY_FOLDED: Text = Text::new();
static EDGES_OF: Text = Text::new();
static LIVING_AT: Text = Text::new();
static ENDED_AT: Text = Text::new();
static PRESENT: Text = Text::new();
static PAST: Text = Text::new();
static CREDENTIAL_BY_PUBLIC: Text = Text::new();
static CREDENTIAL_BY_ID: Text = Text::new();
static CREDENTIALS_OF: Text = Text::new();

fn const_format(text: &'static Text, make: impl FnOnce() -> String) -> &'static str {
    text.get_or_init(make)
}

/// Parameter marks for a list, from `?first` on. Lists are padded to a power of two, so that few statements serve lists
/// of any length. PostgreSQL takes one array instead: `= ANY($1)`.
pub fn marks(len: usize, first: usize) -> String {
    let mut marks = String::with_capacity(len * 6);
    for number in first..first + len.next_power_of_two() {
        if number > first {
            marks.push(',');
        }
        let _ = write!(marks, "?{number}");
    }
    marks
}

/// The list with its last item repeated up to the next power of two.
pub fn padded<T>(list: &[T]) -> impl Iterator<Item = &T> {
    let missing = if list.is_empty() { 0 } else { list.len().next_power_of_two() - list.len() };
    list.iter().chain(list.last().into_iter().cycle().take(missing))
}

/// Binds some values, then the padded ids.
pub fn bind_after(
    statement: &mut CachedStatement<'_>,
    first: &[&dyn ToSql],
    ids: &[RecordId],
) -> Result<(), SqliteError> {
    for (at, value) in first.iter().enumerate() {
        statement.raw_bind_parameter(at + 1, value)?;
    }
    for (at, id) in padded(ids).enumerate() {
        statement.raw_bind_parameter(first.len() + at + 1, id.as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_padded_to_a_power_of_two() {
        assert_eq!(marks(3, 2), "?2,?3,?4,?5");
        assert_eq!(padded(&[7, 8, 9]).copied().collect::<Vec<_>>(), [7, 8, 9, 9]);
        assert_eq!(padded::<u8>(&[]).count(), 0);
    }
}
