//! Writes that reach everything below a record: deleting, restoring, removing for ever, moving. Set-based: their cost
//! is that of the rows, not of one statement for each.

use emporion_catalog::change_set::{EventKind, Expect, NameScope};
use emporion_catalog::id::{AccountId, Millis, RecordId};
use emporion_catalog::record::{Actor, State};
use rusqlite::{Connection, params};

use super::apply::Batch;
use super::fault::{Fault, is_duplicate};
use super::rows::{self, ALIVE, mark_change, signed, state_code};

/// Holds the ids that one subtree write is about, so that each of its statements means the same records.
/// PostgreSQL: a temporary table that is emptied on commit.
const TABLE: &str = "CREATE TEMP TABLE subtree (id BLOB NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID";

/// Everything below a root, through any number of parents, the root itself left out. `UNION` ends a chain that meets
/// itself, which only damage can make. `CROSS JOIN`, here and below, keeps the order of the joins as written: from the
/// few to the many, never from all records.
const BELOW: &str = "WITH RECURSIVE below (id) AS ( \
         SELECT id FROM records WHERE parent = ?1 \
         UNION \
         SELECT records.id FROM below CROSS JOIN records WHERE records.parent = below.id \
     ) \
     INSERT INTO temp.subtree (id) SELECT records.id FROM below CROSS JOIN records \
     WHERE records.id = below.id AND records.id <> ?1";

const MARKED: &str = "(SELECT id FROM temp.subtree)";

/// Names of the subtree that somebody else holds.
const TAKEN: &str = "SELECT mine.account, mine.kind, mine.fqn, mine.id FROM temp.subtree \
     CROSS JOIN records AS mine CROSS JOIN records AS other \
     WHERE mine.id = subtree.id AND other.account = mine.account AND other.kind = mine.kind \
         AND other.fqn = mine.fqn AND other.state < 2 AND other.id <> mine.id \
     LIMIT 1";

/// The same for the names that the subtree is about to have.
const TAKEN_AFTER_MOVE: &str = "SELECT mine.account, mine.kind, other.fqn, mine.id FROM temp.subtree \
     CROSS JOIN records AS mine CROSS JOIN records AS other \
     WHERE mine.id = subtree.id AND other.account = mine.account AND other.kind = mine.kind \
         AND other.fqn = ?1 || substr(mine.fqn, length(?2) + 1) AND other.state < 2 AND other.id <> mine.id \
     LIMIT 1";

/// What goes with a record, and the record; each statement ends in the ids.
const DROPS: &[&str] = &[
    "DELETE FROM edges WHERE source IN",
    "DELETE FROM edges WHERE target IN",
    "DELETE FROM past_edges WHERE source IN",
    "DELETE FROM past_edges WHERE target IN",
    "DELETE FROM revisions WHERE id IN",
    "DELETE FROM secrets WHERE record IN",
    "DELETE FROM aliases WHERE id IN",
    "DELETE FROM credentials WHERE user IN",
    "DELETE FROM records WHERE id IN",
];

pub fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(TABLE)
}

