//! What a store has done since it was opened, in numbers for whoever publishes them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Written by the store, read by anybody at any time.
#[derive(Debug, Default)]
pub struct Activity {
    pub(super) waiting: Number,
    pub(super) commits: Number,
    pub(super) commit_nanos: Number,
    pub(super) stored: Number,
    pub(super) lost: Number,
    pub(super) failed: Number,
    pub(super) head: Number,
    pub(super) freshness_checks: Number,
}

#[derive(Debug, Default)]
pub(super) struct Number(AtomicU64);

impl Number {
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Activity {
    /// Calls that wait to be stored, or for the answer that they are.
    pub fn waiting(&self) -> u64 {
        self.waiting.get()
    }

    /// Transactions that were committed and synced.
    pub fn commits(&self) -> u64 {
        self.commits.get()
    }

    /// What committing and syncing them took.
    pub fn commit_time(&self) -> Duration {
        Duration::from_nanos(self.commit_nanos.get())
    }

    /// Change sets that were stored.
    pub fn stored(&self) -> u64 {
        self.stored.get()
    }

    /// Change sets that lost an expectation, most of which were then planned again.
    pub fn lost(&self) -> u64 {
        self.lost.get()
    }

    /// Groups of calls that could not be stored: no room, a fault of the disk.
    pub fn failed(&self) -> u64 {
        self.failed.get()
    }

    /// The newest sequence number of the log.
    pub fn head(&self) -> u64 {
        self.head.get()
    }

    /// How often a database that other nodes write to, too, was asked what has changed.
    pub fn freshness_checks(&self) -> u64 {
        self.freshness_checks.get()
    }

    /// Counts a call as waiting until what this answers is dropped, also when its caller has gone away.
    pub(super) fn wait(&self) -> impl Drop + '_ {
        struct Waiting<'a>(&'a Number);
        impl Drop for Waiting<'_> {
            fn drop(&mut self) {
                self.0.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        self.waiting.add(1);
        Waiting(&self.waiting)
    }
}
