//! Writes about large subtrees that are carried out in turns: the list of them in the file, what others may not do
//! meanwhile, and what readers see.
//!
//! The first turn stores everything of the change set but what concerns the records below, which it puts on the list;
//! the last one takes it off. In between, readers see the subtree as it will be (`Between`), and whoever would alter
//! something in it waits. So the turns show only in the log, where their events come one turn after the other.

use std::fmt::Display;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use async_trait::async_trait;
use emporion_model::change_set::{ChangeSet, Expect, NameScope, Write};
use emporion_model::dependency::CommitVersion;
use emporion_model::id::{AccountId, Millis, RecordId};
use emporion_model::overlay::Overlay;
use emporion_model::ports::{Snapshot, StoreResult};
use emporion_model::query::ListQuery;
use emporion_model::record::{Actor, State};
use parking_lot::Mutex;
use rusqlite::{Connection, Row, params};

use super::error::SqliteError;
use super::snapshot::SqliteSnapshot;
use crate::rows::{self, state_code};

/// A write about everything below a root.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    pub root: RecordId,
    pub what: What,
    /// When and by whom, for events.
    pub stamp: Option<(Millis, Actor)>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    Delete(State),
    Restore,
    Drop,
    Move { from: String, to: String },
}

impl What {
    fn name(&self) -> &'static str {
        match self {
            What::Delete(_) => "delete",
            What::Restore => "restore",
            What::Drop => "drop",
            What::Move { .. } => "move",
        }
    }
}

/// Work on the list.
#[derive(Debug, Clone)]
pub struct ChunkedJob {
    pub id: i64,
    pub work: Work,
    account: AccountId,
    /// The root's FQN, as those that still wait know it.
    old_fqn: String,
}

impl ChunkedJob {
    /// Whether a record of this FQN stands (or would stand) where the work is done. An FQN says nothing of the kinds in
    /// it, so this may also be true of a neighbour.
    fn concerns(&self, account: AccountId, fqn: &str) -> bool {
        let below = |root: &str| fqn.strip_prefix(root).is_some_and(|rest| rest.starts_with('.'));
        let moves_to = match &self.work.what {
            What::Move { to, .. } => Some(to.as_str()),
            _ => None,
        };
        account == self.account && (below(&self.old_fqn) || moves_to.is_some_and(below))
    }

    /// The expectation that a set loses because it would alter something in the subtree. Its planner tries again, and is
    /// heard when the work is done.
    pub fn in_the_way_of(&self, set: &ChangeSet) -> Option<Expect> {
        set.writes.iter().find_map(|write| match write {
            Write::Put { record, .. } if self.concerns(record.account, &record.fqn) => Some(Expect::NameFree {
                account: record.account,
                kind: record.kind,
                scope: NameScope::Fqn(record.fqn.clone()),
                except: Some(record.id),
            }),
            _ => None,
        })
    }

    /// What has still to be seen of the work in the state that is stored. Of a restoration nothing is seen below the root
    /// before all is.
    fn seen(&self) -> Write {
        let root = self.work.root;
        let (at, by) = self
            .work
            .stamp
            .clone()
            .unwrap_or((Millis(0), Actor { id: root, name: "".into(), through: None, door: None }));
        match &self.work.what {
            What::Delete(state) => Write::MarkSubtree { root, state: *state, at, by },
            What::Restore => Write::MarkSubtree { root, state: State::Deleted { holds_name: false }, at, by },
            What::Drop => Write::DropSubtree { root },
            What::Move { from, to } => Write::MovePrefix { root, from: from.clone(), to: to.clone() },
        }
    }
}

/// Puts work on the list.
pub fn note(connection: &Connection, work: &Work) -> Result<(), SqliteError> {
    let (state, moved) = match &work.what {
        What::Delete(state) => (Some(state_code(*state)), None),
        What::Move { from, to } => (None, Some((from, to))),
        What::Restore | What::Drop => (None, None),
    };
    connection
        .prepare_cached(
            "INSERT INTO under_way (account, root, what, state, old_fqn, new_fqn, at, by_id, by_name, by_through, by_door) \
             SELECT account, id, ?2, ?3, coalesce(?4, fqn), ?5, ?6, ?7, ?8, ?9, ?10 FROM records WHERE id = ?1",
        )?
        .execute(params![
            work.root.as_bytes(),
            work.what.name(),
            state,
            moved.map(|(from, _)| from),
            moved.map(|(_, to)| to),
            work.stamp.as_ref().map(|(at, _)| at.0),
            work.stamp.as_ref().map(|(_, by)| by.id.as_bytes()),
            work.stamp.as_ref().map(|(_, by)| &by.name),
            work.stamp.as_ref().and_then(|(_, by)| by.through.as_ref()),
            work.stamp.as_ref().and_then(|(_, by)| by.door.as_ref()),
        ])?;
    Ok(())
}

