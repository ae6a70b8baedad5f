//! Questions to one connection. Every statement is prepared once per connection and kept.

use std::fmt::Write;
use std::sync::Arc;

use emporion_model::climb::Climb;
use emporion_model::id::{AccountId, RecordId};
use emporion_model::kind::Kind;
use emporion_model::ports::{Around, Surroundings, join};
use emporion_model::record::{Card, Record};
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use super::cache::Cache;
use super::error::SqliteError;
use super::statement::{IDS_A_TURN, Text, bind_after, const_format, marks};
use crate::invalidation::Version;
use crate::rows::{self, Codec, RECORD};

static BY_ONE_ID: Text = Text::new();
static BY_FQN: Text = Text::new();
static BY_FOLDED: Text = Text::new();

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
