//! What others have decided about the caller's access: what became of what he asked for, and the roles on products that
//! were given to him, taken from him, or that ended. Nothing is kept for it: requests, edges and past states say it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::Reading;
use super::requests::{AccessRequest, Asked, Which};
use crate::boxed::Boxed;
use crate::id::{Millis, RecordId, Revision};
use crate::kinds::access_request::{APPROVED, REJECTED};
use crate::problem::Problem;
use crate::query::States;
use crate::record::{Card, Edge, Record, Stamp};
use crate::relation::{ADDED_AT, ADDED_BY, Relation};
use crate::rows::roles::ROLES;

/// Requests, roles that are there and roles that are gone which are looked at: of each the newest.
const LOOKED_AT: usize = 20;
/// Roles that somebody has or had on products, the newest of them.
const KNOWN: u32 = 500;
/// Teams of his whose roles are told, too.
const MOST_TEAMS: usize = 10;
const KIND: &str = "data_product";

/// Something that somebody else did, or that came by itself.
#[derive(Debug, Clone)]
pub struct News {
    pub at: Millis,
    /// `None` for what ended by itself, and where the caller may not know.
    pub by: Option<Arc<Card>>,
    /// `None` for one that the caller no longer sees.
    pub product: Option<Arc<Card>>,
    /// The team of the caller's whose role it is, where it is not his own.
    pub team: Option<Arc<Card>>,
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
    /// Of the product with it: of one product it tells what came last within a millisecond.
    revision: Revision,
    by: Option<RecordId>,
    product: RecordId,
    /// Whose role it is.
    holder: RecordId,
    what: What,
}

/// A role's place, the highest first.
fn rank(edge: &Edge) -> Option<usize> {
    ROLES.iter().position(|role| *role == edge.relation)
}

