//! When what was last changed, so that what was read before can be told from what still holds.
//!
//! Time is counted in *generations*: the writer publishes the next one after each commit and before its acknowledgement,
//! and a snapshot bears the one that was published when it began, so that it holds at least the commits up to that one.
//! Before a commit becomes visible, the writer writes the next generation beside everything that it changes. So what a
//! snapshot of some generation has read still holds while nothing newer stands beside it: every change up to that
//! generation was in it, and there was none since.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};

use emporion_catalog::id::RecordId;
use emporion_catalog::record::Record;
use emporion_catalog::watch::Watch;

/// Counts commits.
pub type Generation = u64;

/// Things that share a place are taken as changed together.
const PLACES: usize = 1 << 16;

pub struct Marks {
    places: Box<[AtomicU64]>,
    /// When everything was last taken as changed.
    all: AtomicU64,
    published: AtomicU64,
}

impl Default for Marks {
    fn default() -> Marks {
        Marks {
            places: std::iter::repeat_with(AtomicU64::default).take(PLACES).collect(),
            all: AtomicU64::default(),
            published: AtomicU64::default(),
        }
    }
}

impl Marks {
    /// The generation that a snapshot bears which has not begun to read yet.
    pub fn generation(&self) -> Generation {
        self.published.load(Ordering::Acquire)
    }

    /// Whether what was read at the generation still holds.
    pub fn is_unchanged(&self, since: Generation, watched: impl IntoIterator<Item = Watch>) -> bool {
        self.all.load(Ordering::Acquire) <= since
            && watched.into_iter().all(|watch| self.place(watch).load(Ordering::Acquire) <= since)
    }

    /// Called by the writer before a commit becomes visible.
    pub fn change(&self, changes: &Changes) {
        let next = self.generation() + 1;
        if changes.everything {
            self.all.store(next, Ordering::Release);
        }
        for watch in &changes.watches {
            self.place(*watch).store(next, Ordering::Release);
        }
    }

    /// Called by the writer after each commit, before it is acknowledged.
    pub fn publish(&self) {
        self.published.fetch_add(1, Ordering::Release);
    }

    #[expect(clippy::cast_possible_truncation, reason = "only the last bits choose the place")]
    fn place(&self, watch: Watch) -> &AtomicU64 {
        &self.places[watch.0 as usize % PLACES]
    }
}

/// What one transaction changes.
#[derive(Debug, Default)]
pub struct Changes {
    watches: Vec<Watch>,
    put: HashSet<RecordId>,
    everything: bool,
}

impl Changes {
    /// A record is made or takes another state, and so what there is of its kind.
    pub fn put(&mut self, record: &Record) {
        self.put.insert(record.id);
        self.record(record.id);
        self.watches.push(Watch::kind(record.account, record.kind));
    }

    /// Something of the record itself, its aliases among it.
    pub fn record(&mut self, id: RecordId) {
        self.watches.push(Watch::record(id));
    }

    /// An edge begins or ends. Lists ask for edges, too, and are told by the kind of the source, which is put with its
    /// edges; where it is not, nobody knows whom to tell.
    pub fn edge(&mut self, from: RecordId, to: RecordId) {
        self.record(from);
        self.watches.push(Watch::edges_to(to));
        self.everything |= !self.put.contains(&from);
    }

    /// More than anybody wants to list.
    pub fn everything(&mut self) {
        self.everything = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(id: RecordId) -> Changes {
        let mut changes = Changes::default();
        changes.record(id);
        changes
    }

    #[test]
    fn a_change_ends_what_was_read_before_it_even_before_it_is_published() {
        let (marks, id) = (Marks::default(), RecordId::fresh());
        let watch = [Watch::record(id)];
        assert!(marks.is_unchanged(0, watch));
        marks.change(&changed(id));
        assert!(!marks.is_unchanged(0, watch));
        marks.publish();
        assert!(!marks.is_unchanged(0, watch) && marks.is_unchanged(1, watch));
        assert!(marks.is_unchanged(0, [Watch::record(RecordId::fresh())]));
    }

    #[test]
    fn what_a_slow_reader_of_the_old_state_brings_does_not_hold() {
        let (marks, id) = (Marks::default(), RecordId::fresh());
        let began = marks.generation();
        marks.change(&changed(id));
        marks.publish();
        assert!(!marks.is_unchanged(began, [Watch::record(id)]));
    }

    #[test]
    fn an_edge_changes_its_source_and_what_leads_to_its_target_but_not_the_target() {
        let (marks, from, to) = (Marks::default(), RecordId::fresh(), RecordId::fresh());
        let mut changes = Changes::default();
        changes.put.insert(from);
        changes.edge(from, to);
        marks.change(&changes);
        assert!(!marks.is_unchanged(0, [Watch::record(from)]));
        assert!(!marks.is_unchanged(0, [Watch::edges_to(to)]));
        assert!(marks.is_unchanged(0, [Watch::record(to)]));
    }

    #[test]
    fn everything_can_change_at_once() {
        let marks = Marks::default();
        let mut changes = Changes::default();
        changes.everything();
        marks.change(&changes);
        marks.publish();
        assert!(!marks.is_unchanged(0, []) && marks.is_unchanged(1, []));
    }
}
