//! What doors read: one state of the catalogue as one caller sees it.
//!
//! A door has no other way to stored state. What it asks for by id, name or query is looked at with the caller's rights;
//! what belongs to a record (edges, past states, observations) is asked for with the record itself, which nobody has whom
//! the core did not give it to ([`Seen`]). The few answers that are not filtered have names that say what they are and
//! why ([`named`]).
//!
//! A reading holds a connection of the store. It ends before anything is waited for that can take long: a lock, a source,
//! a commit ([`crate::held`]); [`Reading::execute`] ends it by itself.

mod composed;
pub mod followed;
mod kind_visibility;
pub mod label_change;
pub mod log;
mod named;
pub mod news;
mod of_records;
mod parts;
mod past;
pub mod requests;
mod rights;
mod seen;
mod through;
mod walk;
pub mod what_if;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

pub use self::kind_visibility::KindVisibility;
pub use self::named::{Placed, tally};
pub use self::of_records::Sources;
pub use self::past::{PartChange, PartChanges};
use self::seen::ids;
pub use self::seen::{Seen, SeenCard, SeenId};
pub use self::through::Through;
pub use self::walk::{Limits, Walked};
use crate::access::Access;
use crate::action::Action;
use crate::boxed::Boxed;
use crate::cached_snapshot::CachedSnapshot;
use crate::caller::Caller;
use crate::catalog::Catalog;
use crate::command::{Command, Outcome, Ref};
use crate::held::Held;
use crate::id::{AccountId, RecordId};
use crate::kind::Kind;
use crate::load::Depth;
use crate::ports::{Snapshot, Verdict};
use crate::problem::Problem;
use crate::query::{ListQuery, States};
use crate::read::{Count, Include, Page};
use crate::record::{Card, Record, View};
use crate::resolve;
use crate::rows;
use crate::rows::lenders::Extent;
use crate::tracking::ReadSet;

/// One consistent state, seen by one caller.
pub struct Reading<'a> {
    catalog: &'a Catalog,
    caller: &'a Caller,
    snapshot: Box<dyn Snapshot>,
    /// Records that are looked at one by one for a count, at most.
    patience: Option<u32>,
    _held: Held,
}

impl Catalog {
    /// A state at least as new as every acknowledged commit. Asks the store nothing.
    pub fn reading<'a>(&'a self, caller: &'a Caller) -> Boxed<'a, Result<Reading<'a>, Problem>> {
        Box::pin(async move {
            let snapshot = self.store.snapshot().await?;
            Ok(Reading { catalog: self, caller, snapshot, patience: None, _held: Held::begin() })
        })
    }

    /// The caller as he may act by now: what he does may have begun a while ago.
    ///
    /// Errors: `Unauthenticated` for who may no longer act at all.
    pub fn caller_now<'a>(&'a self, caller: &'a Caller) -> Boxed<'a, Result<Caller, Problem>> {
        Box::pin(async move { self.present(&*self.store.snapshot().await?, caller, true).await })
    }

    /// Whether what the caller may do is what it was, and all that was read for him as it was read. That it is not may
    /// be for something that makes no difference to him.
    pub fn still_holds<'a>(&'a self, caller: &'a Caller, read: &'a ReadSet) -> Boxed<'a, Result<bool, Problem>> {
        Box::pin(async move {
            let Some((since, dependencies)) = read.noted() else { return Ok(false) };
            let is_unchanged = self.store.unchanged_until(since, &dependencies).await?.is_some();
            Ok(is_unchanged && self.access.known_epoch(caller.account()).await == Some(caller.principal.epoch))
        })
    }

    /// What holds of the action for all records of the kind, where anything does.
    pub fn verdict_of_kind(&self, caller: &Caller, action: Action, kind: Kind) -> Verdict {
        self.access.verdict(&caller.principal, action, kind, kind.0.visibility)
    }

    /// Whether the caller may run the server's house: see what others may do, make accounts.
    pub fn may_operate(&self, caller: &Caller) -> Result<(), Problem> {
        self.access.may_operate(&caller.principal).map(drop)
    }

    /// Checks the rules of a policy before they are stored.
    pub fn check_rules(&self, rules: &serde_json::Value) -> Result<(), Problem> {
        self.access.gate().check_rules(rules, &self.registry)
    }

    /// The tags and terms, by their full names, that conditions of a policy's rules name.
    pub fn labels_named(&self, rules: &serde_json::Value) -> Vec<String> {
        self.access.gate().labels_named(rules)
    }

    /// Whether conditions of a policy's rules name what is of the kind and has this full name, or what stands below it.
    pub fn names(&self, rules: &serde_json::Value, kind: Kind, fqn: &str) -> bool {
        self.access.names(rules, kind, fqn)
    }
}

