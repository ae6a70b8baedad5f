//! Which records a change can bring into a product, or take out of one, that is by its query.

use std::collections::{HashMap, HashSet};

use crate::access;
use crate::change_set::{ChangeSet, EventKind, Write};
use crate::context::Context;
use crate::id::RecordId;
use crate::kinds::{DATA_PRODUCT, DOMAIN};
use crate::member_language::{Standing, is_candidate};
use crate::problem::Problem;
use crate::query::{ListQuery, States};
use crate::record::{Edge, Record, State};
use crate::relation::{IN_DOMAIN, MEMBERS_FOLLOW, OWNER, OWNING_TEAM};

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
    /// Something to which records refer is deleted or comes back, or stands elsewhere.
    pub is_referred_to: bool,
    /// Products with a query are among what it writes.
    pub has_queries: bool,
    /// Products that come back, whose queries nobody followed meanwhile.
    pub products: Vec<RecordId>,
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
        for record in newest.values().copied() {
            let kind = record.kind;
            if is_candidate(kind) && record.state.is_alive() {
                affected.records.push(record.clone());
            }
            affected.has_queries |= kind == DATA_PRODUCT && record.body.contains_key(MEMBERS_FOLLOW);
            if kind == DATA_PRODUCT && turned.contains(&record.id) && record.body.contains_key(MEMBERS_FOLLOW) {
                affected.products.extend(record.state.is_alive().then_some(record.id));
            }
            if cx.kinds_below(kind).into_iter().any(is_candidate) {
                affected.places.push(record.clone());
            }
        }
        for event in set.events.iter().filter(|event| turns(event.what)) {
            affected.is_referred_to |= REFERRED_TO.contains(&event.kind.name());
        }
        for write in &set.writes {
            match write {
                Write::MovePrefix { root, .. } => {
                    let root = newest.get(root).copied();
                    affected.is_referred_to |= root.is_some_and(|root| root.kind == DOMAIN);
                    affected.moved.extend(root.cloned());
                }
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
            && !self.is_referred_to
            && self.products.is_empty()
    }

    /// Whether products can come back with a place.
    pub fn may_return_products(&self) -> bool {
        self.returning.iter().any(|place| place.kind == DOMAIN)
    }

    /// Adds what stands below places, for these queries; `cx` is as things were, `then` as they will be.
    pub async fn spread(&mut self, cx: &Context<'_>, then: &Context<'_>, all: &[Standing]) -> Result<(), Problem> {
        let mut below = std::mem::take(&mut self.moved);
        if all.iter().any(Standing::turns_on_places) {
            for place in std::mem::take(&mut self.places) {
                if passed_on(cx, place.id).await? != passed_on(then, place.id).await? {
                    below.push(place);
                }
            }
        }
        let mut known: HashSet<RecordId> = self.records.iter().map(|record| record.id).collect();
        for place in below {
            self.add_below(then, &place, States::Alive, all, &mut known).await?;
        }
        for place in std::mem::take(&mut self.returning) {
            self.products.extend(returning_products(cx, &place).await?);
            self.add_below(cx, &place, States::Deleted, all, &mut known).await?;
        }
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
        let asked = |kind: &crate::kind::Kind| all.iter().any(|standing| standing.kinds.contains(kind));
        for kind in cx.kinds_below(place.kind).into_iter().filter(asked) {
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

/// What those below have from a place.
async fn passed_on(cx: &Context<'_>, place: RecordId) -> Result<Vec<(&'static str, RecordId)>, Problem> {
    let edges = cx.snapshot.edges_from(&[place], Some(&[OWNER, OWNING_TEAM, IN_DOMAIN])).await?;
    let mut passed_on: Vec<_> = edges.iter().map(|edge: &Edge| (edge.relation.name(), edge.to)).collect();
    passed_on.sort_unstable();
    Ok(passed_on)
}

/// The products with a query that come back with a place.
async fn returning_products(cx: &Context<'_>, place: &Record) -> Result<Vec<RecordId>, Problem> {
    if !cx.kinds_below(place.kind).contains(&DATA_PRODUCT) {
        return Ok(Vec::new());
    }
    let within = Some(place.fqn.clone());
    let query = ListQuery { within, limit: 10_000, states: States::Deleted, ..access::followed_query(cx.account()) };
    Ok(cx.snapshot.list(&query).await?.iter().map(|product| product.id).collect())
}
