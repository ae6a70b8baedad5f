//! Writes that reach everything below a record: deleting, restoring, removing for ever, moving. Set-based: their cost
//! is that of the rows, not of one statement for each. A transaction with one of them is alone (see `group`), so that
//! the records it has chosen stay the same.

use emporion_model::change_set::{Event, EventKind, Expect, NameScope, Write};
use emporion_model::id::{AccountId, Millis, RecordId, Revision};
use emporion_model::record::{Actor, State};
use uuid::Uuid;

use super::batch::Batch;
use super::error::PostgresError;
use super::read::uuids;
use super::session::Params;
use crate::rows::{self, Columns, RECORD, mark_change, state_code};
use crate::tallies::Place;

type Stamp<'a> = (Millis, &'a Actor);

/// Everything below a root, through any number of parents, the root itself left out. `UNION` ends a chain that meets
/// itself, which only damage can make.
const BELOW: &str = "WITH RECURSIVE below (id) AS ( \
         SELECT id FROM records WHERE parent = $1 \
         UNION SELECT records.id FROM below JOIN records ON records.parent = below.id \
     ) SELECT records.id FROM below JOIN records ON records.id = below.id WHERE records.id <> $1";

/// Names of chosen records that somebody else holds.
const TAKEN: &str = "SELECT mine.account, mine.kind, mine.fqn, mine.id FROM records AS mine \
     JOIN records AS other ON other.account = mine.account AND other.kind = mine.kind AND other.fqn = mine.fqn \
         AND other.state < 2 AND other.id <> mine.id \
     WHERE mine.id = ANY($1) LIMIT 1";

/// The same for the names that they are about to have.
const TAKEN_AFTER_MOVE: &str = "SELECT mine.account, mine.kind, other.fqn, mine.id FROM records AS mine \
     JOIN records AS other ON other.account = mine.account AND other.kind = mine.kind \
         AND other.fqn = $2 || substr(mine.fqn, length($3) + 1) AND other.state < 2 AND other.id <> mine.id \
     WHERE mine.id = ANY($1) AND mine.state < 2 AND NOT other.id = ANY($1) LIMIT 1";

/// What goes with a record, and the record.
const DROPS: &[&str] = &[
    "DELETE FROM edges WHERE source = ANY($1)",
    "DELETE FROM edges WHERE target = ANY($1)",
    "DELETE FROM past_edges WHERE source = ANY($1)",
    "DELETE FROM past_edges WHERE target = ANY($1)",
    "DELETE FROM revisions WHERE id = ANY($1)",
    "DELETE FROM secrets WHERE record = ANY($1)",
    "DELETE FROM observations WHERE series IN (SELECT id FROM observation_series WHERE record = ANY($1))",
    "DELETE FROM observation_series WHERE record = ANY($1)",
    "DELETE FROM aliases WHERE id = ANY($1)",
    "DELETE FROM records WHERE id = ANY($1)",
];

