//! Reads: what a door shows, after the gate has agreed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::boxed::Boxed;
use crate::caller::{Caller, Principal};
use crate::catalog::Catalog;
use crate::change_set::SealedSecret;
use crate::command::Ref;
use crate::id::{RecordId, Revision};
use crate::kind::Kind;
use crate::load::{self, Depth};
use crate::past_names;
use crate::ports::Snapshot;
use crate::problem::Problem;
use crate::query::States;
use crate::record::{Card, Edge, Record, View};
use crate::references::ReferenceScope;
use crate::resolve;

/// Which states of a record a reader accepts.
pub type Include = States;

/// A page and what is needed to ask for its neighbours.
pub struct Page {
    pub views: Vec<View>,
    pub total: u64,
    /// Otherwise so many had been found when counting ended.
    pub total_is_exact: bool,
    /// Whether there is more after the last view.
    pub more: bool,
}

impl Page {
    pub fn count(&self) -> Count {
        Count { number: self.total, is_exact: self.total_is_exact }
    }
}

/// How many there are; where it is not exact, so many had been found when counting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub number: u64,
    pub is_exact: bool,
}

impl Count {
    pub const NONE: Count = Count { number: 0, is_exact: true };

    pub fn of(number: u64) -> Count {
        Count { number, is_exact: true }
    }
}

impl std::ops::Add for Count {
    type Output = Count;

    fn add(self, other: Count) -> Count {
        Count { number: self.number + other.number, is_exact: self.is_exact && other.is_exact }
    }
}

