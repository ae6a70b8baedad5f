//! What is told of what was found.

use std::collections::{HashMap, HashSet};

use emporion_catalog::finder::{Condition, Hit, Why};
use emporion_catalog::id::RecordId;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::States;
use emporion_catalog::record::{Edge, Record, View};
use emporion_catalog::relation::{CERTIFIED_BY, TAGGED};

use super::label_sight::sees_all;
use super::sweep::Place;
use super::{Asking, Page, SPARE, printed};
use crate::document::{RELATIONS, document, page_name};
use crate::reasons::{reasons, steps_of_reasons};

impl Asking<'_> {
    /// The hits of a page, as they are now, and where the next one begins. What is gone by now is none.
    pub(super) async fn hits(
        &self,
        test: &Condition,
        places: &[Place],
        page: &Page,
    ) -> Result<(Vec<Hit>, Option<String>, u64), Problem> {
        let limit = page.limit;
        let ids: Vec<RecordId> = places.iter().map(|place| place.id).collect();
        let records = self.reading.records(&ids, States::Alive).await?;
        let gone = (ids.len() - records.len()) as u64;
        let mut of: HashMap<RecordId, Record> = records.into_iter().map(|record| (record.id, record)).collect();
        let mut shown = Vec::with_capacity(limit);
        let mut last = None;
        for place in places {
            if shown.len() == limit {
                break;
            }
            last = Some(place);
            shown.extend(of.remove(&place.id));
        }
        let is_last = last.is_none_or(|last| places.last() == Some(last)) && places.len() < limit + SPARE;
        let after = last.filter(|_| !is_last).map(|place| printed(place, page.order));
        let order: Vec<RecordId> = shown.iter().map(|record| record.id).collect();
        let mut hits: HashMap<RecordId, Hit> = HashMap::new();
        let mut views = self.engine.catalog().whole(shown, RELATIONS).await?;
        self.leave_out_labels(&mut views).await?;
        for view in views {
            let document = document(&view);
            // What was found is told, also where why it was would be too much to look for in all that is written there.
            let is_told = self.steps.spare(steps_of_reasons(test, &document));
            let why = is_told.then(|| reasons(test, &document)).into_iter().flatten();
            let hit = Hit {
                id: view.id(),
                kind: view.record.kind,
                page: page_name(view.record.kind),
                name: view.record.name.clone(),
                display_name: view.text("display_name").map(str::to_owned),
                fqn: view.record.fqn.clone(),
                description: view.text("description").map(str::to_owned),
                owners: view.owners(),
                domains: view.domains(),
                why: why
                    .map(|reason| Why { field: reason.field, fragment: reason.fragment, marks: reason.marks })
                    .collect(),
            };
            hits.insert(hit.id, hit);
        }
        Ok((order.iter().filter_map(|id| hits.remove(id)).collect(), after, gone))
    }

    /// Labels that the caller does not see are no reason for him.
    async fn leave_out_labels(&self, views: &mut [View]) -> Result<(), Problem> {
        if sees_all(&self.sights) {
            return Ok(());
        }
        let is_label = |edge: &&Edge| [TAGGED, CERTIFIED_BY].contains(&edge.relation);
        let labels = views.iter().flat_map(|view| &view.edges).filter(is_label);
        let mut labels: Vec<RecordId> = labels.map(|edge| edge.to).collect();
        labels.sort_unstable();
        labels.dedup();
        if labels.is_empty() {
            return Ok(());
        }
        let seen = self.reading.cards(&labels).await?;
        let seen: HashSet<RecordId> = seen.iter().map(|card| card.id).collect();
        for view in views {
            view.edges.retain(|edge| !is_label(&edge) || seen.contains(&edge.to));
        }
        Ok(())
    }
}
