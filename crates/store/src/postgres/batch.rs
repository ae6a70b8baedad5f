//! Writing change sets within a transaction of the writer.
//!
//! What many transactions write to (totals, the log, the list of commits) is written by `finish` alone, once this one
//! holds the row of the log's head: until then it stands in memory.

use std::collections::HashSet;

use emporion_model::change_set::Credential;
use emporion_model::change_set::{ChangeSet, Event, Expect, RememberedAnswer, SealedSecret, Write};
use emporion_model::dependency::Dependency;
use emporion_model::id::{AccountId, CredentialId, EdgeId, RecordId, Revision};
use emporion_model::kind::Kind;
use emporion_model::record::Edge;
use futures_util::future::try_join4;
use uuid::Uuid;

use super::error::PostgresError;
use super::insert_buffer::{Alias, InsertBuffer};
use super::read::{Reader, is_nowhere, storable};
use super::session::{Params, Session};
use crate::facts::Facts;
use crate::invalidation::{Changes, InvalidationTable, Version};
use crate::rows::{self, Codec, Columns, signed, write_attributes, write_object};
use crate::tallies::{Place, Tallies};

/// What one transaction has counted so far, beside what it has written.
pub struct Batch<'a> {
    pub session: &'a Session,
    pub codec: &'a Codec,
    /// What earlier transactions have changed, up to the one that was the last when this one began, or a later one.
    pub invalidations: &'a InvalidationTable,
    /// The last commit when this one began.
    pub began: Version,
    pub tallies: Tallies,
    /// What was expected and found so far.
    pub facts: Facts,
    /// What is changed.
    pub changed: Changes,
    /// What was expected and found true turns on these.
    pub relied: HashSet<Dependency>,
    /// Lines of the log, in their order.
    pub events: Vec<Event>,
    /// What is still to be written: with many others, by a statement for each sort.
    pub gathered: InsertBuffer,
    /// Of what a set writes, the first that cannot be written is told: gathered is only what keeps the order.
    pub keeps_order: bool,
    /// Something was written.
    pub wrote: bool,
}

/// How long bodies of one statement are, roughly, at most.
const GATHERED_BYTES: usize = 4 << 20;

/// How storing a set failed.
#[derive(Debug)]
pub enum Failure {
    /// Nothing of the set was written.
    Before(PostgresError),
    /// A part of it may have been.
    Midway(PostgresError),
}

/// What is counted, to be taken up again when a savepoint is taken back.
pub struct Mark {
    tallies: Tallies,
    events: usize,
}

impl<'a> Batch<'a> {
    pub fn new(session: &'a Session, codec: &'a Codec, invalidations: &'a InvalidationTable, began: Version) -> Self {
        Batch {
            session,
            codec,
            invalidations,
            began,
            tallies: Tallies::default(),
            facts: Facts::default(),
            changed: Changes::default(),
            relied: HashSet::new(),
            events: Vec::new(),
            gathered: InsertBuffer::default(),
            keeps_order: false,
            wrote: false,
        }
    }

