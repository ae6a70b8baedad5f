//! How a store is opened.

use std::sync::Arc;
use std::time::Duration;

use super::isolation::Isolation;
use crate::activity::Activity;

/// What may be done so that the database has the shape of this binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Nothing: one that has another, or none, is refused.
    Required,
    /// It is given it.
    Brought,
    /// It is given it where it holds nothing, and is no store until it is filled; else it is refused, and stays as it is.
    OfEmpty,
}

/// Whether a statement is to fail as one does that has met another transaction (40001).
pub type FailsOnPurpose = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// Told why.
pub type OnFatal = Arc<dyn Fn(&str) + Send + Sync>;

pub struct Options {
    /// Change sets that share one transaction, at most.
    pub group: usize,
    /// Connections for readers, at most. Beside them a node has one that writes and one that listens.
    pub readers: usize,
    /// How long a reader waits for a connection before that is an error.
    pub patience: Duration,
    /// How long one statement may take.
    pub statement_timeout: Duration,
    /// How long a transaction may stand still, as when a node that writes is stopped, before the server takes it back.
    pub idle_timeout: Duration,
    /// How often the log is looked at, for when the server's word that it has grown does not come.
    pub poll: Duration,
    /// How long what a request was told of other nodes' commits holds for it: one of usual length asks once.
    pub freshness_ttl: Duration,
    pub shape: Shape,
    pub isolation: Isolation,
    /// Ends the process, where nothing could be stored any more before it is started anew; else it aborts.
    pub on_fatal: Option<OnFatal>,
    /// For tests: asked before each statement.
    #[doc(hidden)]
    pub fails_on_purpose: Option<FailsOnPurpose>,
    /// Where the store counts what it does.
    pub activity: Arc<Activity>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            group: 64,
            readers: 24,
            patience: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(60),
            idle_timeout: Duration::from_secs(60),
            poll: Duration::from_secs(1),
            freshness_ttl: Duration::from_millis(100),
            shape: Shape::Brought,
            isolation: Isolation::ReadCommitted,
            on_fatal: None,
            fails_on_purpose: None,
            activity: Arc::default(),
        }
    }
}
