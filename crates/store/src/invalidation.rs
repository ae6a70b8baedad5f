//! When what was last changed, so that what was read before can be told from what still holds.
//!
//! The store counts its commits. The writer publishes the next version after each commit and before its acknowledgement,
//! and a snapshot bears the version that was published when it began, so that it holds at least the commits up to that
//! one. Before a commit becomes visible, the writer enters the next version for everything that it changes. So what a
//! snapshot of some version has read still holds while nothing newer is entered for it: every change up to that version
//! was in it, and there was none since.

use std::sync::atomic::{AtomicU64, Ordering};

use emporion_model::change_set::{ChangeSet, Write};
use emporion_model::dependency::Dependency;
use emporion_model::id::{AccountId, RecordId};
use emporion_model::kind::Kind;
use emporion_model::log_watch::NewLines;
use emporion_model::record::Record;
use foldhash::HashSet;

/// Counts commits.
pub type Version = u64;

/// Things that share a slot are taken as changed together: a bulk of 1,000 records, some three of each, ends one answer of
/// 40 dependencies in three. 2 MiB.
const SLOTS: usize = 1 << 18;

pub struct InvalidationTable {
    slots: Box<[AtomicU64]>,
    /// When everything was last taken as changed.
    all: AtomicU64,
    published: AtomicU64,
}

impl Default for InvalidationTable {
    fn default() -> InvalidationTable {
        InvalidationTable {
            slots: std::iter::repeat_with(AtomicU64::default).take(SLOTS).collect(),
            all: AtomicU64::default(),
            published: AtomicU64::default(),
        }
    }
}

impl InvalidationTable {
    /// The version that a snapshot bears which has not begun to read yet.
    pub fn version(&self) -> Version {
        self.published.load(Ordering::Acquire)
    }

    /// Whether what was read at the version still holds.
    pub fn is_unchanged(&self, since: Version, dependencies: impl IntoIterator<Item = Dependency>) -> bool {
        self.all.load(Ordering::Acquire) <= since
            && dependencies.into_iter().all(|dependency| self.slot(dependency).load(Ordering::Acquire) <= since)
    }

    /// Called by the writer before a commit becomes visible.
    pub fn change(&self, changes: &Changes) {
        let next = self.version() + 1;
        if changes.everything {
            self.all.store(next, Ordering::Release);
        }
        for dependency in &changes.dependencies {
            self.slot(*dependency).store(next, Ordering::Release);
        }
    }

    /// Takes in what a commit has changed that was stored elsewhere, or that is visible already: in the order of commits,
    /// none of them left out; then their versions may be `reached`.
    pub fn learn(&self, version: Version, changed: impl IntoIterator<Item = Dependency>, everything: bool) {
        if everything {
            self.all.fetch_max(version, Ordering::Release);
        }
        for dependency in changed {
            self.slot(dependency).fetch_max(version, Ordering::Release);
        }
    }

    /// All changes up to the version were taken in.
    pub fn reached(&self, version: Version) {
        self.published.fetch_max(version, Ordering::Release);
    }

    /// Called by the writer after each commit, before it is acknowledged.
    pub fn publish(&self) {
        self.published.fetch_add(1, Ordering::Release);
    }

    #[expect(clippy::cast_possible_truncation, reason = "only the last bits choose the slot")]
    fn slot(&self, dependency: Dependency) -> &AtomicU64 {
        &self.slots[dependency.0 as usize % SLOTS]
    }
}

/// What one transaction changes.
#[derive(Debug, Default)]
pub struct Changes {
    dependencies: Vec<Dependency>,
    put: HashSet<RecordId>,
    everything: bool,
    /// What its new lines of the log are about.
    pub lines: NewLines,
}

impl Changes {
    /// Notes what a set changes, but for what only the stored rows tell. Records come before their edges.
    pub fn note(&mut self, set: &ChangeSet) {
        for write in &set.writes {
            if let Write::Put { record, .. } = write {
                self.put(record);
            }
        }
        for write in &set.writes {
            match write {
                Write::Link(edge) => self.edge(edge.from, edge.to),
                Write::Alias { account, space, value, id } => {
                    self.record(*id);
                    self.alias(*account, space, value);
                }
                Write::RaiseEpoch { account } => self.rights(*account),
                Write::Observe { record, .. } => self.observations(*record),
                Write::PutFollower(state) => {
                    self.dependencies.push(Dependency::follower(&state.follower, &state.key));
                }
                Write::DropFollower { follower, key } => self.dependencies.push(Dependency::follower(follower, key)),
                _ => {}
            }
        }
    }