impl Reading<'_> {
    /// The newest first, some of each sort. Programs are told nothing.
    pub fn news(&self) -> Boxed<'_, Result<Vec<News>, Problem>> {
        Box::pin(async move {
            let user = self.caller.principal.user;
            if !self.decides() {
                return Ok(Vec::new());
            }
            let decided = self.decided_for(user).await?;
            let mut changes = Vec::new();
            for holder in self.caller.principal.rows_holders().take(1 + MOST_TEAMS) {
                changes.extend(self.role_changes(holder, &decided).await?);
            }
            let mut ids: Vec<RecordId> = changes
                .iter()
                .flat_map(|change| change.by.into_iter().chain([change.product, change.holder]))
                .collect();
            ids.sort_unstable();
            ids.dedup();
            let cards = self.names(&ids).await?.into_iter().flatten();
            let cards: HashMap<RecordId, Arc<Card>> = cards.map(|card| (card.id, card)).collect();
            let products: Vec<RecordId> = changes.iter().map(|change| change.product).collect();
            let seen: HashSet<RecordId> = self.cards(&products).await?.iter().map(|card| card.id).collect();
            let mut news: Vec<(Revision, News)> = decided
                .into_iter()
                .map(|request| News {
                    at: request.decided_at.unwrap_or(request.asked_at),
                    by: request.decided_by.clone(),
                    product: request.product.clone(),
                    team: None,
                    what: What::Decided(Box::new(request)),
                })
                .map(|decided| (Revision(0), decided))
                .collect();
            for change in changes {
                // What is deleted took its roles with it.
                let Some(product) = cards.get(&change.product).filter(|card| card.state.is_alive()) else { continue };
                let sees = seen.contains(&change.product);
                let told = News {
                    at: change.at,
                    by: change.by.filter(|_| sees).and_then(|by| cards.get(&by).cloned()),
                    product: sees.then(|| product.clone()),
                    team: cards.get(&change.holder).filter(|card| card.id != user).cloned(),
                    what: change.what,
                };
                news.push((change.revision, told));
            }
            news.sort_by_key(|(revision, one)| std::cmp::Reverse((one.at, *revision)));
            Ok(news.into_iter().map(|(_, one)| one).collect())
        })
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

    /// Of the roles of the caller, or of a team of his.
    async fn role_changes(&self, holder: RecordId, decided: &[AccessRequest]) -> Result<Vec<Change>, Problem> {
        let user = self.caller.principal.user;
        let roles = self.snapshot.edges_ever_to(holder, &ROLES, self.catalog.kind(KIND), KNOWN).await?;
        let (living, ended): (Vec<&Edge>, Vec<&Edge>) = roles.iter().partition(|edge| edge.until.is_none());
        let newest = &living[..living.len().min(LOOKED_AT)];
        let products: Vec<RecordId> = newest.iter().map(|edge| edge.from).collect();
        let products = self.records(&products, States::Alive).await?;
        let products: HashMap<RecordId, Record> = products.into_iter().map(|record| (record.id, record)).collect();
        // Of a role that goes on with other words, or beside a higher one, nothing is lost.
        let is_over = |edge: &&&Edge| {
            let Some(end) = edge.until else { return false };
            let mut higher = roles.iter().filter(|other| other.from == edge.from && rank(other) <= rank(edge));
            !higher.any(|other| other.since <= end && other.until.is_none_or(|until| until > end))
        };
        let mut told = HashSet::new();
        let newest_of = |edge: &&&Edge| told.insert((edge.from, edge.relation.name()));
        let over: Vec<&Edge> = ended.iter().filter(is_over).filter(newest_of).take(LOOKED_AT).copied().collect();
        let stamps = self.stamps(newest, &over).await?;
        let mut changes = Vec::new();
        for edge in newest {
            let Some((at, by)) = products.get(&edge.from).and_then(|product| given(edge, product, &stamps)) else {
                continue;
            };
            // An approved request is that role, also where it was given by hand.
            let began = stamps.get(&(edge.from, edge.since)).map(|stamp| stamp.at);
            let was_asked = holder == user
                && decided.iter().any(|request| {
                    [Some(at), began].contains(&request.decided_at)
                        && request.product.as_ref().is_some_and(|of| of.id == edge.from)
                });
            if by != Some(user) && !was_asked {
                let what = What::Given(edge.relation);
                changes.push(Change { at, revision: edge.since, by, product: edge.from, holder, what });
            }
        }
        let lost = over.iter().filter_map(|edge| lost(edge, &stamps));
        changes.extend(lost.filter(|change| change.by != Some(user)));
        Ok(changes)
    }

    /// Who changed the products, and when, to what they were when the roles came and went.
    async fn stamps(&self, living: &[&Edge], over: &[&Edge]) -> Result<Stamps, Problem> {
        let came = living.iter().map(|edge| (edge.from, edge.since));
        let went = over.iter().filter_map(|edge| Some((edge.from, edge.until?)));
        let wanted: Vec<At> =
            came.chain(went.flat_map(|(from, until)| [(from, before(until)), (from, until)])).collect();
        let states = match wanted.is_empty() {
            true => Vec::new(),
            false => self.snapshot.states(&wanted).await?,
        };
        Ok(wanted.into_iter().zip(states).filter_map(|(at, state)| Some((at, state?.0.updated))).collect())
    }
}

/// A record at a revision, and whoever changed it to that.
type At = (RecordId, Revision);
type Stamps = HashMap<At, Stamp>;

fn before(revision: Revision) -> Revision {
    Revision(revision.0.saturating_sub(1))
}

/// When a role that is there was given, and by whom, as far as it is known.
fn given(edge: &Edge, product: &Record, stamps: &Stamps) -> Option<(Millis, Option<RecordId>)> {
    let by = edge.attributes.get(ADDED_BY).and_then(|by| by.as_str()?.parse().ok());
    if let Some(at) = edge.attributes.get(ADDED_AT).and_then(Value::as_i64) {
        return Some((Millis(at), by));
    }
    if edge.since == Revision(1) {
        return Some((product.created.at, Some(product.created.by.id)));
    }
    stamps.get(&(edge.from, edge.since)).map(|stamp| (stamp.at, Some(stamp.by.id)))
}

/// What became of a role that is gone.
fn lost(edge: &Edge, stamps: &Stamps) -> Option<Change> {
    let until = edge.until?;
    let (before, after) = (stamps.get(&(edge.from, before(until)))?, stamps.get(&(edge.from, until))?);
    let change = |at, by, what| Some(Change { at, revision: until, by, product: edge.from, holder: edge.to, what });
    // What the server takes back bears nobody's name.
    match edge.ends_at().filter(|_| before == after) {
        Some(end) => change(end, None, What::Ended(edge.relation)),
        None => change(after.at, Some(after.by.id), What::Taken(edge.relation)),
    }
}