impl Batch<'_> {
    pub fn mark_subtree(&mut self, root: RecordId, state: State, at: Millis, by: &Actor) -> Result<(), Fault> {
        self.clear()?;
        let deletes = !state.is_alive();
        if deletes {
            self.run(&format!("{BELOW} AND records.state = 0"), params![root.as_bytes()])?;
        } else {
            self.run(
                "INSERT INTO temp.subtree (id) SELECT id FROM records WHERE deleted_with = ?1",
                params![root.as_bytes()],
            )?;
            self.expect_names_free()?;
        }
        self.note_changed()?;
        self.keep_history()?;
        self.count_out()?;
        let (before, after) = mark_change(deletes);
        self.run(
            &format!(
                "UPDATE records SET state = ?1, deleted_with = ?2, revision = revision + 1, version = version + 1, \
                 updated_at = ?3, updated_by = ?4, updated_by_name = ?5, change = ?6 || version || ?7 \
                 WHERE id IN {MARKED}"
            ),
            params![
                state_code(state),
                deletes.then(|| root.as_bytes()),
                at.0,
                by.id.as_bytes(),
                by.name,
                before,
                after
            ],
        )?;
        self.count_in()?;
        let what = if deletes { EventKind::Deleted } else { EventKind::Restored };
        self.append_events(what, at, by)
    }

    pub fn drop_subtree(&mut self, root: RecordId, stamp: Option<(Millis, &Actor)>) -> Result<(), Fault> {
        self.clear()?;
        self.run(BELOW, params![root.as_bytes()])?;
        // The root's own event is the planner's.
        if let Some((at, by)) = stamp {
            self.append_events(EventKind::Purged, at, by)?;
        }
        self.run("INSERT INTO temp.subtree (id) VALUES (?1)", params![root.as_bytes()])?;
        self.note_changed()?;
        self.count_out()?;
        for statement in DROPS {
            self.run(&format!("{statement} {MARKED}"), [])?;
        }
        Ok(())
    }

    pub fn move_prefix(
        &mut self,
        root: RecordId,
        from: &str,
        to: &str,
        stamp: Option<(Millis, &Actor)>,
    ) -> Result<(), Fault> {
        self.clear()?;
        // Kinds whose FQNs do not begin with their parent's (users, for one) stay where they are.
        self.run(
            &format!("{BELOW} AND records.fqn >= ?2 || '.' AND records.fqn < ?2 || '/'"),
            params![root.as_bytes(), from],
        )?;
        self.note_changed()?;
        self.keep_history()?;
        // A plan made over the old FQN must lose: the revision rises.
        let moved = self
            .connection
            .prepare_cached(&format!(
                "UPDATE records SET fqn = ?1 || substr(fqn, length(?2) + 1), revision = revision + 1 WHERE id IN {MARKED}"
            ))?
            .execute(params![to, from]);
        match moved {
            Ok(_) => {}
            Err(error) if is_duplicate(&error) => return Err(self.clash(from, to)?),
            Err(error) => return Err(error.into()),
        }
        match stamp {
            Some((at, by)) => self.append_events(EventKind::Updated, at, by),
            None => Ok(()),
        }
    }

    fn clear(&self) -> Result<(), Fault> {
        self.run("DELETE FROM temp.subtree", [])
    }

    fn note_changed(&mut self) -> Result<(), Fault> {
        self.changed.everything();
        Ok(())
    }

    fn keep_history(&self) -> Result<(), Fault> {
        let columns = rows::RECORD;
        self.run(&format!("INSERT INTO revisions ({columns}) SELECT {columns} FROM records WHERE id IN {MARKED}"), [])
    }

    /// A name that somebody has taken meanwhile keeps the whole subtree deleted.
    fn expect_names_free(&self) -> Result<(), Fault> {
        self.lose_name(TAKEN, [])
    }

    fn clash(&self, from: &str, to: &str) -> Result<Fault, Fault> {
        let found = self.lose_name(TAKEN_AFTER_MOVE, params![to, from]);
        Ok(match found {
            Err(lost) => lost,
            Ok(()) => Fault::internal(format!("moving {from} to {to} met a duplicate that is not there")),
        })
    }

    fn lose_name(&self, sql: &str, params: impl rusqlite::Params) -> Result<(), Fault> {
        let lost = self.reader().first(sql, params, |row| {
            Ok(Expect::NameFree {
                account: AccountId::from_uuid(rows::uuid(row, 0)?),
                kind: self.codec.kind(rows::text(row, 1)?)?,
                scope: NameScope::Fqn(rows::text(row, 2)?.to_owned()),
                except: Some(rows::id(row, 3)?),
            })
        })?;
        lost.map_or(Ok(()), |expect| Err(Fault::Lost(expect)))
    }

    fn count_out(&mut self) -> Result<(), Fault> {
        self.count(-1)
    }

    fn count_in(&mut self) -> Result<(), Fault> {
        self.count(1)
    }

    fn count(&mut self, sign: i64) -> Result<(), Fault> {
        let counts = self.reader().all(
            &format!(
                "SELECT account, kind, state, count(*) FROM records WHERE id IN {MARKED} GROUP BY account, kind, state"
            ),
            [],
            |row| {
                let account = AccountId::from_uuid(rows::uuid(row, 0)?);
                Ok((account, self.codec.kind(rows::text(row, 1)?)?, row.get::<_, i64>(2)?, row.get::<_, i64>(3)?))
            },
        )?;
        for (account, kind, state, n) in counts {
            self.tally(account, kind, state, sign * n);
        }
        Ok(())
    }

    /// One event for each record of the subtree, so that followers need not know what stood below what.
    fn append_events(&mut self, what: EventKind, at: Millis, by: &Actor) -> Result<(), Fault> {
        let appended = self
            .connection
            .prepare_cached(&format!(
                "INSERT INTO events (seq, account, at, by_id, by_name, what, kind, id, fqn, revision) \
                 SELECT ?1 + row_number() OVER (ORDER BY fqn, id), account, ?2, ?3, ?4, ?5, kind, id, fqn, revision \
                 FROM records WHERE id IN {MARKED} ORDER BY fqn, id"
            ))?
            .execute(params![signed(self.head), at.0, by.id.as_bytes(), by.name, what.name()])?;
        self.head += appended as u64;
        Ok(())
    }
}

const _: () = assert!(ALIVE == 0, "statements of this module say `state = 0` for alive");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_statement_walks_through_all_records() {
        let mut connection = Connection::open_in_memory().unwrap();
        crate::sqlite::migrate::migrate(&mut connection).unwrap();
        prepare(&connection).unwrap();
        let below = format!("{BELOW} AND records.state = 0");
        let drops = DROPS.iter().map(|statement| format!("{statement} {MARKED}"));
        for sql in [TAKEN.to_owned(), TAKEN_AFTER_MOVE.to_owned(), below].into_iter().chain(drops) {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let unbound = vec![rusqlite::types::Null; statement.parameter_count()];
            let steps =
                statement.query_map(rusqlite::params_from_iter(unbound), |row| row.get::<_, String>(3)).unwrap();
            for step in steps.map(Result::unwrap).filter(|step| step.starts_with("SCAN")) {
                assert!(matches!(step.as_str(), "SCAN temp.subtree" | "SCAN below"), "{step}: {sql}");
            }
        }
    }
}
