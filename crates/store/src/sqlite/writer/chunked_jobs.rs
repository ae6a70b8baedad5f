//! Work on large subtrees, a turn at a time: other groups come in between, and whoever ordered it is answered after the
//! last turn. What is on the list when the process ends goes on at the next start.

use std::collections::VecDeque;
use std::time::Duration;

use emporion_model::change_set::{ChangeSet, Expect, Write};
use emporion_model::id::Seq;
use tokio::sync::oneshot;

use super::thread::Thread;
use super::{Job, Stored, Task};
use crate::sqlite::apply::Batch;
use crate::sqlite::chunked_job::{self, ChunkedJob};
use crate::sqlite::error::SqliteError;

/// How long to wait after a turn that failed (a full disk, mostly).
pub const RETRY: Duration = Duration::from_secs(1);

#[derive(Default)]
pub struct ChunkedJobs {
    list: VecDeque<ChunkedJob>,
    /// Calls of the group in hand that have begun work, by their places in it.
    pub begun: Vec<usize>,
    waiting: Vec<(oneshot::Sender<Stored>, Stored)>,
    /// The last turn failed.
    pub has_failed: bool,
}

impl ChunkedJobs {
    pub fn are_pending(&self) -> bool {
        !self.list.is_empty()
    }

    /// Whether a task has to wait for the last turn: it is about a subtree itself, or sees more than a part of the store.
    pub fn hold_back(&self, task: &Task) -> bool {
        self.are_pending()
            && match task {
                Task::Store(job) => job.sets.iter().any(is_about_subtrees),
                Task::Lend(_) => true,
                Task::Prove(_) => false,
            }
    }

    /// The expectation that a set loses meanwhile.
    pub fn in_the_way_of(&self, set: &ChangeSet) -> Option<Expect> {
        self.list.iter().find_map(|work| work.in_the_way_of(set))
    }

    /// Answers a call, unless it has begun work that is still to be done.
    pub fn answer(&mut self, place: usize, job: Job, stored: Stored) {
        if self.are_pending() && self.begun.contains(&place) {
            self.waiting.push((job.answer, stored));
        } else {
            // A caller that has gone away is not interested.
            let _ = job.answer.send(stored);
        }
    }
}

fn is_about_subtrees(set: &ChangeSet) -> bool {
    let reaches = |write: &Write| {
        matches!(write, Write::MovePrefix { .. } | Write::MarkSubtree { .. } | Write::DropSubtree { .. })
    };
    set.writes.iter().any(reaches)
}

impl Thread {
    /// Reads the list from the file: at the start, and after a commit that may have put something on it.
    pub fn find_chunked_jobs(&mut self) -> Result<(), SqliteError> {
        self.chunked_jobs.list = chunked_job::all(self.connection()?)?.into();
        self.pool.chunked_jobs.set(self.chunked_jobs.list.len());
        Ok(())
    }

    /// One turn of the oldest work.
    pub fn chunk(&mut self) {
        let Some(work) = self.chunked_jobs.list.front().cloned() else { return };
        let done = self.begin().and_then(|()| self.turn_begun(&work).inspect_err(|_| self.rollback()));
        let done = done.map_err(|fault| self.refuse(fault));
        self.chunked_jobs.has_failed = done.is_err();
        self.pool.chunked_jobs.turned(&done);
        match done {
            Ok(true) => {
                self.chunked_jobs.list.pop_front();
                self.pool.chunked_jobs.set(self.chunked_jobs.list.len());
            }
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "a turn of a write about a subtree failed; it is tried again"),
        }
        if !self.chunked_jobs.are_pending() {
            let head = Seq(self.head);
            for (answer, stored) in self.chunked_jobs.waiting.drain(..) {
                // Whoever waits for the log up to here has all of the work.
                let all =
                    |answers: Vec<_>| answers.into_iter().map(|answer: Result<_, _>| answer.map(|_| head)).collect();
                let _ = answer.send(stored.map(all));
            }
        }
    }

    fn turn_begun(&mut self, work: &ChunkedJob) -> Result<bool, SqliteError> {
        let connection = self.connection()?;
        let mut batch = Batch::new(connection, &self.pool, self.head);
        batch.turn_rows = self.options.turn_rows;
        let is_last = batch.chunk(work)?;
        batch.flush()?;
        let Batch { head, changed, .. } = batch;
        self.finish(head, &changed)?;
        Ok(is_last)
    }
}
