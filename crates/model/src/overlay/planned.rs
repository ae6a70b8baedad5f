//! What an overlay knows of planned writes: each kept so that it is found without looking at the others, since a call
//! can plan thousands.

use foldhash::{HashMap, HashSet};

use super::observed::PlannedObservations;
use crate::change_set::{SealedSecret, Write};
use crate::id::{AccountId, EdgeId, Millis, RecordId};
use crate::kind::Kind;
use crate::record::{Actor, Edge, Record, State};

#[derive(Default)]
pub struct Planned {
    /// Counts writes: a later one about a subtree reaches what was written before it.
    turn: u64,
    records: HashMap<RecordId, (u64, Record)>,
    kinds: HashMap<&'static str, Vec<RecordId>>,
    names: HashMap<(AccountId, &'static str), HashMap<String, RecordId>>,
    folded: HashMap<&'static str, HashMap<String, Vec<RecordId>>>,
    /// By root, each in order.
    subtrees: HashMap<RecordId, Vec<(u64, Subtree)>>,
    /// From and to, in order.
    moves: Vec<(String, String)>,
    pub reached: HashSet<RecordId>,
    edges: HashMap<EdgeId, Edge>,
    from: HashMap<RecordId, Vec<EdgeId>>,
    to: HashMap<RecordId, Vec<EdgeId>>,
    /// Edges of the snapshot below that have ended or say something else.
    replaced: HashSet<EdgeId>,
    aliases: HashMap<(AccountId, String, String), Option<RecordId>>,
    given: HashMap<RecordId, Vec<(String, String)>>,
    moved: HashSet<(String, String)>,
    secrets: HashMap<RecordId, Vec<SealedSecret>>,
    pub observed: PlannedObservations,
}

/// A planned write about everything below a record.
#[derive(Clone)]
pub enum Subtree {
    Move { from: String, to: String },
    Delete { state: State, at: Millis, by: Actor },
    Drop,
}

impl Subtree {
    /// What the store will make of a record below the root.
    pub fn alter(&self, mut record: Record) -> Option<Record> {
        match self {
            Subtree::Drop => return None,
            Subtree::Delete { state, at, by, .. } if record.state.is_alive() => {
                record.state = *state;
                record.version += 1;
                record.revision = record.revision.next();
                record.updated.at = *at;
                record.updated.by = by.clone();
            }
            Subtree::Delete { .. } => {}
            Subtree::Move { from, to } => {
                if let Some(rest) = record.fqn.strip_prefix(from.as_str()).filter(|rest| rest.starts_with('.')) {
                    record.fqn = format!("{to}{rest}");
                    record.revision = record.revision.next();
                }
            }
        }
        Some(record)
    }
}

impl Planned {
    /// Whether nothing was planned so far.
    pub fn is_empty(&self) -> bool {
        self.turn == 0
    }

    pub fn apply(&mut self, write: &Write) {
        self.turn += 1;
        match write {
            Write::Put { record, .. } => self.put(record),
            Write::Link(edge) => self.link(edge),
            Write::Unlink { id, .. } => self.unlink(*id),
            Write::Alias { account, space, value, id } => {
                self.moved.insert(((*space).to_owned(), value.clone()));
                self.given.entry(*id).or_default().push(((*space).to_owned(), value.clone()));
                self.aliases.insert((*account, (*space).to_owned(), value.clone()), Some(*id));
            }
            Write::Unalias { account, space, value } => {
                self.moved.insert(((*space).to_owned(), value.clone()));
                let held = self.aliases.insert((*account, (*space).to_owned(), value.clone()), None);
                if let Some(Some(holder)) = held
                    && let Some(given) = self.given.get_mut(&holder)
                {
                    given.retain(|(s, v)| s != space || v != value);
                }
            }
            Write::PutSecrets { id, secrets } => drop(self.secrets.insert(*id, secrets.clone())),
            Write::Observe { record, observations, .. } => self.observed.apply(*record, observations),
            Write::MovePrefix { root, from, to } => {
                self.moves.push((from.clone(), to.clone()));
                self.plan_below(*root, Subtree::Move { from: from.clone(), to: to.clone() });
            }
            Write::MarkSubtree { root, state, at, by } if !state.is_alive() => {
                self.plan_below(*root, Subtree::Delete { state: *state, at: *at, by: by.clone() });
            }
            Write::DropSubtree { root } => self.plan_below(*root, Subtree::Drop),
            // What comes back with a restored root is known to the store alone; the rest no planner asks for.
            Write::MarkSubtree { .. }
            | Write::PutCredential(_)
            | Write::DropCredential { .. }
            | Write::DropCredentials { .. }
            | Write::RebindCredential { .. }
            | Write::ResealCredential { .. }
            | Write::PutKey(_)
            | Write::PutFollower(_)
            | Write::DropFollower { .. }
            | Write::Note(_)
            | Write::EndAuditEvents { .. }
            | Write::RaiseEpoch { .. } => {}
        }
    }

