//! One state of the memory engine, and how a change set makes the next one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use emporion_model::audit_event::{AuditCursor, AuditEvent};
use emporion_model::change_set::{
    ChangeSet, Credential, Event, EventKind, Expect, NameScope, RememberedAnswer, SealedSecret, Write,
};
use emporion_model::dependency::CommitVersion;
use emporion_model::follower_state::FollowerState;
use emporion_model::id::{AccountId, CredentialId, EdgeId, Millis, RecordId, Revision, Seq};
use emporion_model::kind::Kind;
use emporion_model::name;
use emporion_model::observation::{Key, Noted, Series};
use emporion_model::record::{Actor, Change, Edge, FieldChange, Record, State as RecordState};
use serde_json::Value;

/// Account, space or scope, value or key.
type Keyed<T> = BTreeMap<(AccountId, String, String), T>;

/// Account, record, series, item.
pub type Item = (AccountId, RecordId, &'static str, String);

/// A past state. A silent one shares its body and its change with the state after it.
#[derive(Clone)]
pub struct Past {
    pub record: Arc<Record>,
    pub silent: bool,
}

#[derive(Clone, Default)]
pub struct State {
    pub records: BTreeMap<RecordId, Arc<Record>>,
    /// The root of the subtree that took the record along when it was deleted.
    pub(super) deleted_with: BTreeMap<RecordId, RecordId>,
    pub revisions: BTreeMap<(RecordId, Revision), Past>,
    pub edges: BTreeMap<EdgeId, Arc<Edge>>,
    pub past_edges: Vec<Arc<Edge>>,
    pub aliases: Keyed<RecordId>,
    pub secrets: BTreeMap<RecordId, Vec<SealedSecret>>,
    pub credentials: BTreeMap<CredentialId, Credential>,
    pub observations: BTreeMap<Item, BTreeMap<Millis, Value>>,
    pub answers: Keyed<RememberedAnswer>,
    pub epochs: BTreeMap<AccountId, u64>,
    /// By follower and key.
    pub follower_states: BTreeMap<(String, String), FollowerState>,
    /// The trail, in the order of its places.
    pub audit_events: BTreeMap<(AccountId, AuditCursor), AuditEvent>,
    pub events: Vec<Event>,
    /// How many sets were stored: it knows that something has changed, and not what.
    pub version: CommitVersion,
}

type Stamp<'a> = (Millis, &'a Actor);

impl State {
    pub fn record(&self, id: RecordId) -> Option<&Record> {
        self.records.get(&id).map(|record| &**record)
    }

    pub fn of_kind(&self, account: AccountId, kind: Kind) -> impl Iterator<Item = &Record> {
        self.records.values().map(|r| &**r).filter(move |r| r.account == account && r.kind == kind)
    }

    /// Who holds an FQN.
    pub fn holder(&self, account: AccountId, kind: Kind, fqn: &str) -> Option<&Record> {
        self.of_kind(account, kind).find(|record| record.state.holds_name() && record.fqn == fqn)
    }

    pub fn head(&self) -> Seq {
        Seq(self.events.len() as u64)
    }

    /// Errors: the expectation that does not hold; the state is then of no more use.
    pub fn store(&mut self, set: &ChangeSet) -> Result<Seq, Expect> {
        if let Some(lost) = set.expect.iter().find(|expect| !self.holds(expect)) {
            return Err(lost.clone());
        }
        let stamp = set.events.first().map(|event| (event.at, &event.by));
        for write in &set.writes {
            self.write(write, stamp)?;
        }
        self.events.extend(set.events.iter().cloned());
        self.version.0 += 1;
        Ok(self.head())
    }

