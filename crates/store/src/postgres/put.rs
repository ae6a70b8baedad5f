//! Writing records: new ones, and the next state of those that are there, which puts the one before among the past.

use std::sync::LazyLock;

use emporion_model::change_set::{Expect, NameScope};
use emporion_model::id::{RecordId, Revision};
use emporion_model::name;
use emporion_model::record::Record;

use super::batch::Batch;
use super::error::PostgresError;
use crate::rows::{self, Columns, RECORD, SHARED, signed, state_code, visibility_code, write_change};
use crate::tallies::Place;

static KEEP_WHOLE: LazyLock<String> = LazyLock::new(|| keep(RECORD));
/// Without the body and the change, which are those of the next state.
static KEEP_STAMPS: LazyLock<String> =
    LazyLock::new(|| keep(&RECORD.replace("change, body", &format!("NULL, '{SHARED}'"))));

/// Locks a record of this revision, and puts it among the past states before it is replaced. Who replaces it now is
/// waited for, and then there is no record of this revision.
fn keep(columns: &str) -> String {
    format!(
        "WITH before AS (SELECT {RECORD} FROM records WHERE id = $1 AND revision = $2 AND account = $3 AND kind = $4 \
             FOR NO KEY UPDATE), \
         kept AS (INSERT INTO revisions ({RECORD}) SELECT {columns} FROM before) \
         SELECT parent, state, visibility FROM before"
    )
}

impl Batch<'_> {
    pub async fn insert(&mut self, record: &Record) -> Result<(), PostgresError> {
        let inserted = self
            .session
            .run(
                "INSERT INTO records (id, account, kind, parent, name, folded, fqn, state, revision, version, \
                 content_revision, created_at, created_by, created_by_name, updated_at, updated_by, updated_by_name, \
                 visibility, change, body, updated_through, updated_door) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, \
                 $21, $22) ON CONFLICT DO NOTHING",
                &[
                    &record.id.uuid(),
                    &record.account.uuid(),
                    &record.kind.name(),
                    &record.parent.map(RecordId::uuid),
                    &record.name,
                    &name::fold(&record.name),
                    &record.fqn,
                    &state_code(record.state),
                    &signed(record.revision.0),
                    &i64::from(record.version),
                    &i64::from(record.content_revision),
                    &record.created.at.0,
                    &record.created.by.id.uuid(),
                    &&*record.created.by.name,
                    &record.updated.at.0,
                    &record.updated.by.id.uuid(),
                    &&*record.updated.by.name,
                    &visibility_code(record.visibility),
                    &record.change.as_deref().map(write_change),
                    &record.body.json(),
                    &record.updated.by.through.as_deref(),
                    &record.updated.by.door.as_deref(),
                ],
            )
            .await?;
        if inserted == 0 {
            return Err(self.taken(record).await?);
        }
        self.tally(record.account, record.kind, Place::of(record), 1);
        Ok(())
    }

    /// Which expectation a duplicate means: the id is there already, or the name.
    async fn taken(&self, record: &Record) -> Result<PostgresError, PostgresError> {
        let sql = "SELECT 1 FROM records WHERE account = $1 AND kind = $2 AND fqn = $3 AND state < 2 AND id <> $4";
        let (account, id) = (record.account.uuid(), record.id.uuid());
        Ok(match self.session.finds(sql, &[&account, &record.kind.name(), &record.fqn, &id]).await? {
            true => name_free(record),
            false => PostgresError::Lost(Expect::RevisionIs { id: record.id, revision: Revision(0) }),
        })
    }

    pub async fn replace(&mut self, record: &Record, replaced: Revision, silent: bool) -> Result<(), PostgresError> {
        let (id, kind) = (record.id.uuid(), record.kind);
        let before = self
            .session
            .first(
                if silent { &KEEP_STAMPS } else { &KEEP_WHOLE },
                &[&id, &signed(replaced.0), &record.account.uuid(), &kind.name()],
                |row| Ok(Place { parent: rows::parent(row, 0)?, state: row.int(1)?, visibility: row.int(2)? }),
            )
            .await?;
        let lost = || PostgresError::Lost(Expect::RevisionIs { id: record.id, revision: replaced });
        let place = before.ok_or_else(lost)?;
        if place.parent != record.parent {
            place.parent.into_iter().for_each(|parent| self.changed.child(parent, kind));
        }
        // A record that is put alive by itself no longer comes back with what took it along.
        let written = self
            .session
            .run(
                "UPDATE records SET revision = $2, version = $3, content_revision = $4, updated_at = $5, \
                 updated_by = $6, updated_by_name = $7, visibility = $8, change = $9, body = $10, \
                 updated_through = $11, updated_door = $12, parent = $13, name = $14, folded = $15, fqn = $16, \
                 state = $17, deleted_with = CASE WHEN $17::bigint = 0 THEN NULL ELSE deleted_with END WHERE id = $1",
                &[
                    &id,
                    &signed(record.revision.0),
                    &i64::from(record.version),
                    &i64::from(record.content_revision),
                    &record.updated.at.0,
                    &record.updated.by.id.uuid(),
                    &&*record.updated.by.name,
                    &visibility_code(record.visibility),
                    &record.change.as_deref().map(write_change),
                    &record.body.json(),
                    &record.updated.by.through.as_deref(),
                    &record.updated.by.door.as_deref(),
                    &record.parent.map(RecordId::uuid),
                    &record.name,
                    &name::fold(&record.name),
                    &record.fqn,
                    &state_code(record.state),
                ],
            )
            .await;
        match written {
            Ok(_) => {}
            Err(PostgresError::Duplicate(_)) => return Err(name_free(record)),
            Err(fault) => return Err(fault),
        }
        if place != Place::of(record) {
            self.tally(record.account, kind, place, -1);
            self.tally(record.account, kind, Place::of(record), 1);
        }
        Ok(())
    }
}

/// The expectation that is lost when another record holds the name.
pub fn name_free(record: &Record) -> PostgresError {
    PostgresError::Lost(Expect::NameFree {
        account: record.account,
        kind: record.kind,
        scope: NameScope::Fqn(record.fqn.clone()),
        except: Some(record.id),
    })
}