impl Catalog {
    /// The record that a request names.
    ///
    /// Errors: `NotFound` when it is unknown, in a state not asked for, or not visible to the caller; `Ambiguous`.
    pub fn get<'a>(
        &'a self,
        caller: &'a Caller,
        target: &'a Ref,
        include: Include,
        depth: &'a Depth,
    ) -> Boxed<'a, Result<View, Problem>> {
        Box::pin(async move {
            let snapshot = self.store.snapshot().await?;
            self.get_in(&*snapshot, caller, target, include, depth).await
        })
    }

    pub(crate) async fn get_in(
        &self,
        snapshot: &dyn Snapshot,
        caller: &Caller,
        target: &Ref,
        include: Include,
        depth: &Depth,
    ) -> Result<View, Problem> {
        let found = resolve::find_seen(snapshot, &self.access, &caller.principal, target).await?;
        let record = found.ok_or_else(|| target.not_found())?;
        if !include.holds(&record) {
            return Err(target.not_found());
        }
        self.view_for(snapshot, &caller.principal, record, depth).await
    }

    pub(crate) async fn view_for(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        record: Record,
        depth: &Depth,
    ) -> Result<View, Problem> {
        let mut views = self.views_for(snapshot, principal, vec![record], depth).await?;
        Ok(views.pop().expect("one record gives one view"))
    }

    /// Past and present revisions of a visible record, newest first.
    pub fn history<'a>(
        &'a self,
        caller: &'a Caller,
        target: &'a Ref,
        before: Option<Revision>,
        limit: u32,
    ) -> Boxed<'a, Result<Vec<View>, Problem>> {
        Box::pin(async move {
            let snapshot = self.store.snapshot().await?;
            let current = self.get_in(&*snapshot, caller, target, States::All, &Depth::bare()).await?;
            let cx = self.context(&*snapshot, caller);
            let mut views = Vec::new();
            for mut record in snapshot.history(current.id(), before, limit).await? {
                past_names::of_state(&mut record, &current.record);
                views.push(load::past_view(cx.snapshot, record).await?);
            }
            self.access.show(&*snapshot, &caller.principal, views, ReferenceScope::All).await
        })
    }

    /// What records were at revisions: `None` for what the caller does not see, or what is not kept.
    pub(crate) async fn states(
        &self,
        snapshot: &dyn Snapshot,
        caller: &Caller,
        wanted: &[(RecordId, Revision)],
    ) -> Result<Vec<Option<View>>, Problem> {
        let mut ids: Vec<RecordId> = wanted.iter().map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids.dedup();
        let found = snapshot.by_id(caller.account(), &ids).await?.into_iter().flatten();
        let there = found.filter(|record| record.state.holds_name()).collect();
        let seen = self.access.seen(snapshot, &caller.principal, there).await?;
        let seen: HashMap<RecordId, &Record> = seen.iter().map(|record| (record.id, record)).collect();
        let asked: Vec<(RecordId, Revision)> = wanted.iter().filter(|(id, _)| seen.contains_key(id)).copied().collect();
        let (mut records, mut edges) = (Vec::new(), Vec::new());
        let mut is_kept = Vec::with_capacity(asked.len());
        for state in snapshot.states(&asked).await? {
            is_kept.push(state.is_some());
            if let Some((mut record, of_record)) = state {
                if let Some(now) = seen.get(&record.id) {
                    past_names::of_state(&mut record, now);
                }
                records.push(record);
                edges.push(of_record);
            }
        }
        let views = load::views(snapshot, records, &Depth::bare()).await?;
        let cards = self.named_by(snapshot, caller, edges.iter().flatten()).await?;
        let views = views.into_iter().zip(edges).map(|(mut view, edges)| {
            view.cards.extend(edges.iter().filter_map(|edge| cards.get(&edge.to)).map(|card| (card.id, card.clone())));
            view.edges = edges;
            view
        });
        let mut views =
            self.access.show(snapshot, &caller.principal, views.collect(), ReferenceScope::All).await?.into_iter();
        let mut kept = is_kept.into_iter();
        let mut state = |id: &RecordId| {
            let is_there = seen.contains_key(id) && kept.next().unwrap_or(false);
            if is_there { views.next() } else { None }
        };
        Ok(wanted.iter().map(|(id, _)| state(id)).collect())
    }

    /// What edges lead to that were there once: a record names what it refers to now, and of what it does not refer to any
    /// more what the caller sees.
    async fn named_by(
        &self,
        snapshot: &dyn Snapshot,
        caller: &Caller,
        edges: impl Iterator<Item = &Edge> + Clone,
    ) -> Result<HashMap<RecordId, Arc<Card>>, Problem> {
        let now: HashSet<RecordId> = edges.clone().filter(|edge| edge.until.is_none()).map(|edge| edge.to).collect();
        let once: HashSet<RecordId> = edges.map(|edge| edge.to).filter(|id| !now.contains(id)).collect();
        let mut named: Vec<RecordId> = now.into_iter().collect();
        if !once.is_empty() {
            let once: Vec<RecordId> = once.into_iter().collect();
            let found = snapshot.by_id(caller.account(), &once).await?.into_iter().flatten().collect();
            let seen = self.access.seen(snapshot, &caller.principal, found).await?;
            named.extend(seen.iter().map(|record| record.id));
        }
        let cards = snapshot.cards(caller.account(), &named).await?;
        Ok(cards.into_iter().flatten().map(|card| (card.id, card)).collect())
    }

    /// The clear texts of a record's secrets, by JSON pointer. For bots only, of what they see; people never see them.
    pub fn reveal<'a>(
        &'a self,
        caller: &'a Caller,
        record: RecordId,
    ) -> Boxed<'a, Result<Vec<(String, String)>, Problem>> {
        Box::pin(async move {
            if !caller.principal.is_bot {
                return Ok(Vec::new());
            }
            let snapshot = self.store.snapshot().await?;
            let target = Ref::AnyOf(&[], record);
            if resolve::find_seen(&*snapshot, &self.access, &caller.principal, &target).await?.is_none() {
                return Ok(Vec::new());
            }
            self.open(&*snapshot, record).await
        })
    }

    /// The same for the server itself, which connects to sources with them. Whoever asks has looked at the rights of the
    /// caller before, and shows them to nobody.
    pub fn unseal<'a>(&'a self, record: &'a Record) -> Boxed<'a, Result<Vec<(String, String)>, Problem>> {
        Box::pin(async move { self.open(&*self.store.snapshot().await?, record.id).await })
    }

    async fn open(&self, snapshot: &dyn Snapshot, record: RecordId) -> Result<Vec<(String, String)>, Problem> {
        let mut clear = Vec::new();
        for secret in snapshot.secrets(record).await? {
            let context = SealedSecret::context(record, &secret.path);
            let plain = self.sealer.open(&context, &secret.sealed)?;
            let text = String::from_utf8(plain).map_err(|_| Problem::internal("a secret is not UTF-8"))?;
            clear.push((secret.path, text));
        }
        Ok(clear)
    }

    /// A registered kind, for doors that name it.
    pub fn kind(&self, name: &str) -> Kind {
        self.registry.expect(name)
    }

    /// The domain of the account that holds what names no other.
    pub(crate) async fn default_domain(&self, snapshot: &dyn Snapshot, caller: &Caller) -> Result<RecordId, Problem> {
        let account = snapshot.by_id(caller.account(), &[caller.account().record()]).await?;
        account
            .into_iter()
            .flatten()
            .next()
            .and_then(|record| load::default_domain(&record))
            .ok_or_else(|| Problem::internal("the account has no default domain"))
    }
}