    fn holds(&self, expect: &Expect) -> bool {
        match expect {
            Expect::RevisionIs { id, revision } => self.record(*id).is_some_and(|r| r.revision == *revision),
            Expect::NameFree { account, kind, scope, except } => {
                !self.of_kind(*account, *kind).any(|record| Some(record.id) != *except && has_name(record, scope))
            }
            Expect::AliasFree { account, space, value } => {
                !self.aliases.contains_key(&(*account, (*space).to_owned(), value.clone()))
            }
            Expect::KeyUnused { account, scope, key, since } => {
                let answer = self.answers.get(&(*account, scope.clone(), key.clone()));
                answer.is_none_or(|answer| answer.at < *since)
            }
            Expect::Alive { id } => self.is_alive(*id),
            Expect::EdgeExists { id } => self.edges.contains_key(id),
            Expect::NoEdgeTo { id, relations } => !self
                .edges
                .values()
                .any(|edge| edge.to == *id && relations.contains(&edge.relation) && self.is_alive(edge.from)),
            Expect::NoChildren { id } => !self.records.values().any(|r| r.parent == Some(*id) && r.state.is_alive()),
            Expect::CountBelow { account, kind, limit } => {
                (self.of_kind(*account, *kind).filter(|r| r.state.is_alive()).count() as u64) < *limit
            }
            Expect::FollowerAt { follower, key, position } => {
                let kept = self.follower_states.get(&(follower.clone(), key.clone()));
                kept.map_or(Seq(0), |state| state.position) == *position
            }
            Expect::ObservationIs { account, record, noted } => {
                self.observed(*account, *record, &noted.key) == noted.value.as_ref()
            }
            Expect::AccessEpochIs { account, epoch } => self.epochs.get(account).copied().unwrap_or(0) == *epoch,
            Expect::Unchanged { since, dependencies: _ } => self.version == *since,
        }
    }

    fn is_alive(&self, id: RecordId) -> bool {
        self.record(id).is_some_and(|record| record.state.is_alive())
    }

    fn write(&mut self, write: &Write, stamp: Option<Stamp<'_>>) -> Result<(), Expect> {
        match write {
            Write::Put { record, replaces, silent } => self.put(record, *replaces, *silent)?,
            Write::Link(edge) => drop(self.edges.insert(edge.id, Arc::new((**edge).clone()))),
            Write::Unlink { id, until } => {
                if let Some(edge) = self.edges.remove(id).filter(|edge| edge.since < *until) {
                    let ended = Arc::new(Edge { until: Some(*until), ..(*edge).clone() });
                    let span = |edge: &Edge| (edge.id, edge.from, edge.since, edge.until);
                    if !self.past_edges.iter().any(|known| span(known) == span(&ended)) {
                        self.past_edges.push(ended);
                    }
                }
            }
            Write::Alias { account, space, value, id } => {
                let key = (*account, (*space).to_owned(), value.clone());
                if self.aliases.insert(key, *id).is_some() {
                    return Err(Expect::AliasFree { account: *account, space, value: value.clone() });
                }
            }
            Write::Unalias { account, space, value } => {
                self.aliases.remove(&(*account, (*space).to_owned(), value.clone()));
            }
            Write::MovePrefix { root, from, to } => self.move_prefix(*root, from, to, stamp)?,
            Write::MarkSubtree { root, state, at, by } => self.mark_subtree(*root, *state, (*at, by))?,
            Write::DropSubtree { root } => self.drop_subtree(*root, stamp),
            Write::PutSecrets { id, secrets } => {
                let mut secrets = secrets.clone();
                secrets.sort_by(|a, b| a.path.cmp(&b.path));
                self.secrets.insert(*id, secrets);
            }
            Write::Observe { account, record, observations } => {
                observations.iter().for_each(|noted| self.observe(*account, *record, noted));
            }
            Write::PutCredential(credential) => {
                self.credentials.retain(|_, old| (old.class, &old.public) != (credential.class, &credential.public));
                self.credentials.insert(credential.id, (**credential).clone());
            }
            Write::DropCredential { id } => self.drop_credentials(|held| held.id == *id),
            Write::DropCredentials { user, classes } => {
                self.drop_credentials(|held| held.user == *user && classes.contains(&held.class));
            }
            Write::ResealCredential { id, secret } => {
                if let Some(held) = self.credentials.get_mut(id) {
                    held.secret.clone_from(secret);
                }
            }
            Write::RebindCredential { id, made_with } => {
                if let Some(held) = self.credentials.get_mut(id) {
                    held.made_with = *made_with;
                }
            }
            Write::PutKey(answer) => {
                let key = (answer.account, answer.scope.clone(), answer.key.clone());
                let since = answer.oldest();
                if self.answers.insert(key, (**answer).clone()).is_some_and(|old| old.at >= since) {
                    let (account, scope, key) = (answer.account, answer.scope.clone(), answer.key.clone());
                    return Err(Expect::KeyUnused { account, scope, key, since });
                }
            }
            Write::PutFollower(state) => {
                self.follower_states.insert((state.follower.clone(), state.key.clone()), (**state).clone());
            }
            Write::DropFollower { follower, key } => {
                self.follower_states.remove(&(follower.clone(), key.clone()));
            }
            Write::Note(events) => {
                self.audit_events
                    .extend(events.iter().map(|event| ((event.account, (event.at, event.id)), event.clone())));
            }
            Write::EndAuditEvents { before, most } => {
                let mut old: Vec<_> = self.audit_events.keys().filter(|(_, (at, _))| at < before).copied().collect();
                old.sort_unstable_by_key(|(_, place)| *place);
                old.iter().take(*most as usize).for_each(|key| drop(self.audit_events.remove(key)));
            }
            Write::RaiseEpoch { account } => *self.epochs.entry(*account).or_default() += 1,
        }
        Ok(())
    }

