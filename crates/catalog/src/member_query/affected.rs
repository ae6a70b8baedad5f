//! Which records a change can bring into a product, or take out of one, that is by its query.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::change_set::{ChangeSet, Event, EventKind, Expect, Write};
use crate::context::Context;
use crate::dependency::Dependency;
use crate::id::RecordId;
use crate::kind::Kind;
use crate::kinds::{DATA_PRODUCT, DOMAIN};
use crate::member_language::{Standing, is_candidate};
use crate::problem::Problem;
use crate::query::{ListQuery, States};
use crate::record::{Record, State};
use crate::relation::{HAS_ASSET, IN_DOMAIN, MEMBERS_FOLLOW, OWNER, OWNING_TEAM};

/// How many records below a place are looked at in one read.
const PAGE: u32 = 500;

/// What a change set does, as far as queries can turn on it.
#[derive(Default)]
pub(super) struct Affected {
    /// Records that it leaves alive, and that can be members.
    pub records: Vec<Record>,
    /// Places of which what stands below may match otherwise: they moved.
    moved: Vec<Record>,
    /// Places that come back.
    returning: Vec<Record>,
    /// Places below which owners or domains may be others now.
    places: Vec<Record>,
    /// What records refer to, and is deleted or comes back, or stands elsewhere.
    pub referred_to: Vec<RecordId>,
    /// Products with a query are among what it writes.
    pub has_queries: bool,
    /// Products that come back, whose queries nobody followed meanwhile.
    pub products: Vec<RecordId>,
    /// Products with a query whose edges change.
    relinked: Vec<RecordId>,
    /// What of that which was looked at must not have changed.
    pub expect: Vec<Expect>,
}

impl Affected {
    pub fn by(cx: &Context<'_>, set: &ChangeSet) -> Affected {
        let mut affected = Affected::default();
        let mut newest: HashMap<RecordId, &Record> = HashMap::new();
        for write in &set.writes {
            if let Write::Put { record, .. } = write {
                newest.insert(record.id, record);
            }
        }
        let turned: HashSet<RecordId> =
            set.events.iter().filter(|event| turns(event.what)).map(|event| event.id).collect();
        let unlinks = set.writes.iter().any(|write| matches!(write, Write::Unlink { .. }));
        for record in newest.values().copied() {
            let kind = record.kind;
            if is_candidate(kind) && record.state.is_alive() {
                affected.records.push(record.clone());
            }
            if kind == DATA_PRODUCT && record.body.contains_key(MEMBERS_FOLLOW) {
                affected.has_queries = true;
                let is_alive = record.state.is_alive();
                affected.products.extend((is_alive && turned.contains(&record.id)).then_some(record.id));
                affected.relinked.extend((is_alive && unlinks).then_some(record.id));
            }
            if cx.registry.kinds_below(kind).iter().copied().any(is_candidate) {
                affected.places.push(record.clone());
            }
        }
        let referred_to = |event: &&Event| turns(event.what) && REFERRED_TO.contains(&event.kind.name());
        affected.referred_to.extend(set.events.iter().filter(referred_to).map(|event| event.id));
        for write in &set.writes {
            match write {
                Write::MovePrefix { root, .. } => affected.moved.extend(newest.get(root).map(|root| (*root).clone())),
                Write::MarkSubtree { root, state: State::Alive, .. } => {
                    affected.returning.extend(newest.get(root).map(|root| (*root).clone()));
                }
                _ => {}
            }
        }
        affected
    }

    pub fn is_nothing(&self) -> bool {
        self.records.is_empty()
            && self.moved.is_empty()
            && self.returning.is_empty()
            && self.places.is_empty()
            && self.referred_to.is_empty()
            && self.products.is_empty()
            && self.relinked.is_empty()
    }

    /// Whether products can come back with a place.
    pub fn may_return_products(&self) -> bool {
        self.returning.iter().any(|place| place.kind == DOMAIN)
    }

    /// Adds what stands below places, for these queries; `cx` is as things were, `then` as they will be.
    pub(super) async fn spread(
        &mut self,
        cx: &Context<'_>,
        then: &Context<'_>,
        all: &[Standing],
    ) -> Result<(), Problem> {
        let mut below = std::mem::take(&mut self.moved);
        for place in below.iter().filter(|place| place.kind == DOMAIN) {
            // By another name it is what it was, and where it was.
            let stood = cx.record(place.id).await?.and_then(|place| place.parent);
            self.referred_to.extend((stood != place.parent).then_some(place.id));
        }
        if all.iter().any(Standing::turns_on_places) && !self.places.is_empty() {
            let places = std::mem::take(&mut self.places);
            let ids: Vec<RecordId> = places.iter().map(|place| place.id).collect();
            let (before, after) = (passed_on(cx, &ids).await?, passed_on(then, &ids).await?);
            let is_other = |place: &Record| before.get(&place.id) != after.get(&place.id);
            below.extend(places.into_iter().filter(is_other));
        }
        let mut known: HashSet<RecordId> = self.records.iter().map(|record| record.id).collect();
        self.add_taken_out(cx, then, &mut known).await?;
        for place in below {
            self.add_below(then, &place, States::Alive, all, &mut known).await?;
        }
        for place in std::mem::take(&mut self.returning) {
            self.products.extend(returning_products(cx, &place).await?);
            self.add_below(cx, &place, States::Deleted, all, &mut known).await?;
        }
        Ok(())
    }