    fn plan_below(&mut self, root: RecordId, subtree: Subtree) {
        self.subtrees.entry(root).or_default().push((self.turn, subtree));
    }

    fn put(&mut self, record: &Record) {
        let kind = record.kind.name();
        self.names.entry((record.account, kind)).or_default().insert(record.fqn.clone(), record.id);
        let folded = self.folded.entry(kind).or_default().entry(crate::name::fold(&record.name)).or_default();
        if !folded.contains(&record.id) {
            folded.push(record.id);
        }
        if self.records.insert(record.id, (self.turn, record.clone())).is_none() {
            self.kinds.entry(kind).or_default().push(record.id);
        }
    }

    fn link(&mut self, edge: &Edge) {
        self.unlink(edge.id);
        self.from.entry(edge.from).or_default().push(edge.id);
        self.to.entry(edge.to).or_default().push(edge.id);
        self.edges.insert(edge.id, edge.clone());
    }

    fn unlink(&mut self, id: EdgeId) {
        self.replaced.insert(id);
        if let Some(edge) = self.edges.remove(&id) {
            for ids in [self.from.get_mut(&edge.from), self.to.get_mut(&edge.to)].into_iter().flatten() {
                ids.retain(|known| *known != id);
            }
        }
    }

    /// The planned record, with the turn in which it was written.
    pub fn record(&self, id: RecordId) -> Option<(u64, &Record)> {
        self.records.get(&id).map(|(turn, record)| (*turn, record))
    }

    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Record> {
        let ids = self.kinds.get(kind.name()).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter_map(|id| self.records.get(id)).map(|(_, record)| record)
    }

    pub fn named(&self, account: AccountId, kind: Kind, fqn: &str) -> Option<RecordId> {
        self.names.get(&(account, kind.name()))?.get(fqn).copied()
    }

    /// The FQNs that something of this FQN may have had before the planned moves, the latest move first.
    pub fn earlier_names(&self, fqn: &str) -> Vec<String> {
        let rest = |to: &str| fqn.strip_prefix(to).filter(|rest| rest.starts_with('.'));
        self.moves.iter().rev().filter_map(|(from, to)| rest(to).map(|rest| format!("{from}{rest}"))).collect()
    }

    pub fn folded(&self, kind: Kind, folded: &str) -> Vec<RecordId> {
        self.folded.get(kind.name()).and_then(|names| names.get(folded)).cloned().unwrap_or_default()
    }

    pub fn has_subtrees(&self) -> bool {
        !self.subtrees.is_empty()
    }

    /// Whether the record was removed with everything below it, after a turn.
    pub fn drops(&self, id: RecordId, turn: u64) -> bool {
        let planned = self.subtrees.get(&id).map(Vec::as_slice).unwrap_or_default();
        planned.iter().any(|(at, subtree)| *at > turn && matches!(subtree, Subtree::Drop))
    }

    /// What was planned after a turn for everything below these records, in order.
    pub fn subtrees_of(&self, roots: &[RecordId], turn: u64) -> Vec<Subtree> {
        let mut found: Vec<&(u64, Subtree)> =
            roots.iter().filter_map(|root| self.subtrees.get(root)).flatten().filter(|(at, _)| *at > turn).collect();
        found.sort_by_key(|(at, _)| *at);
        found.into_iter().map(|(_, subtree)| subtree.clone()).collect()
    }

    pub fn has_replaced(&self, id: EdgeId) -> bool {
        self.replaced.contains(&id)
    }

    pub fn edges_from<'p>(&'p self, ids: &'p [RecordId]) -> impl Iterator<Item = &'p Edge> {
        ids.iter().filter_map(|id| self.from.get(id)).flatten().filter_map(|id| self.edges.get(id))
    }

    pub fn edges_to<'p>(&'p self, ids: &'p [RecordId]) -> impl Iterator<Item = &'p Edge> {
        ids.iter().filter_map(|id| self.to.get(id)).flatten().filter_map(|id| self.edges.get(id))
    }

    /// Who has the alias by plan; `None` where nothing is planned about it.
    pub fn alias(&self, account: AccountId, space: &str, value: &str) -> Option<Option<RecordId>> {
        self.aliases.get(&(account, space.to_owned(), value.to_owned())).copied()
    }

    pub fn has_moved(&self, space: &str, value: &str) -> bool {
        self.moved.contains(&(space.to_owned(), value.to_owned()))
    }

    pub fn aliases_of(&self, space: &str, id: RecordId) -> impl Iterator<Item = String> {
        let given = self.given.get(&id).map(Vec::as_slice).unwrap_or_default();
        given.iter().filter(move |(s, _)| s == space).map(|(_, value)| value.clone())
    }

    pub fn secrets(&self, id: RecordId) -> Option<Vec<SealedSecret>> {
        self.secrets.get(&id).cloned()
    }
}