    pub fn item(
        &self,
        account: AccountId,
        record: RecordId,
        series: Series,
        item: &str,
    ) -> Option<&BTreeMap<Millis, Value>> {
        self.observations.get(&(account, record, series.name(), item.to_owned()))
    }

    pub fn observed(&self, account: AccountId, record: RecordId, key: &Key) -> Option<&Value> {
        self.item(account, record, key.series, &key.item)?.get(&key.at)
    }

    fn observe(&mut self, account: AccountId, record: RecordId, noted: &Noted) {
        let Noted { key, value } = noted;
        let item = self.observations.entry((account, record, key.series.name(), key.item.clone())).or_default();
        match value {
            Some(value) => drop(item.insert(key.at, value.clone())),
            None => drop(item.remove(&key.at)),
        }
        while item.len() > key.series.0.kept as usize {
            item.pop_first();
        }
    }

    fn put(&mut self, record: &Record, replaces: Option<Revision>, silent: bool) -> Result<(), Expect> {
        let before = self.records.get(&record.id).cloned();
        let revision = replaces.unwrap_or(Revision(0));
        match (before, replaces) {
            (Some(before), Some(replaced))
                if before.revision == replaced && before.account == record.account && before.kind == record.kind =>
            {
                self.revisions.insert((record.id, replaced), Past { record: before, silent });
            }
            (None, None) => {}
            (_, Some(_)) => return Err(Expect::RevisionIs { id: record.id, revision }),
            (Some(_), None) => {
                self.expect_name(record)?;
                return Err(Expect::RevisionIs { id: record.id, revision });
            }
        }
        if record.state.is_alive() {
            self.deleted_with.remove(&record.id);
        }
        if record.state.holds_name() {
            self.expect_name(record)?;
        }
        self.records.insert(record.id, Arc::new(record.clone()));
        Ok(())
    }

    fn expect_name(&self, record: &Record) -> Result<(), Expect> {
        let expect = Expect::NameFree {
            account: record.account,
            kind: record.kind,
            scope: NameScope::Fqn(record.fqn.clone()),
            except: Some(record.id),
        };
        if self.holds(&expect) { Ok(()) } else { Err(expect) }
    }

    /// Everything below a root, the root itself left out.
    fn below(&self, root: RecordId) -> BTreeSet<RecordId> {
        let mut found = BTreeSet::new();
        let mut parents = BTreeSet::from([root]);
        while !parents.is_empty() {
            let is_child = |r: &&Arc<Record>| r.parent.is_some_and(|parent| parents.contains(&parent));
            let children = self.records.values().filter(is_child).map(|record| record.id);
            parents = children.filter(|id| *id != root && !found.contains(id)).collect();
            found.extend(&parents);
        }
        found
    }

    /// Replaces one record of a subtree by its next revision.
    fn alter(&mut self, id: RecordId, alter: impl FnOnce(&mut Record)) {
        let Some(before) = self.records.get(&id).cloned() else { return };
        let mut record = Record::clone(&before);
        self.revisions.insert((id, before.revision), Past { record: before, silent: false });
        record.revision = record.revision.next();
        alter(&mut record);
        self.records.insert(id, Arc::new(record));
    }

    fn tell(&mut self, what: EventKind, mut ids: Vec<RecordId>, (at, by): Stamp<'_>) {
        ids.sort_by_key(|id| self.record(*id).map(|record| (record.fqn.clone(), record.id)));
        for id in ids {
            let Some(record) = self.records.get(&id) else { continue };
            self.events.push(Event {
                account: record.account,
                at,
                by: by.clone(),
                what,
                kind: record.kind,
                id,
                fqn: record.fqn.clone(),
                revision: record.revision,
                detail: None,
            });
        }
    }