    /// Adds what is no longer held by hand, which may match.
    async fn add_taken_out(
        &mut self,
        cx: &Context<'_>,
        then: &Context<'_>,
        known: &mut HashSet<RecordId>,
    ) -> Result<(), Problem> {
        let products = std::mem::take(&mut self.relinked);
        if products.is_empty() {
            return Ok(());
        }
        let had = cx.snapshot.edges_from(&products, Some(&[HAS_ASSET])).await?;
        let has: HashSet<(RecordId, RecordId)> = then
            .snapshot
            .edges_from(&products, Some(&[HAS_ASSET]))
            .await?
            .iter()
            .map(|edge| (edge.from, edge.to))
            .collect();
        let gone = had.iter().filter(|edge| !has.contains(&(edge.from, edge.to)) && known.insert(edge.to));
        let gone: Vec<RecordId> = gone.map(|edge| edge.to).collect();
        let records = then.snapshot.by_id(then.account(), &gone).await?.into_iter().flatten();
        self.records.extend(records.filter(|record| is_candidate(record.kind) && record.state.is_alive()));
        Ok(())
    }

    async fn add_below(
        &mut self,
        cx: &Context<'_>,
        place: &Record,
        states: States,
        all: &[Standing],
        known: &mut HashSet<RecordId>,
    ) -> Result<(), Problem> {
        let deleted_at = match states {
            States::Deleted => cx.record(place.id).await?.map(|place| place.updated.at),
            _ => None,
        };
        let asked = |kind: &Kind| all.iter().any(|standing| standing.kinds.contains(kind));
        let kinds: Vec<Kind> = cx.registry.kinds_below(place.kind).iter().copied().filter(asked).collect();
        if let Some(since) = cx.snapshot.version().await?.filter(|_| !kinds.is_empty()) {
            let dependencies = kinds.iter().map(|kind| Dependency::kind(cx.account(), *kind)).collect();
            self.expect.push(Expect::Unchanged { since, dependencies });
        }
        for kind in kinds {
            let mut query =
                ListQuery { within: Some(place.fqn.clone()), limit: PAGE, states, ..ListQuery::of(cx.account(), kind) };
            loop {
                let page = cx.snapshot.list(&query).await?;
                query.after = page.last().filter(|_| page.len() == PAGE as usize).map(|last| query.keyset(last));
                // What went with the place went at its time; which that is, the store knows.
                let comes = |record: &Record| deleted_at.is_none_or(|at| record.updated.at == at);
                for mut record in page.into_iter().filter(comes) {
                    if known.insert(record.id) {
                        record.state = State::Alive;
                        self.records.push(record);
                    }
                }
                if query.after.is_none() {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// What other records refer to, and are no longer said to have when it is deleted.
const REFERRED_TO: [&str; 7] = ["user", "team", "domain", "tag", "classification", "glossary", "glossary_term"];

fn turns(what: EventKind) -> bool {
    matches!(what, EventKind::Deleted | EventKind::Restored | EventKind::Purged)
}

/// What those below have from places.
async fn passed_on(
    cx: &Context<'_>,
    places: &[RecordId],
) -> Result<HashMap<RecordId, BTreeSet<(&'static str, RecordId)>>, Problem> {
    let mut passed_on: HashMap<RecordId, BTreeSet<_>> = HashMap::new();
    for edge in cx.snapshot.edges_from(places, Some(&[OWNER, OWNING_TEAM, IN_DOMAIN])).await? {
        passed_on.entry(edge.from).or_default().insert((edge.relation.name(), edge.to));
    }
    Ok(passed_on)
}

/// The products with a query that come back with a place. They have given up their names, as the domains above them have:
/// no list has them, but the history of what stood there.
async fn returning_products(cx: &Context<'_>, place: &Record) -> Result<Vec<RecordId>, Problem> {
    let mut products = Vec::new();
    let Some(went) = cx.record(place.id).await?.filter(|place| place.kind == DOMAIN).map(|place| place.updated.at)
    else {
        return Ok(products);
    };
    let mut domains = vec![place.id];
    while let Some(domain) = domains.pop() {
        let mut below: Vec<RecordId> = Vec::new();
        let mut before = None;
        loop {
            let page = cx.snapshot.history_below(domain, &[DOMAIN, DATA_PRODUCT], before, PAGE).await?;
            before = page.last().copied().filter(|_| page.len() == PAGE as usize);
            below.extend(page.iter().filter(|state| state.at == went).map(|state| state.id));
            // They come newest first.
            if before.is_none_or(|last| last.at < went) {
                break;
            }
        }
        below.sort_unstable();
        below.dedup();
        for record in cx.snapshot.by_id(cx.account(), &below).await?.into_iter().flatten() {
            match record.kind {
                _ if record.state.is_alive() || record.updated.at != went => {}
                kind if kind == DOMAIN => domains.push(record.id),
                _ => products.extend(record.body.contains_key(MEMBERS_FOLLOW).then_some(record.id)),
            }
        }
    }
    Ok(products)
}
