//! Writing records: new ones, and the next state of those that are there, which puts the one before among the past.

use std::sync::LazyLock;

use emporion_model::change_set::{Expect, NameScope};
use emporion_model::id::{RecordId, Revision};
use emporion_model::name;
use emporion_model::record::Record;
use rusqlite::params;

use super::apply::Batch;
use super::error::{SqliteError, is_duplicate};
use crate::rows::{self, signed, state_code, visibility_code, write_change};
use crate::tallies::Place;

static KEEP_WHOLE: LazyLock<String> = LazyLock::new(|| keep(rows::RECORD));
/// Without the body and the change, which are those of the next state.
static KEEP_STAMPS: LazyLock<String> =
    LazyLock::new(|| keep(&rows::RECORD.replace("change, body", &format!("NULL, '{}'", rows::SHARED))));

/// Puts a record among the past states before it is replaced.
fn keep(columns: &str) -> String {
    format!(
        "INSERT INTO revisions ({}) SELECT {columns} FROM records \
         WHERE id = ?1 AND revision = ?2 AND account = ?3 AND kind = ?4 \
         RETURNING parent, name, fqn, state, visibility",
        rows::RECORD
    )
}

impl Batch<'_> {
    pub fn insert(&mut self, record: &Record) -> Result<(), SqliteError> {
        let inserted = self
            .connection
            .prepare_cached(
                "INSERT INTO records (id, account, kind, parent, name, folded, fqn, state, revision, version, \
                 content_revision, created_at, created_by, created_by_name, updated_at, updated_by, updated_by_name, \
                 visibility, change, body, updated_through, updated_door) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)",
            )?
            .execute(params![
                record.id.as_bytes(),
                record.account.as_bytes(),
                record.kind.name(),
                record.parent.as_ref().map(RecordId::as_bytes),
                record.name,
                name::fold(&record.name),
                record.fqn,
                state_code(record.state),
                signed(record.revision.0),
                record.version,
                record.content_revision,
                record.created.at.0,
                record.created.by.id.as_bytes(),
                record.created.by.name,
                record.updated.at.0,
                record.updated.by.id.as_bytes(),
                record.updated.by.name,
                visibility_code(record.visibility),
                record.change.as_deref().map(write_change),
                record.body.json(),
                record.updated.by.through,
                record.updated.by.door,
            ]);
        match inserted {
            Ok(_) => {
                self.tally(record.account, record.kind, Place::of(record), 1);
                Ok(())
            }
            Err(error) if is_duplicate(&error) => Err(self.taken(record, Revision(0))?),
            Err(error) => Err(error.into()),
        }
    }

    /// Which expectation a duplicate means: the id is there already (so another revision than `expected`), or the name.
    fn taken(&self, record: &Record, expected: Revision) -> Result<SqliteError, SqliteError> {
        let name = Expect::NameFree {
            account: record.account,
            kind: record.kind,
            scope: NameScope::Fqn(record.fqn.clone()),
            except: Some(record.id),
        };
        Ok(SqliteError::Lost(match self.holds(&name)? {
            false => name,
            true => Expect::RevisionIs { id: record.id, revision: expected },
        }))
    }

    pub fn replace(&mut self, record: &Record, replaced: Revision, silent: bool) -> Result<(), SqliteError> {
        let lost = || SqliteError::Lost(Expect::RevisionIs { id: record.id, revision: replaced });
        let before = self.reader().first(
            if silent { &KEEP_STAMPS } else { &KEEP_WHOLE },
            params![record.id.as_bytes(), signed(replaced.0), record.account.as_bytes(), record.kind.name()],
            |row| {
                let place = Place { state: row.get(3)?, parent: rows::parent(row, 0)?, visibility: row.get(4)? };
                let stays = place.parent == record.parent
                    && rows::text(row, 1)? == record.name
                    && rows::text(row, 2)? == record.fqn
                    && place.state == state_code(record.state);
                Ok((stays, place))
            },
        )?;
        let (stays, place) = before.ok_or_else(lost)?;
        if place.parent != record.parent {
            place.parent.into_iter().for_each(|parent| self.changed.child(parent, record.kind));
        }
        self.run(
            "UPDATE records SET revision = ?2, version = ?3, content_revision = ?4, updated_at = ?5, updated_by = ?6, \
             updated_by_name = ?7, visibility = ?8, change = ?9, body = ?10, updated_through = ?11, \
             updated_door = ?12 WHERE id = ?1",
            params![
                record.id.as_bytes(),
                signed(record.revision.0),
                record.version,
                record.content_revision,
                record.updated.at.0,
                record.updated.by.id.as_bytes(),
                record.updated.by.name,
                visibility_code(record.visibility),
                record.change.as_deref().map(write_change),
                record.body.json(),
                record.updated.by.through,
                record.updated.by.door,
            ],
        )?;
        // Most changes leave the columns alone that most indexes are made of.
        if !stays {
            self.move_or_mark(record, replaced)?;
        }
        if place != Place::of(record) {
            self.tally(record.account, record.kind, place, -1);
            self.tally(record.account, record.kind, Place::of(record), 1);
        }
        Ok(())
    }

    fn move_or_mark(&self, record: &Record, replaced: Revision) -> Result<(), SqliteError> {
        // A record that is put alive by itself no longer comes back with what took it along.
        let written = self
            .connection
            .prepare_cached(
                "UPDATE records SET parent = ?2, name = ?3, folded = ?4, fqn = ?5, state = ?6, \
                 deleted_with = CASE WHEN ?6 = 0 THEN NULL ELSE deleted_with END WHERE id = ?1",
            )?
            .execute(params![
                record.id.as_bytes(),
                record.parent.as_ref().map(RecordId::as_bytes),
                record.name,
                name::fold(&record.name),
                record.fqn,
                state_code(record.state),
            ]);
        match written {
            Ok(_) => Ok(()),
            Err(error) if is_duplicate(&error) => Err(self.taken(record, replaced)?),
            Err(error) => Err(error.into()),
        }
    }
}