    /// What is changed; `None`: everything.
    pub fn listed(&self) -> Option<&[Dependency]> {
        (!self.everything).then_some(&self.dependencies)
    }

    /// A record is made or takes another state, and so what there is of its kind.
    pub fn put(&mut self, record: &Record) {
        self.put.insert(record.id);
        self.record(record.id);
        self.dependencies.push(Dependency::kind(record.account, record.kind));
        self.dependencies.push(Dependency::fqn(record.account, record.kind, &record.fqn));
        record.parent.into_iter().for_each(|parent| self.child(parent, record.kind));
    }

    /// A record comes to stand under another, changes there, or goes.
    pub fn child(&mut self, parent: RecordId, kind: Kind) {
        self.dependencies.push(Dependency::children(parent));
        self.dependencies.push(Dependency::children_of_kind(parent, kind));
    }

    /// An alias is given or taken away.
    pub fn alias(&mut self, account: AccountId, space: &str, value: &str) {
        self.dependencies.push(Dependency::alias(account, space, value));
    }

    /// What may be done in an account.
    pub fn rights(&mut self, account: AccountId) {
        self.dependencies.push(Dependency::rights(account));
    }

    /// Whether any of these is among what is changed. Where they are in order, that costs less.
    pub fn concern(&self, dependencies: &[Dependency]) -> bool {
        let is_in_order = dependencies.is_sorted();
        let is_asked = |changed: &Dependency| match is_in_order {
            true => dependencies.binary_search(changed).is_ok(),
            false => dependencies.contains(changed),
        };
        self.everything || self.dependencies.iter().any(is_asked)
    }

    /// Something of the record itself, its aliases among it.
    pub fn record(&mut self, id: RecordId) {
        self.dependencies.push(Dependency::record(id));
    }

    /// Something was observed of it.
    pub fn observations(&mut self, id: RecordId) {
        self.dependencies.push(Dependency::observations(id));
    }

    /// An edge begins or ends. Lists ask for edges, too, and are told by the kind of the source, which is put with its
    /// edges; where it is not, nobody knows whom to tell.
    pub fn edge(&mut self, from: RecordId, to: RecordId) {
        self.record(from);
        self.dependencies.push(Dependency::edges_to(to));
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
        let (table, id) = (InvalidationTable::default(), RecordId::fresh());
        let dependency = [Dependency::record(id)];
        assert!(table.is_unchanged(0, dependency));
        table.change(&changed(id));
        assert!(!table.is_unchanged(0, dependency));
        table.publish();
        assert!(!table.is_unchanged(0, dependency) && table.is_unchanged(1, dependency));
        assert!(table.is_unchanged(0, [Dependency::record(RecordId::fresh())]));
    }

    #[test]
    fn what_is_changed_concerns_those_who_ask_in_any_order() {
        let ids: Vec<RecordId> = (0..50).map(|_| RecordId::fresh()).collect();
        let mut asked: Vec<Dependency> = ids.iter().map(|id| Dependency::record(*id)).collect();
        asked.sort_unstable();
        asked.rotate_left(20);
        assert!(ids.iter().all(|id| changed(*id).concern(&asked)));
        assert!(!changed(RecordId::fresh()).concern(&asked));
    }

    #[test]
    fn what_a_slow_reader_of_the_old_state_brings_does_not_hold() {
        let (table, id) = (InvalidationTable::default(), RecordId::fresh());
        let began = table.version();
        table.change(&changed(id));
        table.publish();
        assert!(!table.is_unchanged(began, [Dependency::record(id)]));
    }

    #[test]
    fn an_edge_changes_its_source_and_what_leads_to_its_target_but_not_the_target() {
        let (table, from, to) = (InvalidationTable::default(), RecordId::fresh(), RecordId::fresh());
        let mut changes = Changes::default();
        changes.put.insert(from);
        changes.edge(from, to);
        table.change(&changes);
        assert!(!table.is_unchanged(0, [Dependency::record(from)]));
        assert!(!table.is_unchanged(0, [Dependency::edges_to(to)]));
        assert!(table.is_unchanged(0, [Dependency::record(to)]));
    }

    #[test]
    fn everything_can_change_at_once() {
        let table = InvalidationTable::default();
        let mut changes = Changes::default();
        changes.everything();
        table.change(&changes);
        table.publish();
        assert!(!table.is_unchanged(0, []) && table.is_unchanged(1, []));
    }
}
