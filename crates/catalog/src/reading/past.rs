//! Past states of records that the caller sees.

use std::collections::HashMap;

use super::{Reading, Seen};
use crate::boxed::Boxed;
use crate::id::{RecordId, Revision};
use crate::kind::Kind;
use crate::load;
use crate::past_names;
use crate::ports::StatePlace;
use crate::problem::Problem;
use crate::record::{Record, View};
use crate::references::ReferenceScope;

/// A stretch of what has become of the parts of a record.
#[derive(Debug, Default)]
pub struct PartChanges {
    pub found: Vec<PartChange>,
    /// Behind this there are more.
    pub more: Option<StatePlace>,
}

/// What a part was made, and what it was before, where it was there.
#[derive(Debug)]
pub struct PartChange {
    pub place: StatePlace,
    pub before: Option<Record>,
    pub after: Record,
    /// What it is today.
    pub now: Record,
}

impl Reading<'_> {
    /// What has become of the parts of these kinds that a record has or has had, newest first, behind a place where that
    /// is given. Who sees the record sees its parts that everybody is shown; of the others nobody is told here.
    pub fn part_changes<'a>(
        &'a self,
        of: &'a dyn Seen,
        kinds: &'a [Kind],
        before: Option<StatePlace>,
        limit: u32,
    ) -> Boxed<'a, Result<PartChanges, Problem>> {
        Box::pin(async move {
            let kinds: Vec<Kind> = kinds.iter().filter(|kind| kind.0.part && kind.0.shown).copied().collect();
            if kinds.is_empty() {
                return Ok(PartChanges::default());
            }
            let mut places = self.snapshot.history_below(of.record_id(), &kinds, before, limit + 1).await?;
            let has_more = places.len() > limit as usize;
            places.truncate(limit as usize);
            let more = places.last().filter(|_| has_more).copied();
            let mut ids: Vec<RecordId> = places.iter().map(|place| place.id).collect();
            ids.sort_unstable();
            ids.dedup();
            let now = self.snapshot.by_id(self.account(), &ids).await?.into_iter().flatten().collect();
            let now: HashMap<RecordId, Record> =
                self.visible_parts(now).await?.into_iter().map(|part| (part.id, part)).collect();
            // What the change that was just told left a part is what the next one of it, which is older, made.
            let mut known = now.clone();
            let mut found = Vec::with_capacity(places.len());
            for place in places {
                let Some(now) = now.get(&place.id) else { continue };
                let after = match known.remove(&place.id).filter(|state| state.revision == place.revision) {
                    Some(after) => after,
                    None => match self.state_before(place.id, place.revision.next()).await? {
                        Some(after) => after,
                        None => continue,
                    },
                };
                let before = self.state_before(place.id, place.revision).await?;
                known.extend(before.clone().map(|before| (place.id, before)));
                found.push(PartChange { place, before, after, now: now.clone() });
            }
            Ok(PartChanges { found, more })
        })
    }

    /// The newest state of a record before a revision, without its edges.
    async fn state_before(&self, id: RecordId, revision: Revision) -> Result<Option<Record>, Problem> {
        Ok(self.snapshot.history(id, Some(revision), 1).await?.pop())
    }

    /// Past and present states, newest first, older than `before` where given.
    pub fn history<'a>(
        &'a self,
        of: &'a dyn Seen,
        before: Option<Revision>,
        limit: u32,
    ) -> Boxed<'a, Result<Vec<Record>, Problem>> {
        Box::pin(async move {
            let mut states = self.snapshot.history(of.record_id(), before, limit).await?;
            if states.first().is_some_and(|state| past_names::are_hidden(state.kind))
                && let Some(now) = self.snapshot.by_id(self.account(), &[of.record_id()]).await?.pop().flatten()
            {
                states.iter_mut().for_each(|state| past_names::of_state(state, &now));
            }
            Ok(states)
        })
    }

    /// What records were at revisions: `None` for what the caller does not see, or what is not kept.
    pub fn states<'a>(&'a self, wanted: &'a [(RecordId, Revision)]) -> Boxed<'a, Result<Vec<Option<View>>, Problem>> {
        Box::pin(async move { self.catalog.states(&*self.snapshot, self.caller, wanted).await })
    }

    /// What a record was at this very revision: `None` for one that never was, too.
    pub fn state(&self, id: RecordId, revision: Revision) -> Boxed<'_, Result<Option<View>, Problem>> {
        Box::pin(async move {
            let found = self.states(&[(id, revision)]).await?.pop().flatten();
            Ok(found.filter(|state| state.record.revision == revision))
        })
    }

    /// The last state of a record that had a content revision.
    pub fn content_state<'a>(&'a self, of: &'a dyn Seen, number: u32) -> Boxed<'a, Result<Option<Record>, Problem>> {
        Box::pin(async move { load::content_state(&*self.snapshot, of.record_id(), number).await })
    }

    /// A state out of the history with the edges that were alive then.
    pub fn past_view(&self, state: Record) -> Boxed<'_, Result<View, Problem>> {
        Box::pin(async move {
            let view = load::past_view(&*self.snapshot, state).await?;
            let mut views =
                self.access().show(&*self.snapshot, &self.caller.principal, vec![view], ReferenceScope::All).await?;
            Ok(views.pop().expect("one state gives one view"))
        })
    }
}
