//! Followers: whatever keeps up with the log, each at its own pace and with a place of its own in it.
//!
//! A follower is handed what has happened in batches, oldest first, and keeps the end of each batch together with what it
//! made of it. So it can be killed at any point: it is handed again what it had not kept. One that fails is tried again,
//! later and later; the log does not wait for it, and neither do the others.

mod at_least;
mod fan_out;
mod pause;
mod progress;
pub mod row;
mod runner;
mod state;
mod whole;

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;

use crate::boxed::Boxed;
use crate::change_set::Event;
use crate::id::{RecordId, Seq};
use crate::log_watch::Interest;
use crate::ports::StoreError;
use crate::problem::Problem;
use crate::record::Record;

pub use crate::follower_state::FollowerState;
pub use fan_out::Spread;
pub use pause::pause_after;
pub use progress::{Counts, Following};
pub use runner::Followers;
pub(crate) use whole::whole_of;

/// What keeps up with the log.
#[async_trait]
pub trait Follower: Send + Sync + 'static {
    /// Who it is in the log of the process; unique among those that run.
    fn name(&self) -> String;

    /// The place in the log that its own data are of; before the first line where it has none, or must make them anew.
    async fn position(&self) -> Result<Seq, Failure>;

    /// Which lines it follows. The others cost it nothing: it is not woken for them, and they are not read.
    fn interest(&self) -> Interest {
        Interest::ALL
    }

    /// Whether it is handed the records that events are about; else it reads by itself what it needs of them, each with
    /// [`Catalog::at_least`](crate::catalog::Catalog::at_least).
    fn takes_records(&self) -> bool {
        true
    }

    /// Which other records it is to be handed because of an event: those that show something of what has changed.
    fn spreads(&self, _event: &Event) -> Spread {
        Spread::Nowhere
    }

    /// How long lines gather before they are handed over, from when others were handed over last. What comes after a
    /// longer pause is handed over at once. For one to whom a batch costs much, whatever is in it.
    fn gathers_for(&self) -> Duration {
        Duration::ZERO
    }

    /// Ends when somebody waits for what stands behind this place, so that nothing is gathered any longer.
    async fn is_waited_for(&self, _behind: Seq) {
        std::future::pending().await
    }

    /// Takes a batch in, and keeps its end with what it made of it, both or neither: now, or by the time that it is told
    /// that the log has no more ([`Follower::comes_to_end`]). To be handed a batch twice must do no harm. A batch without
    /// anything in it only asks for its end to be kept.
    ///
    /// Answers how far it came: to the end of the batch, unless it was asked to stop.
    async fn take(&self, batch: &Batch, stop: &Stop) -> Result<Seq, Failure>;

    /// Keeps what it has taken in and not kept, since no more of interest stood in the log behind this place.
    async fn comes_to_end(&self, _end: Seq) -> Result<(), Failure> {
        Ok(())
    }
}

/// What happened between two places in the log, with the present state of what it happened to.
#[derive(Debug, Default)]
pub struct Batch {
    /// The events that are of interest, in order.
    pub events: Vec<(Seq, Event)>,
    /// The records that the events are about, as they are now: at least as new as the events. Those that are gone for ever
    /// are absent.
    pub records: HashMap<RecordId, Record>,
    /// Records that nothing has happened to, but that show something of a record to which it has. They come in batches of
    /// their own, before the events that they come from.
    pub touched: Vec<Record>,
    /// The place to keep.
    pub end: Seq,
    /// How far the log reached when this was read.
    pub head: Seq,
}

/// Why a follower could not take a batch in. It is handed it again.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{reason}")]
pub struct Failure {
    reason: String,
    in_a_row: Option<u64>,
}

impl Failure {
    pub fn new(reason: impl Into<String>) -> Failure {
        Failure { reason: reason.into(), in_a_row: None }
    }

    /// Of a follower that counts its failures in a row itself, this one among them. How long it is left alone goes by that
    /// count: see [`pause_after`].
    pub fn counted(reason: impl Into<String>, in_a_row: u64) -> Failure {
        Failure { reason: reason.into(), in_a_row: Some(in_a_row) }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        Failure::new(problem.to_string())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::new(error.to_string())
    }
}

/// Whether a follower is to end what it is at.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Ends when it is.
    pub fn asked(&self) -> Boxed<'_, ()> {
        Box::pin(async move {
            let mut asked = self.0.clone();
            // Whoever could ask no more does not need it either.
            let _ = asked.wait_for(|asked| *asked).await;
        })
    }
}
