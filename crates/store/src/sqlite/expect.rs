//! Expectations: whether what a decision was made on is still true. Each is one probe of an index.

use emporion_model::change_set::{ChangeSet, Expect, NameScope};
use emporion_model::id::{AccountId, RecordId};
use emporion_model::kind::Kind;
use emporion_model::name;
use emporion_model::relation::Relation;
use rusqlite::{OptionalExtension, Params, params};

use super::apply::Batch;
use super::error::SqliteError;
use crate::facts::is_met_by_a_write;
use crate::rows::{ALIVE, signed};

impl Batch<'_> {
    /// Errors: `Lost` with the first expectation that does not hold.
    pub fn check(&mut self, set: &ChangeSet) -> Result<(), SqliteError> {
        for expect in set.expect.iter().filter(|expect| !is_met_by_a_write(expect, &set.writes)) {
            if self.facts.has(expect) {
                continue;
            }
            if !self.holds(expect)? {
                return Err(SqliteError::Lost(expect.clone()));
            }
            self.facts.add(expect);
        }
        Ok(())
    }

    pub fn holds(&self, expect: &Expect) -> Result<bool, SqliteError> {
        match expect {
            Expect::RevisionIs { id, revision } => self.finds(
                "SELECT 1 FROM records WHERE id = ?1 AND revision = ?2",
                params![id.as_bytes(), signed(revision.0)],
            ),
            Expect::NameFree { account, kind, scope, except } => self.name_is_free(*account, *kind, scope, *except),
            Expect::AliasFree { account, space, value } => self.misses(
                "SELECT 1 FROM aliases WHERE account = ?1 AND space = ?2 AND value = ?3",
                params![account.as_bytes(), space, value],
            ),
            Expect::KeyUnused { account, scope, key, since } => self.misses(
                "SELECT 1 FROM answers WHERE account = ?1 AND scope = ?2 AND key = ?3 AND at >= ?4",
                params![account.as_bytes(), scope, key, since.0],
            ),
            Expect::FollowerAt { follower, key, position } => {
                let sql = "SELECT position FROM follower_states WHERE follower = ?1 AND key = ?2";
                let kept = self.connection.prepare_cached(sql)?.query_row(params![follower, key], |row| row.get(0));
                Ok(kept.optional()?.unwrap_or(0) == signed(position.0))
            }
            Expect::Alive { id } => {
                self.finds("SELECT 1 FROM records WHERE id = ?1 AND state = 0", params![id.as_bytes()])
            }
            Expect::EdgeExists { id } => self.finds("SELECT 1 FROM edges WHERE id = ?1", params![id.as_bytes()]),
            Expect::NoEdgeTo { id, relations } => self.is_unused(*id, relations),
            Expect::NoChildren { id } => self.misses(
                "SELECT 1 FROM records INDEXED BY records_by_parent WHERE parent = ?1 AND state = 0",
                params![id.as_bytes()],
            ),
            Expect::CountBelow { account, kind, limit } => {
                let n = self.reader().tally(*account, *kind, ALIVE)? + self.pending(*account, *kind, ALIVE);
                Ok(n < signed(*limit))
            }
            Expect::ObservationIs { account, record, noted } => {
                let found = self.reader().observed_at(*account, *record, std::slice::from_ref(&noted.key))?;
                Ok(found.into_iter().next().flatten() == noted.value)
            }
            Expect::AccessEpochIs { account, epoch } => Ok(self.reader().access_epoch(*account)? == *epoch),
            // What was committed is in the table, what this transaction changes not yet.
            Expect::Unchanged { since, dependencies } => {
                Ok(self.invalidations.is_unchanged(since.0, dependencies.iter().copied())
                    && !self.changed.concern(dependencies))
            }
        }
    }

    /// A whole FQN is taken by whoever holds it, deleted or not. The wider scopes are demands of a door on what lives.
    fn name_is_free(
        &self,
        account: AccountId,
        kind: Kind,
        scope: &NameScope,
        except: Option<RecordId>,
    ) -> Result<bool, SqliteError> {
        // No record has the nil id.
        let nobody = RecordId::from_uuid(uuid::Uuid::nil());
        let except = except.unwrap_or(nobody);
        match scope {
            NameScope::Fqn(fqn) => self.misses(
                "SELECT 1 FROM records WHERE account = ?1 AND kind = ?2 AND fqn = ?3 AND state < 2 AND id <> ?4",
                params![account.as_bytes(), kind.name(), fqn, except.as_bytes()],
            ),
            NameScope::Folded(folded) => self.misses(
                "SELECT 1 FROM records INDEXED BY records_by_folded WHERE account = ?1 AND kind = ?2 AND folded = ?3 \
                 AND state < 2 AND state = 0 AND id <> ?4",
                params![account.as_bytes(), kind.name(), folded, except.as_bytes()],
            ),
            NameScope::Within { fqn, name } => self.misses(
                "SELECT 1 FROM records INDEXED BY records_by_folded WHERE account = ?1 AND kind = ?2 AND folded = ?3 \
                 AND state < 2 AND state = 0 AND id <> ?4 AND name = ?5 AND fqn >= ?6 || '.' AND fqn < ?6 || '/'",
                params![account.as_bytes(), kind.name(), name::fold(name), except.as_bytes(), name, fqn],
            ),
        }
    }

    fn is_unused(&self, id: RecordId, relations: &[Relation]) -> Result<bool, SqliteError> {
        for relation in relations {
            let used = self.finds(
                "SELECT 1 FROM edges CROSS JOIN records WHERE records.id = edges.source \
                 AND edges.target = ?1 AND edges.relation = ?2 AND records.state = 0",
                params![id.as_bytes(), relation.name()],
            )?;
            if used {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn finds(&self, sql: &str, params: impl Params) -> Result<bool, SqliteError> {
        Ok(self.connection.prepare_cached(sql)?.exists(params)?)
    }

    fn misses(&self, sql: &str, params: impl Params) -> Result<bool, SqliteError> {
        Ok(!self.finds(sql, params)?)
    }
}