    pub fn reader(&self) -> Reader<'_> {
        Reader { session: self.session, codec: self.codec }
    }

    pub fn mark(&self) -> Mark {
        Mark { tallies: self.tallies.clone(), events: self.events.len() }
    }

    pub fn take_back(&mut self, mark: Mark) {
        self.tallies = mark.tallies;
        self.events.truncate(mark.events);
        self.facts.forget();
        self.gathered = InsertBuffer::default();
    }

    pub fn tally(&mut self, account: AccountId, kind: Kind, place: Place, by: i64) {
        self.tallies.add(account, kind, place, by);
    }

    /// Checks every expectation, then writes, but for what is gathered. Answers how many lines the transaction has for the log
    /// by then.
    pub async fn store(&mut self, set: &ChangeSet) -> Result<usize, Failure> {
        self.check(set).await.map_err(Failure::Before)?;
        self.write_all(set).await.map_err(Failure::Midway)?;
        Ok(self.events.len())
    }

    async fn write_all(&mut self, set: &ChangeSet) -> Result<(), PostgresError> {
        self.wrote |= !set.writes.is_empty() || !set.events.is_empty();
        self.changed.note(set);
        let stamp = set.events.first().map(|event| (event.at, &event.by));
        set.writes.iter().for_each(|write| self.facts.outlive(write));
        let mut rest = &set.writes[..];
        while let [write, behind @ ..] = rest {
            let these = std::mem::replace(&mut rest, behind);
            match write {
                Write::Put { record, replaces: None, .. } => {
                    // Each row of a statement is told by its id, and aliases are written behind the records.
                    let overtakes = self.keeps_order && !self.gathered.aliases.is_empty();
                    if overtakes || self.gathered.records.iter().any(|there| there.id == record.id) {
                        self.flush().await?;
                    }
                    self.tally(record.account, record.kind, Place::of(record), 1);
                    self.gathered.bytes += record.body.json().len();
                    self.gathered.records.push((**record).clone());
                    if self.gathered.bytes > GATHERED_BYTES {
                        self.flush().await?;
                    }
                    continue;
                }
                Write::Alias { account, space, value, id } => {
                    let alias = Alias { account: *account, space, value: value.clone(), id: *id };
                    if is_nowhere(value) {
                        self.flush().await?;
                        return Err(alias.is_taken());
                    }
                    self.gathered.aliases.push(alias);
                    continue;
                }
                Write::Link(edge) => {
                    self.gathered.edges.push((**edge).clone());
                    continue;
                }
                Write::PutKey(answer) => {
                    if self.gathered.has_answer(answer.account, &answer.scope, &answer.key) {
                        self.flush().await?;
                    }
                    self.changed.alias(answer.account, &answer.scope, &answer.key);
                    self.gathered.answers.push((**answer).clone());
                    continue;
                }
                _ => self.flush().await?,
            }
            match write {
                Write::MovePrefix { root, from, to } => self.move_prefix(*root, from, to, stamp).await?,
                Write::MarkSubtree { root, state, at, by } => self.mark_subtree(*root, *state, (*at, by)).await?,
                Write::DropSubtree { root } => match self.drop_leaves(these).await? {
                    0 => self.drop_subtree(*root, stamp).await?,
                    leaves => rest = &these[leaves..],
                },
                other => self.write(other).await?,
            }
        }
        self.events.extend(set.events.iter().cloned());
        Ok(())
    }

    async fn write(&mut self, write: &Write) -> Result<(), PostgresError> {
        match write {
            Write::Put { record, replaces: Some(replaced), silent } => self.replace(record, *replaced, *silent).await,
            Write::Unlink { id, until } => self.unlink(*id, *until).await,
            Write::Unalias { account, space, value } => self.unalias(*account, space, value).await,
            // What is new, and what is about subtrees, was told apart before.
            Write::Put { replaces: None, .. }
            | Write::Alias { .. }
            | Write::Link(_)
            | Write::PutKey(_)
            | Write::MovePrefix { .. }
            | Write::MarkSubtree { .. }
            | Write::DropSubtree { .. } => Ok(()),
            Write::PutSecrets { id, secrets } => self.put_secrets(*id, secrets).await,
            Write::Observe { account, record, observations } => self.observe(*account, *record, observations).await,
            Write::PutCredential(credential) => self.put_credential(credential).await,
            Write::DropCredential { id } => self.drop_credentials("id = $1", &[&id.uuid()]).await,
            Write::DropCredentials { user, classes } => {
                let names: Vec<&str> = classes.iter().map(|class| class.name()).collect();
                self.drop_credentials("\"user\" = $1 AND class = ANY($2)", &[&user.uuid(), &names]).await
            }
            Write::ResealCredential { id, secret } => {
                self.run("UPDATE credentials SET secret = $2 WHERE id = $1", &[&id.uuid(), secret]).await
            }
            Write::RebindCredential { id, made_with } => {
                let above = made_with.map(CredentialId::uuid);
                self.run("UPDATE credentials SET made_with = $2 WHERE id = $1", &[&id.uuid(), &above]).await
            }
            Write::PutFollower(state) => {
                self.run(
                    "INSERT INTO follower_states (follower, key, account, position, data) VALUES ($1, $2, $3, $4, $5) \
                     ON CONFLICT (follower, key) DO UPDATE SET account = excluded.account, \
                     position = excluded.position, data = excluded.data",
                    &[
                        &state.follower,
                        &state.key,
                        &state.account.uuid(),
                        &signed(state.position.0),
                        &write_object(&state.data),
                    ],
                )
                .await
            }
            Write::DropFollower { follower, key } => {
                self.run("DELETE FROM follower_states WHERE follower = $1 AND key = $2", &[follower, key]).await
            }
            Write::Note(events) => self.note(events).await,
            Write::EndAuditEvents { before, most } => self.end_audit_events(*before, *most).await,
            Write::RaiseEpoch { account } => {
                self.run(
                    "INSERT INTO epochs (account, epoch) VALUES ($1, 1) \
                     ON CONFLICT (account) DO UPDATE SET epoch = epochs.epoch + 1",
                    &[&account.uuid()],
                )
                .await
            }
        }
    }

    /// Writes what is gathered.
    ///
    /// Errors: `Lost` where an alias, the key of an answer, or the name or the id of a record, is taken.
    pub async fn flush(&mut self) -> Result<(), PostgresError> {
        let gathered = std::mem::take(&mut self.gathered);
        if self.keeps_order {
            self.insert(&gathered.records).await?;
            self.alias(&gathered.aliases).await?;
            self.link(&gathered.edges).await?;
            return self.keep_answers(&gathered.answers).await;
        }
        self.write_at_once(&gathered).await
    }

    /// On the way there and back, no statement waits for another. Which of several losses is told nobody knows.
    pub async fn write_at_once(&self, gathered: &InsertBuffer) -> Result<(), PostgresError> {
        try_join4(
            self.insert(&gathered.records),
            self.alias(&gathered.aliases),
            self.link(&gathered.edges),
            self.keep_answers(&gathered.answers),
        )
        .await?;
        Ok(())
    }

    async fn link(&self, edges: &[Edge]) -> Result<(), PostgresError> {
        if edges.is_empty() {
            return Ok(());
        }
        let uuids = |of: fn(&Edge) -> Uuid| edges.iter().map(of).collect::<Vec<_>>();
        let relations: Vec<&str> = edges.iter().map(|edge| edge.relation.name()).collect();
        let places: Vec<&str> = edges.iter().map(|edge| edge.at.as_str()).collect();
        let ords: Vec<i64> = edges.iter().map(|edge| i64::from(edge.ord)).collect();
        let attributes: Vec<Option<String>> = edges.iter().map(|edge| write_attributes(&edge.attributes)).collect();
        let since: Vec<i64> = edges.iter().map(|edge| signed(edge.since.0)).collect();
        self.run(
            "INSERT INTO edges (id, source, relation, place, ord, target, attributes, since) SELECT * FROM unnest(\
             $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::uuid[], $7::text[], $8::bigint[])",
            &[
                &uuids(|edge| edge.id.uuid()),
                &uuids(|edge| edge.from.uuid()),
                &relations,
                &places,
                &ords,
                &uuids(|edge| edge.to.uuid()),
                &attributes,
                &since,
            ],
        )
        .await
    }

    /// Ending what has ended already is nothing. An edge that lived for no revision leaves nothing behind.
    async fn unlink(&mut self, id: EdgeId, until: Revision) -> Result<(), PostgresError> {
        let ends = self
            .session
            .first(
                "WITH gone AS (DELETE FROM edges WHERE id = $1 RETURNING *), ended AS ( \
                     INSERT INTO past_edges (id, source, relation, place, ord, target, attributes, since, until) \
                     SELECT id, source, relation, place, ord, target, attributes, since, $2::bigint FROM gone \
                     WHERE since < $2::bigint ON CONFLICT DO NOTHING) SELECT source, target FROM gone",
                &[&id.uuid(), &signed(until.0)],
                |row| Ok((rows::id(row, 0)?, rows::id(row, 1)?)),
            )
            .await?;
        if let Some((from, to)) = ends {
            self.changed.edge(from, to);
        }
        Ok(())
    }

    async fn alias(&self, aliases: &[Alias]) -> Result<(), PostgresError> {
        if aliases.is_empty() {
            return Ok(());
        }
        let uuids = |of: fn(&Alias) -> Uuid| aliases.iter().map(of).collect::<Vec<_>>();
        let spaces: Vec<&str> = aliases.iter().map(|alias| alias.space).collect();
        let values: Vec<&str> = aliases.iter().map(|alias| alias.value.as_str()).collect();
        let given = self
            .session
            .all(
                "INSERT INTO aliases (account, space, value, id) \
                 SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[]) \
                 ON CONFLICT DO NOTHING RETURNING account, space, value",
                &[&uuids(|alias| alias.account.uuid()), &spaces, &values, &uuids(|alias| alias.id.uuid())],
                |row| Ok((row.uuid(0)?, rows::text(row, 1)?.to_owned(), rows::text(row, 2)?.to_owned())),
            )
            .await?;
        let mut given: HashSet<_> = given.into_iter().collect();
        let key = |alias: &Alias| (alias.account.uuid(), alias.space.to_owned(), alias.value.clone());
        match aliases.iter().find(|alias| !given.remove(&key(alias))) {
            Some(alias) => Err(alias.is_taken()),
            None => Ok(()),
        }
    }

    async fn unalias(&mut self, account: AccountId, space: &'static str, value: &str) -> Result<(), PostgresError> {
        let sql = "DELETE FROM aliases WHERE account = $1 AND space = $2 AND value = $3 RETURNING id";
        let gone = self.session.first(sql, &[&account.uuid(), &space, &value], |row| rows::id(row, 0)).await?;
        gone.into_iter().for_each(|id| self.changed.record(id));
        self.changed.alias(account, space, value);
        Ok(())
    }

    async fn put_secrets(&self, id: RecordId, secrets: &[SealedSecret]) -> Result<(), PostgresError> {
        self.run("DELETE FROM secrets WHERE record = $1", &[&id.uuid()]).await?;
        for secret in secrets {
            self.run(
                "INSERT INTO secrets (record, path, sealed, fingerprint) VALUES ($1, $2, $3, $4)",
                &[&id.uuid(), &secret.path, &secret.sealed, &secret.fingerprint],
            )
            .await?;
        }
        Ok(())
    }

    /// What a class shows is unique in it: the new credential takes the place of the old one.
    async fn put_credential(&self, credential: &Credential) -> Result<(), PostgresError> {
        let (id, class) = (credential.id.uuid(), credential.class.name());
        self.run(
            "DELETE FROM credentials WHERE id = $1 OR (class = $2 AND public = $3)",
            &[&id, &class, &credential.public],
        )
        .await?;
        self.run(
            "INSERT INTO credentials (id, account, \"user\", class, public, label, secret, created_at, expires_at, \
             made_with) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            &[
                &id,
                &credential.account.uuid(),
                &credential.user.uuid(),
                &class,
                &credential.public,
                &&*storable(&credential.label),
                &credential.secret,
                &credential.created.0,
                &credential.expires.map(|at| at.0),
                &credential.made_with.map(CredentialId::uuid),
            ],
        )
        .await
    }

    /// Ends those that the condition names, and whatever was made with them.
    pub async fn drop_credentials(&self, condition: &str, params: Params<'_>) -> Result<(), PostgresError> {
        let sql = format!(
            "WITH RECURSIVE gone (id) AS ( \
                 SELECT id FROM credentials WHERE {condition} \
                 UNION SELECT made.id FROM gone JOIN credentials AS made ON made.made_with = gone.id \
             ) DELETE FROM credentials WHERE id IN (SELECT id FROM gone)"
        );
        self.run(&sql, params).await
    }

    /// Each takes the place of an answer that is too old to be repeated.
    async fn keep_answers(&self, answers: &[RememberedAnswer]) -> Result<(), PostgresError> {
        if answers.is_empty() {
            return Ok(());
        }
        let accounts: Vec<Uuid> = answers.iter().map(|answer| answer.account.uuid()).collect();
        let scopes: Vec<&str> = answers.iter().map(|answer| answer.scope.as_str()).collect();
        let keys: Vec<_> = answers.iter().map(|answer| storable(&answer.key)).collect();
        let fingerprints: Vec<&[u8]> = answers.iter().map(|answer| &answer.fingerprint[..]).collect();
        let statuses: Vec<i64> = answers.iter().map(|answer| i64::from(answer.status)).collect();
        let bodies: Vec<&[u8]> = answers.iter().map(|answer| &answer.body[..]).collect();
        let at: Vec<i64> = answers.iter().map(|answer| answer.at.0).collect();
        let since = answers.iter().map(|answer| answer.oldest().0).min().unwrap_or_default();
        let kept = self
            .session
            .all(
                "INSERT INTO answers AS known (account, scope, key, fingerprint, status, body, at) \
                 SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::bigint[], $6::bytea[], \
                 $7::bigint[]) ON CONFLICT (account, scope, key) DO UPDATE SET \
                 fingerprint = excluded.fingerprint, status = excluded.status, body = excluded.body, \
                 at = excluded.at WHERE known.at < $8 RETURNING account, scope, key",
                &[
                    &accounts,
                    &scopes,
                    &keys.iter().map(|key| &**key).collect::<Vec<_>>(),
                    &fingerprints,
                    &statuses,
                    &bodies,
                    &at,
                    &since,
                ],
                |row| Ok((row.uuid(0)?, rows::text(row, 1)?.to_owned(), rows::text(row, 2)?.to_owned())),
            )
            .await?;
        let kept: HashSet<_> = kept.into_iter().collect();
        let is_kept = |answer: &&RememberedAnswer| {
            kept.contains(&(answer.account.uuid(), answer.scope.clone(), storable(&answer.key).into_owned()))
        };
        match answers.iter().find(|answer| !is_kept(answer)) {
            None => Ok(()),
            Some(answer) => {
                let (account, scope, key) = (answer.account, answer.scope.clone(), answer.key.clone());
                Err(PostgresError::Lost(Expect::KeyUnused { account, scope, key, since: answer.oldest() }))
            }
        }
    }

    pub async fn run(&self, sql: &str, params: Params<'_>) -> Result<(), PostgresError> {
        self.session.run(sql, params).await?;
        Ok(())
    }
}