    fn mark_subtree(&mut self, root: RecordId, state: RecordState, stamp: Stamp<'_>) -> Result<(), Expect> {
        let deletes = !state.is_alive();
        let ids: Vec<RecordId> = if deletes {
            self.below(root).into_iter().filter(|id| self.is_alive(*id)).collect()
        } else {
            self.deleted_with.iter().filter(|(_, with)| **with == root).map(|(id, _)| *id).collect()
        };
        for id in &ids {
            if let Some(record) = self.record(*id).filter(|_| !deletes) {
                self.expect_name(record)?;
            }
        }
        for id in &ids {
            if deletes {
                self.deleted_with.insert(*id, root);
            } else {
                self.deleted_with.remove(id);
            }
            self.alter(*id, |record| {
                let field = "deleted".to_owned();
                let updated = vec![FieldChange { field, old: Some((!deletes).into()), new: Some(deletes.into()) }];
                let change = Change { previous_version: record.version, updated, ..Change::default() };
                record.state = state;
                record.version += 1;
                record.updated.at = stamp.0;
                record.updated.by = stamp.1.clone();
                record.change = Some(Arc::new(change));
            });
        }
        self.tell(if deletes { EventKind::Deleted } else { EventKind::Restored }, ids, stamp);
        Ok(())
    }

    fn drop_subtree(&mut self, root: RecordId, stamp: Option<Stamp<'_>>) {
        let mut ids = self.below(root);
        if let Some(stamp) = stamp {
            self.tell(EventKind::Purged, ids.iter().copied().collect(), stamp);
        }
        ids.insert(root);
        self.records.retain(|id, _| !ids.contains(id));
        self.deleted_with.retain(|id, _| !ids.contains(id));
        self.revisions.retain(|(id, _), _| !ids.contains(id));
        self.edges.retain(|_, edge| !ids.contains(&edge.from) && !ids.contains(&edge.to));
        self.past_edges.retain(|edge| !ids.contains(&edge.from) && !ids.contains(&edge.to));
        self.secrets.retain(|id, _| !ids.contains(id));
        self.observations.retain(|(_, id, _, _), _| !ids.contains(id));
        self.aliases.retain(|_, id| !ids.contains(id));
        self.drop_credentials(|credential| ids.contains(&credential.user));
    }

    /// Ends these, and whatever was made with them.
    fn drop_credentials(&mut self, is_meant: impl Fn(&Credential) -> bool) {
        let mut gone: BTreeSet<CredentialId> =
            self.credentials.values().filter(|held| is_meant(held)).map(|held| held.id).collect();
        loop {
            let before = gone.len();
            let made = self.credentials.values().filter(|held| held.made_with.is_some_and(|id| gone.contains(&id)));
            let made: Vec<CredentialId> = made.map(|held| held.id).collect();
            gone.extend(made);
            if gone.len() == before {
                break;
            }
        }
        self.credentials.retain(|id, _| !gone.contains(id));
    }

    fn move_prefix(&mut self, root: RecordId, from: &str, to: &str, stamp: Option<Stamp<'_>>) -> Result<(), Expect> {
        let mut ids = Vec::new();
        for id in self.below(root) {
            let rest = self.record(id).and_then(|r| r.fqn.strip_prefix(from)).filter(|rest| rest.starts_with('.'));
            if let Some(fqn) = rest.map(|rest| format!("{to}{rest}")) {
                self.alter(id, |record| record.fqn = fqn);
                ids.push(id);
            }
        }
        for id in &ids {
            if let Some(record) = self.record(*id).filter(|record| record.state.holds_name()) {
                self.expect_name(record)?;
            }
        }
        if let Some(stamp) = stamp {
            self.tell(EventKind::Updated, ids, stamp);
        }
        Ok(())
    }
}

/// A whole FQN is taken by whoever holds it, deleted or not. The wider scopes are demands of a door on what lives.
fn has_name(record: &Record, scope: &NameScope) -> bool {
    match scope {
        NameScope::Fqn(fqn) => record.state.holds_name() && record.fqn == *fqn,
        NameScope::Folded(folded) => record.state.is_alive() && name::fold(&record.name) == *folded,
        NameScope::Within { fqn, name } => {
            record.state.is_alive() && record.name == *name && is_below(&record.fqn, fqn)
        }
    }
}

pub fn is_below(fqn: &str, above: &str) -> bool {
    fqn.strip_prefix(above).is_some_and(|rest| rest.starts_with('.'))
}
