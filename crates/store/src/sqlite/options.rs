//! How a store is opened.

use std::sync::Arc;
use std::time::Duration;

use crate::activity::Activity;

/// Called when the log can no longer be trusted to reach the disk. It ends the process; where it returns, the store
/// refuses every further write.
pub type OnFatal = Box<dyn Fn(&str) + Send + Sync>;

pub struct Options {
    /// `None` aborts the process.
    pub on_fatal: Option<OnFatal>,
    /// Change sets that share one transaction and one sync, at most.
    // 64: measured, larger groups made the single write slower and all together no faster.
    pub group: usize,
    /// Records of a subtree that one turn deletes, restores, removes or moves.
    // 5,000: a turn keeps other writers waiting for a fraction of a second.
    pub turn_rows: usize,
    /// Connections kept open for readers.
    pub readers: usize,
    /// Pages of the log that are not yet in the file before they are brought there.
    pub checkpoint_pages: i64,
    /// Room for decoded records that are asked for again and again.
    pub cache_bytes: usize,
    /// How long a foreign process may hold the file before that is an error.
    pub busy: Duration,
    /// Where the store counts what it does.
    pub activity: Arc<Activity>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            on_fatal: None,
            group: 64,
            turn_rows: 5_000,
            readers: 32,
            checkpoint_pages: 4_000,
            cache_bytes: 64 << 20,
            busy: Duration::from_secs(5),
            activity: Arc::default(),
        }
    }
}
