//! Writing records: new ones, and the next state of those that are there, which puts the one before among the past.

use std::collections::HashSet;
use std::sync::LazyLock;

use emporion_model::change_set::{Expect, NameScope};
use emporion_model::id::{RecordId, Revision};
use emporion_model::name;
use emporion_model::record::Record;
use uuid::Uuid;

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
    /// Inserts new records, all or none.
    ///
    /// Errors: `Lost` with what the first of them that has no place would have needed.
    pub async fn insert(&self, records: &[Record]) -> Result<(), PostgresError> {
        if records.is_empty() {
            return Ok(());
        }
        let uuids = |of: fn(&Record) -> Uuid| records.iter().map(of).collect::<Vec<_>>();
        let texts = |of: fn(&Record) -> &str| records.iter().map(of).collect::<Vec<_>>();
        let ints = |of: fn(&Record) -> i64| records.iter().map(of).collect::<Vec<_>>();
        let parents: Vec<Option<Uuid>> = records.iter().map(|record| record.parent.map(RecordId::uuid)).collect();
        let folded: Vec<String> = records.iter().map(|record| name::fold(&record.name)).collect();
        let changes: Vec<Option<String>> =
            records.iter().map(|record| record.change.as_deref().map(write_change)).collect();
        let through: Vec<Option<&str>> = records.iter().map(|record| record.updated.by.through.as_deref()).collect();
        let doors: Vec<Option<&str>> = records.iter().map(|record| record.updated.by.door.as_deref()).collect();
        let inserted = self
            .session
            .all(
                "INSERT INTO records (id, account, kind, parent, name, folded, fqn, state, revision, version, \
                 content_revision, created_at, created_by, created_by_name, updated_at, updated_by, updated_by_name, \
                 visibility, change, body, updated_through, updated_door) SELECT * FROM unnest($1::uuid[], \
                 $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], \
                 $10::bigint[], $11::bigint[], $12::bigint[], $13::uuid[], $14::text[], $15::bigint[], $16::uuid[], \
                 $17::text[], $18::bigint[], $19::text[], $20::text[], $21::text[], $22::text[]) \
                 ON CONFLICT DO NOTHING RETURNING id",
                &[
                    &uuids(|record| record.id.uuid()),
                    &uuids(|record| record.account.uuid()),
                    &texts(|record| record.kind.name()),
                    &parents,
                    &texts(|record| &record.name),
                    &folded,
                    &texts(|record| &record.fqn),
                    &ints(|record| state_code(record.state)),
                    &ints(|record| signed(record.revision.0)),
                    &ints(|record| i64::from(record.version)),
                    &ints(|record| i64::from(record.content_revision)),
                    &ints(|record| record.created.at.0),
                    &uuids(|record| record.created.by.id.uuid()),
                    &texts(|record| &record.created.by.name),
                    &ints(|record| record.updated.at.0),
                    &uuids(|record| record.updated.by.id.uuid()),
                    &texts(|record| &record.updated.by.name),
                    &ints(|record| visibility_code(record.visibility)),
                    &changes,
                    &texts(|record| record.body.json()),
                    &through,
                    &doors,
                ],
                |row| rows::id(row, 0),
            )
            .await?;
        let inserted: HashSet<RecordId> = inserted.into_iter().collect();
        let mut left = inserted.clone();
        let Some(at) = records.iter().position(|record| !left.remove(&record.id)) else { return Ok(()) };
        // Those behind it are there by now, and would not be if it had stood alone.
        let behind: Vec<RecordId> = records[at..].iter().map(|record| record.id).collect();
        let not: Vec<Uuid> =
            behind.iter().filter(|id| **id == behind[0] || inserted.contains(id)).map(|id| id.uuid()).collect();
        Err(self.taken(&records[at], &not).await?)
    }

    /// Which expectation a duplicate means: the id is there already, or the name, in another record than some.
    async fn taken(&self, record: &Record, not: &[Uuid]) -> Result<PostgresError, PostgresError> {
        let sql = "SELECT 1 FROM records WHERE account = $1 AND kind = $2 AND fqn = $3 AND state < 2 AND id <> ALL($4)";
        Ok(match self.session.finds(sql, &[&record.account.uuid(), &record.kind.name(), &record.fqn, &not]).await? {
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
