//! The log as the caller may read it.

use std::collections::HashMap;

use super::{Reading, Seen};
use crate::boxed::Boxed;
use crate::change_set::Event;
use crate::id::{RecordId, Seq};
use crate::past_names;
use crate::problem::Problem;
use crate::record::Record;

/// A stretch of the log.
#[derive(Debug)]
pub struct Lines {
    pub found: Vec<Line>,
    /// The last line looked at, and when it was written; `None` at the end of the log.
    pub end: Option<(Seq, i64)>,
}

/// A line that tells of a record that the caller sees.
#[derive(Debug)]
pub struct Line {
    pub seq: Seq,
    pub event: Event,
    /// Whether the record holds its name, so that it can be asked for.
    pub is_there: bool,
}

impl Seen for Line {
    fn record_id(&self) -> RecordId {
        self.event.id
    }
}

impl Reading<'_> {
    /// The lines of interest among the next ones after a place, those of records that the caller sees. Of what is gone for
    /// ever nobody can say who may know of it: administrators alone are told.
    pub fn log<'a>(
        &'a self,
        after: Seq,
        limit: u32,
        of_interest: &'a (dyn Fn(&Event) -> bool + Sync),
    ) -> Boxed<'a, Result<Lines, Problem>> {
        Box::pin(async move {
            let account = self.account();
            let lines = self.snapshot.events(after, limit).await?;
            let end = lines.last().map(|(seq, event)| (*seq, event.at.0));
            let lines: Vec<(Seq, Event)> =
                lines.into_iter().filter(|(_, event)| event.account == account && of_interest(event)).collect();
            let visible = self.visible(lines.iter().map(|(_, event)| event.id)).await?;
            let is_admin = self.caller.principal.is_admin;
            let found = lines.into_iter().filter_map(|(seq, mut event)| match visible.get(&event.id) {
                Some((true, record)) => {
                    past_names::of_event(&mut event, record);
                    Some(Line { seq, event, is_there: record.state.holds_name() })
                }
                Some((false, _)) => None,
                None => is_admin.then_some(Line { seq, event, is_there: false }),
            });
            Ok(Lines { found: found.collect(), end })
        })
    }

    /// The place in the log before the first line at or after a time. Cost: a logarithm of the log's length in reads.
    pub fn first_at(&self, at_ms: i64) -> Boxed<'_, Result<Seq, Problem>> {
        Box::pin(async move {
            let (mut low, mut high) = (0_u64, self.snapshot.head().await?.0);
            while low < high {
                let middle = low + (high - low) / 2;
                let line = self.snapshot.events(Seq(middle), 1).await?.pop();
                match line {
                    Some((_, event)) if event.at.0 < at_ms => low = middle + 1,
                    _ => high = middle,
                }
            }
            Ok(Seq(low))
        })
    }

    /// Whether the caller may know of an event. `record` is what it is about, where that is still there.
    pub fn may_know<'a>(&'a self, event: &'a Event, record: Option<&'a Record>) -> Boxed<'a, Result<bool, Problem>> {
        Box::pin(async move {
            match record.filter(|record| record.id == event.id) {
                _ if event.account != self.account() => Ok(false),
                Some(record) => self.sees(record).await,
                None => Ok(self.caller.principal.is_admin),
            }
        })
    }

    /// Records and whether they are seen; absent are those that are gone.
    async fn visible(&self, ids: impl Iterator<Item = RecordId>) -> Result<HashMap<RecordId, (bool, Record)>, Problem> {
        let mut ids: Vec<RecordId> = ids.collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let records: Vec<Record> = self.snapshot.by_id(self.account(), &ids).await?.into_iter().flatten().collect();
        let sees = self.sees_each(&records.iter().collect::<Vec<_>>()).await?;
        Ok(records.into_iter().zip(sees).map(|(record, sees)| (record.id, (sees, record))).collect())
    }
}