impl Batch<'_> {
    pub async fn mark_subtree(&mut self, root: RecordId, state: State, stamp: Stamp<'_>) -> Result<(), PostgresError> {
        let deletes = !state.is_alive();
        let chosen = if deletes {
            self.choose(&format!("{BELOW} AND records.state = 0"), &[&root.uuid()]).await?
        } else {
            self.choose("SELECT id FROM records WHERE deleted_with = $1", &[&root.uuid()]).await?
        };
        if !deletes {
            self.lose_name(TAKEN, &[&chosen]).await?;
        }
        self.changed.everything();
        self.keep_history(&chosen).await?;
        self.count(&chosen, -1).await?;
        let (at, by) = stamp;
        let (before, after) = mark_change(deletes);
        self.run(
            "UPDATE records SET state = $2, deleted_with = $3, revision = revision + 1, version = version + 1, \
             updated_at = $4, updated_by = $5, updated_by_name = $6, updated_through = $7, updated_door = $8, \
             change = $9::text || version || $10::text WHERE id = ANY($1)",
            &[
                &chosen,
                &state_code(state),
                &deletes.then(|| root.uuid()),
                &at.0,
                &by.id.uuid(),
                &&*by.name,
                &by.through.as_deref(),
                &by.door.as_deref(),
                &before,
                &after,
            ],
        )
        .await?;
        self.count(&chosen, 1).await?;
        self.tell(&chosen, if deletes { EventKind::Deleted } else { EventKind::Restored }, stamp).await
    }

    /// The root's own event is the planner's.
    pub async fn drop_subtree(&mut self, root: RecordId, stamp: Option<Stamp<'_>>) -> Result<(), PostgresError> {
        let mut chosen = self.choose(BELOW, &[&root.uuid()]).await?;
        self.changed.everything();
        if let Some(stamp) = stamp {
            self.tell(&chosen, EventKind::Purged, stamp).await?;
        }
        chosen.push(root.uuid());
        self.drop_chosen(&chosen).await
    }

    /// Removes at once what the first of these writes remove that has nothing below it. Answers how many those are.
    pub async fn drop_leaves(&mut self, writes: &[Write]) -> Result<usize, PostgresError> {
        let roots = writes.iter().map_while(|write| match write {
            Write::DropSubtree { root } => Some(root.uuid()),
            _ => None,
        });
        let mut leaves: Vec<Uuid> = roots.collect();
        let parents = "SELECT DISTINCT parent FROM records WHERE parent = ANY($1)";
        let parents = uuids(&self.session.all(parents, &[&leaves], |row| rows::id(row, 0)).await?);
        leaves.truncate(leaves.iter().position(|root| parents.contains(root)).unwrap_or(leaves.len()));
        if !leaves.is_empty() {
            self.changed.everything();
            self.drop_chosen(&leaves).await?;
        }
        Ok(leaves.len())
    }

    async fn drop_chosen(&mut self, chosen: &[Uuid]) -> Result<(), PostgresError> {
        self.count(chosen, -1).await?;
        self.drop_credentials("\"user\" = ANY($1)", &[&chosen]).await?;
        for statement in DROPS {
            self.run(statement, &[&chosen]).await?;
        }
        Ok(())
    }

    /// Kinds whose FQNs do not begin with their parent's (users, for one) stay where they are.
    pub async fn move_prefix(
        &mut self,
        root: RecordId,
        from: &str,
        to: &str,
        stamp: Option<Stamp<'_>>,
    ) -> Result<(), PostgresError> {
        let (first, last) = crate::listed::below(from);
        let within = format!("{BELOW} AND records.fqn >= $2 AND records.fqn < $3");
        let chosen = self.choose(&within, &[&root.uuid(), &first, &last]).await?;
        self.changed.everything();
        self.lose_name(TAKEN_AFTER_MOVE, &[&chosen, &to, &from]).await?;
        self.keep_history(&chosen).await?;
        // A plan made over the old FQN must lose: the revision rises.
        self.run(
            "UPDATE records SET fqn = $2::text || substr(fqn, length($3::text) + 1), revision = revision + 1 \
             WHERE id = ANY($1)",
            &[&chosen, &to, &from],
        )
        .await?;
        match stamp {
            Some(stamp) => self.tell(&chosen, EventKind::Updated, stamp).await,
            None => Ok(()),
        }
    }

    async fn choose(&self, sql: &str, params: Params<'_>) -> Result<Vec<Uuid>, PostgresError> {
        Ok(uuids(&self.session.all(sql, params, |row| rows::id(row, 0)).await?))
    }

    async fn keep_history(&self, chosen: &[Uuid]) -> Result<(), PostgresError> {
        let sql = format!("INSERT INTO revisions ({RECORD}) SELECT {RECORD} FROM records WHERE id = ANY($1)");
        self.run(&sql, &[&chosen]).await
    }

    async fn lose_name(&self, sql: &str, params: Params<'_>) -> Result<(), PostgresError> {
        let lost = self
            .session
            .first(sql, params, |row| {
                Ok(Expect::NameFree {
                    account: AccountId::from_uuid(row.uuid(0)?),
                    kind: self.codec.kind(rows::text(row, 1)?)?,
                    scope: NameScope::Fqn(rows::text(row, 2)?.to_owned()),
                    except: Some(rows::id(row, 3)?),
                })
            })
            .await?;
        lost.map_or(Ok(()), |expect| Err(PostgresError::Lost(expect)))
    }

    async fn count(&mut self, chosen: &[Uuid], sign: i64) -> Result<(), PostgresError> {
        let counts = self
            .session
            .all(
                "SELECT account, kind, state, parent, visibility, count(*) FROM records WHERE id = ANY($1) \
                 GROUP BY account, kind, state, parent, visibility",
                &[&chosen],
                |row| {
                    let place = Place { state: row.int(2)?, parent: rows::parent(row, 3)?, visibility: row.int(4)? };
                    let kind = self.codec.kind(rows::text(row, 1)?)?;
                    Ok((AccountId::from_uuid(row.uuid(0)?), kind, place, row.int(5)?))
                },
            )
            .await?;
        for (account, kind, place, n) in counts {
            self.tally(account, kind, place, sign * n);
        }
        Ok(())
    }

    /// One event for each record, so that followers need not know what stood below what.
    async fn tell(&mut self, chosen: &[Uuid], what: EventKind, (at, by): Stamp<'_>) -> Result<(), PostgresError> {
        let told = self
            .session
            .all(
                "SELECT account, kind, id, fqn, revision FROM records WHERE id = ANY($1) ORDER BY fqn, id",
                &[&chosen],
                |row| {
                    Ok(Event {
                        account: AccountId::from_uuid(row.uuid(0)?),
                        at,
                        by: by.clone(),
                        what,
                        kind: self.codec.kind(rows::text(row, 1)?)?,
                        id: rows::id(row, 2)?,
                        fqn: rows::text(row, 3)?.to_owned(),
                        revision: Revision(rows::count(row, 4)?),
                        detail: None,
                    })
                },
            )
            .await?;
        self.events.extend(told);
        Ok(())
    }
}
