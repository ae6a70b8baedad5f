//! Change sets that were planned one over the other, as one.

use std::collections::{HashMap, HashSet};

use crate::change_set::{ChangeSet, Expect, Write};
use crate::id::{AccountId, RecordId};
use crate::kind::Kind;
use crate::overlay::Overlay;

/// What was joined so far, with what later sets need to know of it: a call can join thousands, so none is looked at twice.
///
/// A store checks all expectations before it writes anything, so what a later set expects of that which an earlier one
/// makes true is left out: it was seen when the later one was planned. What the store itself keeps unique (FQNs and
/// aliases) and the revision that each `Put` replaces are checked again as they are written.
#[derive(Default)]
pub struct Joined {
    set: Option<ChangeSet>,
    written: HashSet<RecordId>,
    parents: HashSet<RecordId>,
    altered: HashSet<Kind>,
    made: HashMap<Kind, u64>,
    freed: HashSet<(AccountId, &'static str, String)>,
    observed: HashSet<RecordId>,
    ends_edges: bool,
    reaches_subtrees: bool,
}

impl Joined {
    /// Adds a set that was planned over all earlier ones; the overlay knows what those have reached of whole subtrees.
    pub fn add(&mut self, later: ChangeSet, overlay: &Overlay<'_>) {
        let Some(mut set) = self.set.take() else {
            self.note(&later);
            self.set = Some(later);
            return;
        };
        let is_open = |wanted: &Expect| !self.is_settled(wanted, overlay);
        let wanted = later.expect.iter().filter(|wanted| is_open(wanted)).cloned();
        set.expect.extend(wanted.map(|wanted| match wanted {
            Expect::CountBelow { account, kind, limit } => {
                let room = limit.saturating_sub(self.made.get(&kind).copied().unwrap_or(0));
                Expect::CountBelow { account, kind, limit: room }
            }
            other => other,
        }));
        self.note(&later);
        set.writes.extend(later.writes);
        set.events.extend(later.events);
        self.set = Some(set);
    }

    /// `None` when nothing was added.
    pub fn into_set(self) -> Option<ChangeSet> {
        self.set
    }

    fn is_settled(&self, wanted: &Expect, overlay: &Overlay<'_>) -> bool {
        let is_written = |id: &RecordId| self.written.contains(id) || overlay.has_reached(*id);
        match wanted {
            Expect::RevisionIs { id, .. } | Expect::Alive { id } => is_written(id),
            Expect::NoChildren { id } => self.reaches_subtrees || is_written(id) || self.parents.contains(id),
            Expect::NoEdgeTo { id, .. } => self.reaches_subtrees || self.ends_edges || is_written(id),
            Expect::NameFree { kind, .. } => self.reaches_subtrees || self.altered.contains(kind),
            Expect::AliasFree { account, space, value } => {
                !self.freed.is_empty() && self.freed.contains(&(*account, *space, value.clone()))
            }
            Expect::ObservationIs { record, .. } => self.observed.contains(record),
            _ => false,
        }
    }

    fn note(&mut self, set: &ChangeSet) {
        for write in &set.writes {
            match write {
                Write::Put { record, replaces, .. } => {
                    self.written.insert(record.id);
                    self.parents.extend(record.parent);
                    match replaces {
                        Some(_) => drop(self.altered.insert(record.kind)),
                        None => *self.made.entry(record.kind).or_default() += 1,
                    }
                    self.ends_edges |= !record.state.is_alive();
                }
                Write::Observe { record, .. } => drop(self.observed.insert(*record)),
                Write::Unlink { .. } => self.ends_edges = true,
                Write::Unalias { account, space, value } => {
                    self.freed.insert((*account, *space, value.clone()));
                }
                Write::MovePrefix { .. } | Write::MarkSubtree { .. } | Write::DropSubtree { .. } => {
                    self.reaches_subtrees = true;
                }
                _ => {}
            }
        }
    }
}
