//! Expectations: whether what a decision was made on is still true, and what that turns on.
//!
//! Others commit while a transaction checks and writes. What it writes itself is locked and guarded; of all else it
//! notes what it has relied on, and looks once more at the end, when nobody can commit before it (`finish`).

use emporion_model::change_set::{ChangeSet, Expect, NameScope};
use emporion_model::dependency::Dependency;
use emporion_model::id::{AccountId, RecordId};
use emporion_model::kind::Kind;
use emporion_model::name;
use emporion_model::relation::Relation;
use futures_util::future::try_join_all;
use uuid::Uuid;

use super::batch::Batch;
use super::edges::names;
use super::error::PostgresError;
use super::read::{is_nowhere, storable};
use super::session::Params;
use crate::facts::is_met_by_a_write;
use crate::rows::{self, ALIVE, Columns, signed};

/// Expectations that are asked for together: on the way there and back, none waits for another.
const AT_ONCE: usize = 64;

impl Batch<'_> {
    /// Errors: `Lost` with the first expectation that does not hold.
    pub async fn check(&mut self, set: &ChangeSet) -> Result<(), PostgresError> {
        let is_asked = |expect: &&Expect| !is_met_by_a_write(expect, &set.writes) && !self.facts.has(expect);
        let asked: Vec<&Expect> = set.expect.iter().filter(is_asked).collect();
        if asked.is_empty() {
            return Ok(());
        }
        // What cannot be written of the sets before is no loss of this one.
        if asked.iter().any(|expect| self.gathered.bears_on(expect)) {
            self.flush().await.map_err(|fault| match fault {
                PostgresError::Lost(_) => PostgresError::Duplicate("a name or an id that is new".into()),
                fault => fault,
            })?;
        }
        for some in asked.chunks(AT_ONCE) {
            let answers = try_join_all(some.iter().map(|expect| self.holds(expect))).await?;
            let lost = some.iter().zip(&answers).find(|(_, (holds, _))| !holds).map(|(expect, _)| (*expect).clone());
            self.relied.extend(answers.into_iter().flat_map(|(_, relied)| relied));
            if let Some(expect) = lost {
                return Err(PostgresError::Lost(expect));
            }
            some.iter().for_each(|expect| self.facts.add(expect));
        }
        Ok(())
    }

    /// Whether it holds, and what that turns on.
    async fn holds(&self, expect: &Expect) -> Result<(bool, Vec<Dependency>), PostgresError> {
        let mut relied = Vec::new();
        let holds = self.look(expect, &mut relied).await?;
        Ok((holds, relied))
    }

    async fn look(&self, expect: &Expect, relied: &mut Vec<Dependency>) -> Result<bool, PostgresError> {
        match expect {
            Expect::RevisionIs { id, revision } => {
                relied.push(Dependency::record(*id));
                let sql = "SELECT 1 FROM records WHERE id = $1 AND revision = $2";
                self.finds(sql, &[&id.uuid(), &signed(revision.0)]).await
            }
            Expect::Alive { id } => {
                relied.push(Dependency::record(*id));
                self.finds("SELECT 1 FROM records WHERE id = $1 AND state = 0", &[&id.uuid()]).await
            }
            Expect::NameFree { account, kind, scope, except } => {
                self.name_is_free((*account, *kind), scope, *except, relied).await
            }
            // Nothing can ever have it.
            Expect::AliasFree { value, .. } if is_nowhere(value) => Ok(false),
            Expect::AliasFree { account, space, value } => {
                relied.push(Dependency::alias(*account, space, value));
                let sql = "SELECT 1 FROM aliases WHERE account = $1 AND space = $2 AND value = $3";
                self.misses(sql, &[&account.uuid(), space, value]).await
            }
            Expect::KeyUnused { account, scope, key, since } => {
                relied.push(Dependency::alias(*account, scope, key));
                let sql = "SELECT 1 FROM answers WHERE account = $1 AND scope = $2 AND key = $3 AND at >= $4";
                self.misses(sql, &[&account.uuid(), scope, &&*storable(key), &since.0]).await
            }
            Expect::FollowerAt { follower, key, position } => {
                relied.push(Dependency::follower(follower, key));
                let kept = self.reader().follower_states(follower, Some(key)).await?;
                Ok(kept.first().map_or(0, |state| state.position.0) == position.0)
            }
            Expect::EdgeExists { id } => {
                let sql = "SELECT source FROM edges WHERE id = $1";
                let source = self.session.first(sql, &[&id.uuid()], |row| rows::id(row, 0)).await?;
                relied.extend(source.map(Dependency::record));
                Ok(source.is_some())
            }
            Expect::NoEdgeTo { id, relations } => self.is_unused(*id, relations, relied).await,
            Expect::NoChildren { id } => {
                relied.push(Dependency::children(*id));
                self.misses("SELECT 1 FROM records WHERE parent = $1 AND state = 0 LIMIT 1", &[&id.uuid()]).await
            }
            Expect::CountBelow { account, kind, limit } => {
                relied.push(Dependency::kind(*account, *kind));
                let stored = self.reader().tally(*account, *kind, ALIVE).await?;
                Ok(stored + self.tallies.pending(*account, *kind, ALIVE) < signed(*limit))
            }
            Expect::ObservationIs { account, record, noted } => {
                relied.push(Dependency::observations(*record));
                let found = self.reader().observed_at(*account, *record, std::slice::from_ref(&noted.key)).await?;
                Ok(found.into_iter().next().flatten() == noted.value)
            }
            Expect::AccessEpochIs { account, epoch } => {
                relied.push(Dependency::rights(*account));
                Ok(self.reader().access_epoch(*account).await? == *epoch)
            }
            // What was committed before this transaction is in the table, what it changes itself not yet.
            Expect::Unchanged { since, dependencies } => {
                relied.extend(dependencies.iter().copied());
                Ok(self.invalidations.is_unchanged(since.0, dependencies.iter().copied())
                    && !self.changed.concern(dependencies))
            }
        }
    }

    /// A whole FQN is taken by whoever holds it, deleted or not. The wider scopes are demands of a door on what lives.
    async fn name_is_free(
        &self,
        (account, kind): (AccountId, Kind),
        scope: &NameScope,
        except: Option<RecordId>,
        relied: &mut Vec<Dependency>,
    ) -> Result<bool, PostgresError> {
        // No record has the nil id.
        let (except, of) = (except.map_or(Uuid::nil(), RecordId::uuid), account.uuid());
        match scope {
            NameScope::Fqn(fqn) => {
                relied.push(Dependency::fqn(account, kind, fqn));
                let sql =
                    "SELECT 1 FROM records WHERE account = $1 AND kind = $2 AND fqn = $3 AND state < 2 AND id <> $4";
                self.misses(sql, &[&of, &kind.name(), fqn, &except]).await
            }
            NameScope::Folded(folded) => {
                relied.push(Dependency::kind(account, kind));
                let sql = "SELECT 1 FROM records WHERE account = $1 AND kind = $2 AND folded = $3 AND state < 2 \
                           AND state = 0 AND id <> $4 LIMIT 1";
                self.misses(sql, &[&of, &kind.name(), folded, &except]).await
            }
            NameScope::Within { fqn, name } => {
                relied.push(Dependency::kind(account, kind));
                let sql = "SELECT 1 FROM records WHERE account = $1 AND kind = $2 AND folded = $3 AND state < 2 \
                           AND state = 0 AND id <> $4 AND name = $5 AND fqn >= $6 AND fqn < $7 LIMIT 1";
                let (from, to) = crate::listed::below(fqn);
                self.misses(sql, &[&of, &kind.name(), &name::fold(name), &except, name, &from, &to]).await
            }
        }
    }

    /// A deleted record in which such an edge begins may come back.
    async fn is_unused(
        &self,
        id: RecordId,
        relations: &[Relation],
        relied: &mut Vec<Dependency>,
    ) -> Result<bool, PostgresError> {
        relied.push(Dependency::edges_to(id));
        let sources = self
            .session
            .all(
                "SELECT records.id, records.state FROM edges JOIN records ON records.id = edges.source \
                 WHERE edges.target = $1 AND edges.relation = ANY($2)",
                &[&id.uuid(), &names(relations)],
                |row| Ok((rows::id(row, 0)?, row.int(1)?)),
            )
            .await?;
        let is_unused = sources.iter().all(|(_, state)| *state != ALIVE);
        relied.extend(sources.into_iter().map(|(source, _)| Dependency::record(source)));
        Ok(is_unused)
    }

    async fn finds(&self, sql: &str, params: Params<'_>) -> Result<bool, PostgresError> {
        self.session.finds(sql, params).await
    }

    async fn misses(&self, sql: &str, params: Params<'_>) -> Result<bool, PostgresError> {
        Ok(!self.finds(sql, params).await?)
    }
}
