//! The durable store, and what plans over a state of it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use async_trait::async_trait;
use tokio::sync::watch;

use super::snapshot::Snapshot;
use crate::change_set::{ChangeSet, Lost};
use crate::dependency::{CommitVersion, Dependency};
use crate::id::Seq;
use crate::log_watch::{Interest, LogAdvance};
use crate::problem::Problem;

/// What a store answers when it cannot.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    #[error("the store is not available: {0}")]
    Unavailable(String),
    #[error("no space left")]
    Full,
    /// The stored data or the statement is wrong: a fault of ours.
    #[error("{0}")]
    Internal(String),
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        match error {
            StoreError::Unavailable(reason) => Problem::Unavailable { reason },
            StoreError::Full => Problem::StorageFull,
            StoreError::Internal(detail) => Problem::Internal { detail },
        }
    }
}

pub type StoreResult<T> = Result<T, StoreError>;

/// The durable store. Every engine passes one conformance suite.
#[async_trait]
pub trait Store: Send + Sync {
    /// A consistent state, at least as new as every acknowledged commit.
    async fn snapshot(&self) -> StoreResult<Box<dyn Snapshot>>;

    /// Stores each change set by itself: all of it or none. The outer error means that nothing is known to be stored.
    ///
    /// A set is durable when its answer arrives. Sets of one call are applied in order and see one another.
    async fn commit(&self, sets: Vec<ChangeSet>) -> StoreResult<Vec<Result<Seq, Lost>>>;

    /// Plans and stores with no other commit in between: the way out for a plan that keeps losing its expectations.
    async fn commit_planned(&self, planner: &dyn Planner) -> StoreResult<Result<Seq, Lost>>;

    /// Whether reads and writes work now.
    async fn health(&self) -> StoreResult<Seq>;

    /// Where no commit that is acknowledged, or visible to anybody, has changed any of these since the version: the
    /// present version, up to which they are unchanged. Whatever is kept between requests is good only after this was
    /// asked by the request that uses it: then it does not matter who wrote meanwhile. An engine that cannot know says
    /// `None`.
    fn unchanged_until<'a>(&'a self, _since: CommitVersion, _dependencies: &'a [Dependency]) -> Freshness<'a> {
        Freshness::Known(None)
    }

    /// How far the log has grown, which changes when a snapshot would show a new line that is of interest. `None` from an
    /// engine that cannot tell: its log has to be looked at from time to time.
    fn grown(&self, _interest: Interest) -> Option<watch::Receiver<LogAdvance>> {
        None
    }
}

/// The answer to [`Store::unchanged_until`]: at hand where every write goes through this process, so that nothing is
/// allocated and nobody waits; else on its way.
pub enum Freshness<'a> {
    Known(Option<CommitVersion>),
    Asked(Pin<Box<dyn Future<Output = StoreResult<Option<CommitVersion>>> + Send + 'a>>),
}

impl Future for Freshness<'_> {
    type Output = StoreResult<Option<CommitVersion>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Freshness::Known(answer) => Poll::Ready(Ok(*answer)),
            Freshness::Asked(answer) => answer.as_mut().poll(cx),
        }
    }
}

/// Decides over a snapshot. Pure: the same snapshot gives the same decision.
#[async_trait]
pub trait Planner: Send + Sync {
    /// An error is kept by the planner; an empty change set is then stored (which writes nothing).
    async fn plan(&self, snapshot: &dyn Snapshot) -> ChangeSet;
}