/// Takes work off the list.
pub fn forget(connection: &Connection, id: i64) -> Result<(), SqliteError> {
    connection.prepare_cached("DELETE FROM under_way WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// The list, oldest first.
pub fn all(connection: &Connection) -> Result<Vec<ChunkedJob>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, account, root, what, state, old_fqn, new_fqn, at, by_id, by_name, by_through, by_door \
         FROM under_way ORDER BY id",
    )?;
    let mut found = statement.query([])?;
    let mut list = Vec::new();
    while let Some(row) = found.next()? {
        list.push(read(row)?);
    }
    Ok(list)
}

fn read(row: &Row<'_>) -> Result<ChunkedJob, SqliteError> {
    let old_fqn = rows::text(row, 5)?.to_owned();
    let what = match rows::text(row, 3)? {
        "delete" => What::Delete(State::Deleted { holds_name: row.get::<_, i64>(4)? == 1 }),
        "restore" => What::Restore,
        "drop" => What::Drop,
        "move" => What::Move { from: old_fqn.clone(), to: rows::text(row, 6)?.to_owned() },
        other => return Err(SqliteError::internal(format!("{other:?} is no work about a subtree"))),
    };
    let stamp = match row.get::<_, Option<i64>>(7)? {
        Some(at) => Some((Millis(at), rows::actor(row, 8, Some(10))?)),
        None => None,
    };
    let work = Work { root: rows::id(row, 2)?, what, stamp };
    Ok(ChunkedJob { id: row.get(0)?, work, account: AccountId::from_uuid(rows::uuid(row, 1)?), old_fqn })
}

/// Turns that have failed in a row before nobody waits any longer for the one that does not.
const STUCK: usize = 4;

/// Tells readers without a question whether they have to look at the list.
#[derive(Default)]
pub struct Signal {
    begun: AtomicU64,
    present: AtomicUsize,
    /// Turns that failed one after the other, and why the last one did.
    failed: Mutex<(usize, String)>,
}

impl Signal {
    /// How a turn has ended.
    pub fn turned<T, E: Display>(&self, turn: &Result<T, E>) {
        let mut failed = self.failed.lock();
        *failed = match turn {
            Ok(_) => Default::default(),
            Err(error) => (failed.0 + 1, error.to_string()),
        };
    }

    /// Why turn after turn fails, where they do.
    pub fn stuck(&self) -> Option<String> {
        let failed = self.failed.lock();
        (failed.0 >= STUCK).then(|| failed.1.clone())
    }

    /// Before work may be seen on the list.
    pub fn begin(&self) {
        self.begun.fetch_add(1, Ordering::SeqCst);
        self.present.fetch_max(1, Ordering::SeqCst);
    }

    /// After it has been looked how much is on it.
    pub fn set(&self, present: usize) {
        self.present.store(present, Ordering::SeqCst);
    }

    /// To be asked before a snapshot begins.
    pub fn look(&self) -> Option<u64> {
        let begun = self.begun.load(Ordering::SeqCst);
        (self.present.load(Ordering::SeqCst) == 0).then_some(begun)
    }

    /// Whether a snapshot that has begun since can hold no work that is half done.
    pub fn is_clear(&self, looked: Option<u64>) -> bool {
        looked == Some(self.begun.load(Ordering::SeqCst))
    }
}

/// A snapshot between two turns, shown as the last one will leave it. Only totals count what is stored.
pub struct Between {
    below: SqliteSnapshot,
    seen: Vec<Write>,
}

impl Between {
    pub fn new(below: SqliteSnapshot, list: &[ChunkedJob]) -> Between {
        Between { below, seen: list.iter().map(ChunkedJob::seen).collect() }
    }

    fn shown(&self) -> Overlay<'_> {
        Overlay::with(&self.below, &self.seen)
    }
}

emporion_model::ledger_below! { [] Between, self => self.below }

macro_rules! shown {
    ({} [$($name:ident($($arg:ident: $ty:ty),*) -> $out:ty;)*] $composed:tt) => {
        #[async_trait]
        impl Snapshot for Between {
            $(async fn $name(&self, $($arg: $ty),*) -> StoreResult<$out> {
                self.shown().$name($($arg),*).await
            })*

            // To look at each record of a large kind would take longer than the turns do.
            async fn count(&self, query: &ListQuery) -> StoreResult<u64> {
                self.below.count(query).await
            }

            // Each turn changes everything, so that what was read between two of them does not outlast the next.
            async fn version(&self) -> StoreResult<Option<CommitVersion>> {
                self.below.version().await
            }
        }
    };
}

emporion_model::snapshot_questions! { shown }
