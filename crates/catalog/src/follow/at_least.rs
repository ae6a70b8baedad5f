//! Reading a record at least at the revision of an event. A large subtree comes back in parts: its first event is in the log
//! before any of its records can be read.

use std::time::Duration;

use super::Stop;
use crate::boxed::Boxed;
use crate::catalog::Catalog;
use crate::change_set::Event;
use crate::id::{Revision, Seq};
use crate::problem::Problem;
use crate::record::Record;

/// How often, and for how long at most, a record is looked at until it is as new as the log says.
const WAIT: Duration = Duration::from_millis(20);
const MOST_WAITS: u32 = 1_500;

impl Catalog {
    /// The record that an event is about, at least as new as the event; `None` where it is gone for ever. After half a
    /// minute, or when it is asked to stop, it is what there is.
    pub fn at_least<'a>(
        &'a self,
        seq: Seq,
        event: &'a Event,
        stop: &'a Stop,
    ) -> Boxed<'a, Result<Option<Record>, Problem>> {
        Box::pin(async move {
            for _ in 0..MOST_WAITS {
                let found = self.store.snapshot().await?.by_id(event.account, &[event.id]).await?.pop().flatten();
                let is_behind = found.as_ref().is_some_and(|record| is_behind(record, event.revision));
                if !is_behind || stop.is_asked() {
                    return Ok(found);
                }
                tokio::select! {
                    () = tokio::time::sleep(WAIT) => {}
                    () = stop.asked() => {}
                }
            }
            tracing::warn!(seq = seq.0, record = %event.id, "a record does not become what the log says that it is");
            Ok(self.store.snapshot().await?.by_id(event.account, &[event.id]).await?.pop().flatten())
        })
    }
}

/// Whether a record is not yet seen as an event says that it is.
pub fn is_behind(record: &Record, told: Revision) -> bool {
    record.revision < told
}
