//! How far followers have come.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::log_watch::LogAdvance;

/// How far one has come.
#[derive(Default)]
pub(super) struct Progress {
    pub position: AtomicU64,
    /// How far the log has grown for it, where the engine tells.
    pub grown: Mutex<Option<watch::Receiver<LogAdvance>>>,
    pub failures: AtomicU64,
}

impl Progress {
    pub fn lag(&self, head: u64) -> u64 {
        let position = self.position.load(Ordering::Relaxed);
        let grown = self.grown.lock().as_ref().map(|grown| *grown.borrow());
        match grown {
            Some(grown) if grown.wanted.0 <= position => 0,
            _ => head.saturating_sub(position),
        }
    }
}

/// What followers do, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub running: usize,
    /// Of them, those whose last try failed.
    pub failing: usize,
    /// Lines of the log that the slowest has before it. Who has none of interest before it is at the end.
    pub lag: u64,
    /// Events handed over since the start.
    pub taken: u64,
    /// Questions put to the store since the start.
    pub questions: u64,
}

/// Where one of them is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Following {
    pub name: String,
    pub position: u64,
    /// Lines of the log that it has before it.
    pub lag: u64,
    /// In a row, the last try among them.
    pub failures: u64,
}
