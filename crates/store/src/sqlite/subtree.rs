//! Writes that reach everything below a record: deleting, restoring, removing for ever, moving. Set-based: their cost
//! is that of the rows, not of one statement for each. Large ones are done in turns (see `chunked_job`).

use emporion_model::change_set::{EventKind, Expect, NameScope, Write};
use emporion_model::id::{AccountId, Millis};
use emporion_model::record::{Actor, State};
use rusqlite::{Connection, params};

use super::apply::Batch;
use super::chunked_job::{self, ChunkedJob, What, Work};
use super::error::{SqliteError, is_duplicate};
use crate::rows::{self, ALIVE, mark_change, signed, state_code};
use crate::tallies::Place;

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

/// The same for what is removed in turns: the deepest first, so that those above still lead to the others.
const DEEPEST: &str = "WITH RECURSIVE below (id, depth) AS ( \
         SELECT id, 1 FROM records WHERE parent = ?1 \
         UNION \
         SELECT records.id, below.depth + 1 FROM below CROSS JOIN records \
         WHERE records.parent = below.id AND below.depth < 1000 \
     ) \
     INSERT OR IGNORE INTO temp.subtree (id) SELECT id FROM below WHERE id <> ?1 ORDER BY depth DESC LIMIT ?2";

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
         AND other.id NOT IN (SELECT id FROM temp.subtree) \
     LIMIT 1";

/// What goes with a record, and the record.
const DROPS: &[&str] = &[
    "DELETE FROM edges WHERE source IN $ids",
    "DELETE FROM edges WHERE target IN $ids",
    "DELETE FROM past_edges WHERE source IN $ids",
    "DELETE FROM past_edges WHERE target IN $ids",
    "DELETE FROM revisions WHERE id IN $ids",
    "DELETE FROM secrets WHERE record IN $ids",
    "DELETE FROM observations WHERE series IN (SELECT id FROM observation_series WHERE record IN $ids)",
    "DELETE FROM observation_series WHERE record IN $ids",
    "DELETE FROM observation_layouts WHERE record IN $ids",
    "DELETE FROM aliases WHERE id IN $ids",
    "DELETE FROM records WHERE id IN $ids",
];

pub fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(TABLE)
}

impl Work {
    /// The work that a write asks for, if it is about a subtree.
    pub fn of(write: &Write, stamp: Option<(Millis, &Actor)>) -> Option<Work> {
        let stamp = stamp.map(|(at, by)| (at, by.clone()));
        Some(match write {
            Write::MovePrefix { root, from, to } => {
                Work { root: *root, what: What::Move { from: from.clone(), to: to.clone() }, stamp }
            }
            Write::MarkSubtree { root, state, at, by } => {
                let what = if state.is_alive() { What::Restore } else { What::Delete(*state) };
                Work { root: *root, what, stamp: Some((*at, by.clone())) }
            }
            Write::DropSubtree { root } => Work { root: *root, what: What::Drop, stamp },
            _ => return None,
        })
    }

    /// Whether nothing that follows in the change set builds on the work.
    pub fn can_go_on_later(rest: &[Write]) -> bool {
        rest.iter().all(|write| {
            matches!(write, Write::RaiseEpoch { .. } | Write::PutKey(_) | Write::Alias { .. } | Write::Unalias { .. })
        })
    }
}

