//! What others have decided about the caller's access: what became of what he asked for, and the roles on products that
//! were given to him, taken from him, or that ended. Nothing is kept for it: requests, edges and past states say it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::Reading;
use super::requests::{AccessRequest, Asked, Which};
use crate::id::{Millis, RecordId, Revision};
use crate::kinds::access_request::{APPROVED, REJECTED};
use crate::problem::Problem;
use crate::query::States;
use crate::record::{Card, Edge, Record, Stamp};
use crate::relation::{ADDED_AT, ADDED_BY, Relation};
use crate::rows::filters::ROLES;

/// Requests, roles that are there and roles that are gone which are looked at: of each the newest.
const LOOKED_AT: usize = 20;
const KIND: &str = "data_product";

/// Something that somebody else did, or that came by itself.
#[derive(Debug, Clone)]
pub struct News {
    pub at: Millis,
    /// `None` for what ended by itself, and where the caller may not know.
    pub by: Option<Arc<Card>>,
    /// `None` for one that the caller no longer sees.
    pub product: Option<Arc<Card>>,
    pub what: What,
}

#[derive(Debug, Clone)]
pub enum What {
    Decided(Box<AccessRequest>),
    Given(Relation),
    Taken(Relation),
    Ended(Relation),
}

/// A change of a role, before it is known whom it names.
struct Change {
    at: Millis,
    by: Option<RecordId>,
    product: RecordId,
    what: What,
}

impl Reading<'_> {
    /// The newest first, some of each sort. Programs are told nothing.
    pub async fn news(&self) -> Result<Vec<News>, Problem> {
        let user = self.caller.principal.user;
        if !self.decides() {
            return Ok(Vec::new());
        }
        let decided = self.decided_for(user).await?;
        let changes = self.role_changes(user, &decided).await?;
        let mut ids: Vec<RecordId> =
            changes.iter().flat_map(|change| change.by.into_iter().chain([change.product])).collect();
        ids.sort_unstable();
        ids.dedup();
        let cards = self.names(&ids).await?.into_iter().flatten();
        let cards: HashMap<RecordId, Arc<Card>> = cards.map(|card| (card.id, card)).collect();
        let products: Vec<RecordId> = changes.iter().map(|change| change.product).collect();
        let seen: HashSet<RecordId> = self.cards(&products).await?.iter().map(|card| card.id).collect();
        let mut news: Vec<News> = decided
            .into_iter()
            .map(|request| News {
                at: request.decided_at.unwrap_or(request.asked_at),
                by: request.decided_by.clone(),
                product: request.product.clone(),
                what: What::Decided(Box::new(request)),
            })
            .collect();
        for change in changes {
            // What is deleted took its roles with it; and owners have other things than products, too.
            let Some(product) = cards.get(&change.product).filter(|card| card.kind.is(KIND) && card.state.is_alive())
            else {
                continue;
            };
            let sees = seen.contains(&change.product);
            news.push(News {
                at: change.at,
                by: change.by.filter(|_| sees).and_then(|by| cards.get(&by).cloned()),
                product: sees.then(|| product.clone()),
                what: change.what,
            });
        }
        news.sort_by_key(|one| std::cmp::Reverse(one.at));
        Ok(news)
    }

    /// The caller's own requests that somebody else has decided, the newest of them.
    async fn decided_for(&self, user: RecordId) -> Result<Vec<AccessRequest>, Problem> {
        let mut decided = Vec::new();
        for state in [APPROVED, REJECTED] {
            let asked = Asked { which: Which::Mine, product: None, state: Some(state), after: None, limit: LOOKED_AT };
            decided.extend(self.access_requests(&asked).await?.requests);
        }
        decided.retain(|request| request.decided_by.as_ref().is_none_or(|by| by.id != user));
        Ok(decided)
    }

    async fn role_changes(&self, user: RecordId, decided: &[AccessRequest]) -> Result<Vec<Change>, Problem> {
        let mut living = self.snapshot.edges_to(&[user], &ROLES, u32::MAX).await?;
        let holds: HashSet<RecordId> = living.iter().map(|edge| edge.from).collect();
        living.sort_by_key(|edge| std::cmp::Reverse(edge.id));
        living.truncate(LOOKED_AT);
        let products: Vec<RecordId> = living.iter().map(|edge| edge.from).collect();
        let products = self.records(&products, States::Alive).await?;
        let products = products.into_iter().filter(|record| record.kind.is(KIND));
        let products: HashMap<RecordId, Record> = products.map(|record| (record.id, record)).collect();
        let mut changes = Vec::new();
        for edge in &living {
            let Some(product) = products.get(&edge.from) else { continue };
            let Some(given) = self.given(edge, product).await? else { continue };
            // An approved request is that role.
            let was_asked = decided.iter().any(|request| {
                request.decided_at == Some(given.0) && request.product.as_ref().is_some_and(|of| of.id == edge.from)
            });
            if given.1 != Some(user) && !was_asked {
                changes.push(Change { at: given.0, by: given.1, product: edge.from, what: What::Given(edge.relation) });
            }
        }
        let mut told = holds;
        for edge in self.snapshot.ended_edges_to(user, &ROLES, LOOKED_AT as u32).await? {
            // Who has another role there, or had one longer, is told of that.
            if told.insert(edge.from)
                && let Some(change) = self.lost(&edge).await?.filter(|change| change.by != Some(user))
            {
                changes.push(change);
            }
        }
        Ok(changes)
    }

    /// When a role that is there was given, and by whom, as far as it is known.
    async fn given(&self, edge: &Edge, product: &Record) -> Result<Option<(Millis, Option<RecordId>)>, Problem> {
        let by = edge.attributes.get(ADDED_BY).and_then(|by| by.as_str()?.parse().ok());
        if let Some(at) = edge.attributes.get(ADDED_AT).and_then(Value::as_i64) {
            return Ok(Some((Millis(at), by)));
        }
        if edge.since == Revision(1) {
            return Ok(Some((product.created.at, Some(product.created.by.id))));
        }
        Ok(self.stamp(edge.from, edge.since).await?.map(|stamp| (stamp.at, Some(stamp.by.id))))
    }

    /// What became of a role that is gone.
    async fn lost(&self, edge: &Edge) -> Result<Option<Change>, Problem> {
        let Some(until) = edge.until else { return Ok(None) };
        let before = Revision(until.0.saturating_sub(1));
        let (Some(before), Some(after)) = (self.stamp(edge.from, before).await?, self.stamp(edge.from, until).await?)
        else {
            return Ok(None);
        };
        let change = |at, by, what| Some(Change { at, by, product: edge.from, what });
        // What the server takes back bears nobody's name.
        Ok(match edge.ends_at().filter(|_| before == after) {
            Some(end) => change(end, None, What::Ended(edge.relation)),
            None => change(after.at, Some(after.by.id), What::Taken(edge.relation)),
        })
    }

    /// Who changed the record to what it was at a revision, and when.
    async fn stamp(&self, of: RecordId, revision: Revision) -> Result<Option<Stamp>, Problem> {
        let state = self.snapshot.history(of, Some(revision.next()), 1).await?.pop();
        Ok(state.map(|record| record.updated))
    }
}