impl<'a> Reading<'a> {
    pub fn catalog(&self) -> &'a Catalog {
        self.catalog
    }

    pub fn caller(&self) -> &'a Caller {
        self.caller
    }

    pub fn account(&self) -> AccountId {
        self.caller.account()
    }

    fn access(&self) -> &'a Access {
        &self.catalog.access
    }

    /// The same reading, which asks for nothing twice: for answers of many parts that know nothing of one another.
    pub fn remembering(self) -> Reading<'a> {
        Reading { snapshot: Box::new(CachedSnapshot::of(self.snapshot)), ..self }
    }

    /// The same reading, which counts no further where policies make it look at each record: of a count, so many are looked
    /// at at most.
    pub fn counting_among(self, most: u32) -> Reading<'a> {
        Reading { patience: Some(most), ..self }
    }

    /// Ends the reading, then carries the command out.
    pub fn execute(self, command: &'a Command) -> Boxed<'a, Result<Outcome, Problem>> {
        let (catalog, caller) = (self.catalog, self.caller);
        drop(self);
        catalog.execute(caller, command)
    }

    /// The record that a request names.
    ///
    /// Errors: `NotFound` when it is unknown, in a state not asked for, or not visible to the caller; `Ambiguous`.
    pub fn get<'b>(&'b self, target: &'b Ref, include: Include, depth: &'b Depth) -> Boxed<'b, Result<View, Problem>> {
        Box::pin(async move { self.catalog.get_in(&*self.snapshot, self.caller, target, include, depth).await })
    }

    /// The record that a request names, deleted or not, if the caller sees one.
    pub fn find<'b>(&'b self, target: &'b Ref) -> Boxed<'b, Result<Option<Record>, Problem>> {
        Box::pin(
            async move { resolve::find_seen(&*self.snapshot, self.access(), &self.caller.principal, target).await },
        )
    }

    /// A page of a list. What the caller may not see is neither listed nor counted.
    pub fn list<'b>(&'b self, query: ListQuery, depth: &'b Depth) -> Boxed<'b, Result<Page, Problem>> {
        Box::pin(async move {
            debug_assert_eq!(query.account, self.account(), "no query crosses an account");
            self.catalog.list_in(&*self.snapshot, self.caller, query, depth, self.patience).await
        })
    }

    /// The first of a list, of which nobody is told how long it is: the total may end with the page.
    pub fn first<'b>(&'b self, query: ListQuery, depth: &'b Depth) -> Boxed<'b, Result<Page, Problem>> {
        Box::pin(async move {
            debug_assert_eq!(query.account, self.account(), "no query crosses an account");
            self.catalog.first_in(&*self.snapshot, self.caller, query, depth, self.patience).await
        })
    }

    /// All of a list as bare records.
    pub fn all(&self, query: ListQuery) -> Boxed<'_, Result<Vec<Record>, Problem>> {
        Box::pin(async move {
            let depth = Depth { alone: true, ..Depth::bare() };
            let page = self.list(ListQuery { limit: u32::MAX, ..query }, &depth).await?;
            Ok(page.views.into_iter().map(|view| view.record).collect())
        })
    }

    /// What the caller sees of several lists of one kind, each of them whole.
    pub fn lists(&self, queries: Vec<ListQuery>) -> Boxed<'_, Result<Vec<Vec<Record>>, Problem>> {
        Box::pin(async move { self.catalog.lists_in(&*self.snapshot, self.caller, queries).await })
    }

    /// How much there is of several lists of one kind that the caller sees.
    pub fn totals(&self, queries: Vec<ListQuery>) -> Boxed<'_, Result<Vec<u64>, Problem>> {
        Box::pin(async move {
            let totals = self.catalog.totals_in(&*self.snapshot, self.caller, queries, None).await?;
            Ok(totals.into_iter().map(|total| total.number).collect())
        })
    }

    /// The same as far as this reading counts.
    pub fn counts(&self, queries: Vec<ListQuery>) -> Boxed<'_, Result<Vec<Count>, Problem>> {
        Box::pin(async move { self.catalog.totals_in(&*self.snapshot, self.caller, queries, self.patience).await })
    }

    /// How much of a list the caller sees.
    pub fn count(&self, query: ListQuery) -> Boxed<'_, Result<u64, Problem>> {
        Box::pin(async move {
            let query = ListQuery { limit: 0, ..query };
            Ok(self.catalog.list_in(&*self.snapshot, self.caller, query, &Depth::bare(), None).await?.total)
        })
    }

    /// Those of the records that are in these states and that the caller sees, in the order of the ids.
    pub fn records<'b>(&'b self, ids: &'b [RecordId], states: States) -> Boxed<'b, Result<Vec<Record>, Problem>> {
        Box::pin(async move {
            if ids.is_empty() {
                return Ok(Vec::new());
            }
            let found = self.snapshot.by_id(self.account(), ids).await?;
            self.seen(found.into_iter().flatten().filter(|record| states.holds(record)).collect()).await
        })
    }

    /// The records that were seen before.
    pub fn again<'b, T: Seen>(&'b self, seen: &[T]) -> Boxed<'b, Result<Vec<Record>, Problem>> {
        self.seen_again(ids(seen))
    }

    fn seen_again(&self, of: Vec<RecordId>) -> Boxed<'_, Result<Vec<Record>, Problem>> {
        Box::pin(async move {
            let found = self.snapshot.by_id(self.account(), &of).await?;
            Ok(found.into_iter().flatten().collect())
        })
    }

    /// Those of the records that the caller sees, in whatever state they are.
    pub fn in_any_state<'b>(&'b self, ids: &'b [RecordId]) -> Boxed<'b, Result<Vec<Record>, Problem>> {
        Box::pin(async move {
            if ids.is_empty() {
                return Ok(Vec::new());
            }
            let found = self.snapshot.by_id(self.account(), ids).await?;
            self.seen(found.into_iter().flatten().collect()).await
        })
    }

    /// The record, alive, if the caller sees it.
    pub fn record(&self, id: RecordId) -> Boxed<'_, Result<Option<Record>, Problem>> {
        Box::pin(async move { Ok(self.records(&[id], States::Alive).await?.pop()) })
    }

    /// The records that hold these FQNs, alive or deleted, one place for each: empty also where the caller sees nothing.
    pub fn by_fqn<'b>(&'b self, kind: Kind, fqns: &'b [&'b str]) -> Boxed<'b, Result<Vec<Option<Record>>, Problem>> {
        Box::pin(async move {
            let found = self.snapshot.by_fqn(self.account(), kind, fqns).await?;
            let mut places: Vec<Option<Record>> = found.iter().map(|_| None).collect();
            let (indexes, records): (Vec<usize>, Vec<Record>) =
                found.into_iter().enumerate().filter_map(|(index, record)| Some((index, record?))).unzip();
            let sees = self.sees_each(&records.iter().collect::<Vec<_>>()).await?;
            for ((index, record), sees) in indexes.into_iter().zip(records).zip(sees) {
                places[index] = Some(record).filter(|_| sees);
            }
            Ok(places)
        })
    }

    /// Records that hold this folded name, of at most `limit` namesakes.
    pub fn namesakes<'b>(
        &'b self,
        kind: Kind,
        folded: &'b str,
        states: States,
        limit: u32,
    ) -> Boxed<'b, Result<Vec<Record>, Problem>> {
        Box::pin(async move {
            let found = self.snapshot.by_folded_name(self.account(), kind, folded, limit).await?;
            self.seen(found.into_iter().filter(|record| states.holds(record)).collect()).await
        })
    }

    /// The cards of those that are alive and that the caller sees, in the order of the ids. Costs less than the records:
    /// one question for the cards, and one list for each kind of which not everything is seen.
    pub fn cards<'b>(&'b self, ids: &'b [RecordId]) -> Boxed<'b, Result<Vec<SeenCard>, Problem>> {
        Box::pin(async move {
            let principal = &self.caller.principal;
            let cards = self.snapshot.cards(principal.account, ids).await?;
            let mut cards: Vec<Arc<Card>> = cards.into_iter().flatten().filter(|card| card.state.is_alive()).collect();
            let mut doubtful: HashMap<Kind, Vec<RecordId>> = HashMap::new();
            let mut hidden: HashSet<RecordId> = HashSet::new();
            for card in &cards {
                match self.access().list_verdict(principal, card.kind, card.visibility) {
                    // What a part shows, its whole decides.
                    _ if card.kind.0.part => doubtful.entry(card.kind).or_default().push(card.id),
                    Verdict::Always => {}
                    Verdict::Never { .. } => drop(hidden.insert(card.id)),
                    Verdict::Depends => doubtful.entry(card.kind).or_default().push(card.id),
                }
            }
            for (kind, ids) in doubtful {
                hidden.extend(&ids);
                for record in self.all(ListQuery { ids: Some(ids), ..ListQuery::of(principal.account, kind) }).await? {
                    hidden.remove(&record.id);
                }
            }
            cards.retain(|card| !hidden.contains(&card.id));
            Ok(cards.into_iter().map(SeenCard).collect())
        })
    }

    /// Records with what belongs to them.
    pub fn views<'b>(&'b self, records: Vec<Record>, depth: &'b Depth) -> Boxed<'b, Result<Vec<View>, Problem>> {
        Box::pin(async move { self.catalog.views_for(&*self.snapshot, &self.caller.principal, records, depth).await })
    }

    pub fn view<'b>(&'b self, record: Record, depth: &'b Depth) -> Boxed<'b, Result<View, Problem>> {
        Box::pin(async move { self.catalog.view_for(&*self.snapshot, &self.caller.principal, record, depth).await })
    }

    /// A living product for whoever sees it, or holds the rows of an asset of it. `depth` reads its assets.
    ///
    /// Errors: `NotFound` for everybody else.
    pub fn get_for_lender<'b>(
        &'b self,
        target: &'b Ref,
        depth: &'b Depth,
    ) -> Boxed<'b, Result<(View, Extent), Problem>> {
        Box::pin(async move { self.catalog.get_for_lender(&*self.snapshot, self.caller, target, depth).await })
    }

    /// Asks about rows for the caller.
    pub fn rows(&self) -> rows::Reader<'_> {
        rows::Reader::new(self.access(), &*self.snapshot, &self.caller.principal)
    }

    /// Whether the caller sees a record that a door has from elsewhere.
    pub fn sees<'b>(&'b self, record: &'b Record) -> Boxed<'b, Result<bool, Problem>> {
        Box::pin(async move { self.access().sees_in(&*self.snapshot, &self.caller.principal, record).await })
    }

    async fn sees_each(&self, records: &[&Record]) -> Result<Vec<bool>, Problem> {
        self.access().sees_each(&*self.snapshot, &self.caller.principal, records).await
    }

    async fn seen(&self, records: Vec<Record>) -> Result<Vec<Record>, Problem> {
        self.access().seen(&*self.snapshot, &self.caller.principal, records).await
    }
}