impl Batch<'_> {
    /// Does the work, or, where it may go on later and is large, begins it.
    pub fn carry_out(&mut self, work: &Work, can_wait: bool) -> Result<(), SqliteError> {
        // One at a time: the next one might be about the same records.
        let is_large = match can_wait && self.begun == 0 && self.turn_rows < usize::MAX {
            true => self.select(work, self.turn_rows + 1)? > self.turn_rows,
            false => false,
        };
        if is_large {
            return self.begin(work);
        }
        self.select(work, usize::MAX)?;
        if work.what == What::Restore {
            self.lose_name(TAKEN, [])?;
        }
        self.do_selected(work, true)
    }

    /// Removes at once what the first of these writes remove that has nothing below it. Answers how many those are.
    pub fn drop_leaves(&mut self, writes: &[Write]) -> Result<usize, SqliteError> {
        let mut leaves = 0;
        for write in writes {
            let Write::DropSubtree { root } = write else { break };
            let below = "SELECT 1 FROM records WHERE parent = ?1 LIMIT 1";
            if self.reader().first(below, params![root.as_bytes()], |_| Ok(()))?.is_some() {
                break;
            }
            if leaves == 0 {
                self.run("DELETE FROM temp.subtree", [])?;
            }
            self.run("INSERT OR IGNORE INTO temp.subtree (id) VALUES (?1)", params![root.as_bytes()])?;
            leaves += 1;
        }
        if leaves > 0 {
            self.changed.everything();
            self.drop_chosen()?;
        }
        Ok(leaves)
    }

    /// Puts the work on the list, once it is certain that nothing will be in its way.
    fn begin(&mut self, work: &Work) -> Result<(), SqliteError> {
        match &work.what {
            What::Restore => {
                self.select(work, usize::MAX)?;
                self.lose_name(TAKEN, [])?;
            }
            What::Move { from, to } => {
                self.select(work, usize::MAX)?;
                self.lose_name(TAKEN_AFTER_MOVE, params![to, from])?;
            }
            What::Delete(_) | What::Drop => {}
        }
        self.begun += 1;
        self.changed.everything();
        chunked_job::note(self.connection, work)
    }

    /// One turn. Answers whether it was the last.
    pub fn chunk(&mut self, job: &ChunkedJob) -> Result<bool, SqliteError> {
        // What is removed takes its history and its edges along.
        let share = if job.work.what == What::Drop { 4 } else { 1 };
        let rows = self.turn_rows.div_ceil(share);
        let is_last = self.select(&job.work, rows)? < rows;
        self.do_selected(&job.work, is_last)?;
        if is_last {
            chunked_job::forget(self.connection, job.id)?;
        }
        Ok(is_last)
    }

    /// Chooses at most so many records that the work is still to be done on. Answers how many.
    fn select(&self, work: &Work, limit: usize) -> Result<usize, SqliteError> {
        self.run("DELETE FROM temp.subtree", [])?;
        // Negative means all.
        let limit = i64::try_from(limit).unwrap_or(-1);
        let root = work.root.as_bytes();
        match &work.what {
            What::Delete(_) => self.choose(&format!("{BELOW} AND records.state = 0 LIMIT ?2"), params![root, limit]),
            What::Restore => self.choose(
                "INSERT INTO temp.subtree (id) SELECT id FROM records WHERE deleted_with = ?1 LIMIT ?2",
                params![root, limit],
            ),
            What::Drop if limit < 0 => self.choose(BELOW, params![root]),
            What::Drop => self.choose(DEEPEST, params![root, limit]),
            // Kinds whose FQNs do not begin with their parent's (users, for one) stay where they are.
            What::Move { from, .. } => self.choose(
                &format!("{BELOW} AND records.fqn >= ?2 || '.' AND records.fqn < ?2 || '/' LIMIT ?3"),
                params![root, from, limit],
            ),
        }
    }

    fn choose(&self, sql: &str, params: impl rusqlite::Params) -> Result<usize, SqliteError> {
        Ok(self.connection.prepare_cached(sql)?.execute(params)?)
    }

    /// `is_last`: nothing below the root waits any more.
    fn do_selected(&mut self, work: &Work, is_last: bool) -> Result<(), SqliteError> {
        self.changed.everything();
        match &work.what {
            What::Delete(state) => self.mark(work, *state, EventKind::Deleted),
            What::Restore => self.mark(work, State::Alive, EventKind::Restored),
            What::Drop => self.remove(work, is_last),
            What::Move { from, to } => self.move_prefix(work, from, to),
        }
    }

    fn mark(&mut self, work: &Work, state: State, what: EventKind) -> Result<(), SqliteError> {
        let Some((at, by)) = &work.stamp else { return Err(SqliteError::internal("a deletion that nobody has done")) };
        let deletes = !state.is_alive();
        self.keep_history()?;
        self.count_out()?;
        let (before, after) = mark_change(deletes);
        self.run(
            &format!(
                "UPDATE records SET state = ?1, deleted_with = ?2, revision = revision + 1, version = version + 1, \
                 updated_at = ?3, updated_by = ?4, updated_by_name = ?5, updated_through = ?8, \
                 updated_door = ?9, change = ?6 || version || ?7 WHERE id IN {MARKED}"
            ),
            params![
                state_code(state),
                deletes.then(|| work.root.as_bytes()),
                at.0,
                by.id.as_bytes(),
                by.name,
                before,
                after,
                by.through,
                by.door,
            ],
        )?;
        self.count_in()?;
        self.append_events(what, *at, by)
    }

    /// The root goes last: through it the others are found.
    fn remove(&mut self, work: &Work, with_root: bool) -> Result<(), SqliteError> {
        // The root's own event is the planner's.
        if let Some((at, by)) = &work.stamp {
            self.append_events(EventKind::Purged, *at, by)?;
        }
        if with_root {
            self.run("INSERT INTO temp.subtree (id) VALUES (?1)", params![work.root.as_bytes()])?;
        }
        self.drop_chosen()
    }

    fn drop_chosen(&mut self) -> Result<(), SqliteError> {
        self.count_out()?;
        self.drop_credentials(&format!("user IN {MARKED}"), [])?;
        for statement in DROPS {
            self.run(&statement.replace("$ids", MARKED), [])?;
        }
        Ok(())
    }

    fn move_prefix(&mut self, work: &Work, from: &str, to: &str) -> Result<(), SqliteError> {
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
        match &work.stamp {
            Some((at, by)) => self.append_events(EventKind::Updated, *at, by),
            None => Ok(()),
        }
    }

    fn keep_history(&self) -> Result<(), SqliteError> {
        let columns = rows::RECORD;
        self.run(&format!("INSERT INTO revisions ({columns}) SELECT {columns} FROM records WHERE id IN {MARKED}"), [])
    }

    fn clash(&self, from: &str, to: &str) -> Result<SqliteError, SqliteError> {
        let found = self.lose_name(TAKEN_AFTER_MOVE, params![to, from]);
        Ok(match found {
            Err(lost) => lost,
            Ok(()) => SqliteError::internal(format!("moving {from} to {to} met a duplicate that is not there")),
        })
    }

    fn lose_name(&self, sql: &str, params: impl rusqlite::Params) -> Result<(), SqliteError> {
        let lost = self.reader().first(sql, params, |row| {
            Ok(Expect::NameFree {
                account: AccountId::from_uuid(rows::uuid(row, 0)?),
                kind: self.codec.kind(rows::text(row, 1)?)?,
                scope: NameScope::Fqn(rows::text(row, 2)?.to_owned()),
                except: Some(rows::id(row, 3)?),
            })
        })?;
        lost.map_or(Ok(()), |expect| Err(SqliteError::Lost(expect)))
    }

    fn count_out(&mut self) -> Result<(), SqliteError> {
        self.count(-1)
    }

    fn count_in(&mut self) -> Result<(), SqliteError> {
        self.count(1)
    }

    fn count(&mut self, sign: i64) -> Result<(), SqliteError> {
        let counts = self.reader().all(
            &format!(
                "SELECT account, kind, state, parent, visibility, count(*) FROM records WHERE id IN {MARKED} \
                 GROUP BY account, kind, state, parent, visibility"
            ),
            [],
            |row| {
                let account = AccountId::from_uuid(rows::uuid(row, 0)?);
                let place = Place { state: row.get(2)?, parent: rows::parent(row, 3)?, visibility: row.get(4)? };
                Ok((account, self.codec.kind(rows::text(row, 1)?)?, place, row.get::<_, i64>(5)?))
            },
        )?;
        for (account, kind, place, n) in counts {
            self.tally(account, kind, place, sign * n);
        }
        Ok(())
    }

    /// One event for each record of the subtree, so that followers need not know what stood below what.
    fn append_events(&mut self, what: EventKind, at: Millis, by: &Actor) -> Result<(), SqliteError> {
        let appended = self
            .connection
            .prepare_cached(&format!(
                "INSERT INTO events (seq, account, at, by_id, by_name, what, kind, id, fqn, revision, by_through, by_door) \
                 SELECT ?1 + row_number() OVER (ORDER BY fqn, id), account, ?2, ?3, ?4, ?5, kind, id, fqn, revision, \
                 ?6, ?7 \
                 FROM records WHERE id IN {MARKED} ORDER BY fqn, id"
            ))?
            .execute(params![
                signed(self.head),
                at.0,
                by.id.as_bytes(),
                by.name,
                what.name(),
                by.through,
                by.door
            ])?;
        self.head += appended as u64;
        self.changed.lines.add_unknown();
        Ok(())
    }
}

