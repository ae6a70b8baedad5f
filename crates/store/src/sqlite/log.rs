//! The log, what followers keep of it, and answers that are remembered.

use emporion_model::change_set::{Event, Expect, RememberedAnswer};
use emporion_model::follower_state::FollowerState;
use emporion_model::id::{AccountId, Seq};
use emporion_model::log_watch::Interest;
use rusqlite::params;

use super::apply::Batch;
use super::error::SqliteError;
use super::read::Reader;
use crate::rows::{self, EVENT, signed};

impl Reader<'_> {
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
}

impl Batch<'_> {
    pub fn append(&mut self, event: &Event) -> Result<(), SqliteError> {
        self.run(
            "INSERT INTO events (seq, account, at, by_id, by_name, what, kind, id, fqn, revision, detail, by_through, \
             by_door) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            params![
                signed(self.head + 1),
                event.account.as_bytes(),
                event.at.0,
                event.by.id.as_bytes(),
                event.by.name,
                event.what.name(),
                event.kind.name(),
                event.id.as_bytes(),
                event.fqn,
                signed(event.revision.0),
                event.detail.as_ref().map(ToString::to_string),
                event.by.through,
                event.by.door,
            ],
        )?;
        self.head += 1;
        self.changed.lines.add(event.account, event.kind);
        Ok(())
    }

    pub fn put_answer(&self, answer: &RememberedAnswer) -> Result<(), SqliteError> {
        let since = answer.oldest();
        let written = self
            .connection
            .prepare_cached(
                "INSERT INTO answers (account, scope, key, fingerprint, status, body, at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (account, scope, key) DO UPDATE SET \
                 fingerprint = excluded.fingerprint, status = excluded.status, body = excluded.body, at = excluded.at \
                 WHERE at < ?8",
            )?
            .execute(params![
                answer.account.as_bytes(),
                answer.scope,
                answer.key,
                answer.fingerprint,
                answer.status,
                &answer.body[..],
                answer.at.0,
                since.0,
            ])?;
        match written {
            0 => Err(SqliteError::Lost(Expect::KeyUnused {
                account: answer.account,
                scope: answer.scope.clone(),
                key: answer.key.clone(),
                since,
            })),
            _ => Ok(()),
        }
    }
}