const _: () = assert!(ALIVE == 0, "statements of this module say `state = 0` for alive");

#[cfg(test)]
mod tests {
    use super::super::keys::with_what_they_made;
    use super::*;

    #[test]
    fn no_statement_walks_through_all_records() {
        let mut connection = Connection::open_in_memory().unwrap();
        crate::sqlite::migrate::migrate(&mut connection).unwrap();
        prepare(&connection).unwrap();
        let below = format!("{BELOW} AND records.state = 0 LIMIT ?2");
        let drops = DROPS.iter().map(|statement| statement.replace("$ids", MARKED));
        let credentials = with_what_they_made(&format!("user IN {MARKED}"));
        let others = [TAKEN.to_owned(), TAKEN_AFTER_MOVE.to_owned(), DEEPEST.to_owned(), below, credentials];
        for sql in others.into_iter().chain(drops) {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let unbound = vec![rusqlite::types::Null; statement.parameter_count()];
            let steps =
                statement.query_map(rusqlite::params_from_iter(unbound), |row| row.get::<_, String>(3)).unwrap();
            for step in steps.map(Result::unwrap).filter(|step| step.starts_with("SCAN")) {
                assert!(matches!(step.as_str(), "SCAN temp.subtree" | "SCAN below" | "SCAN gone"), "{step}: {sql}");
            }
        }
    }
}
