//! Requests for access as the caller sees them: his own, and those that he may decide.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::Reading;
use crate::boxed::Boxed;
use crate::caller::Principal;
use crate::id::{Millis, RecordId, Revision};
use crate::kinds::access_request as kind;
use crate::load::Depth;
use crate::problem::Problem;
use crate::query::{ListQuery, Order};
use crate::record::{Card, Record, View};
use crate::requests::{self, KIND, Wanted};
use crate::rows::filters;
use crate::rows::roles::ROLES;

/// Which requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those that the caller has made.
    Mine,
    /// Those that are open, and that he may decide.
    Waiting,
    /// Those of others that are decided.
    Decided,
    /// All that he sees.
    All,
}

/// What of the requests is asked for.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    pub which: Which,
    pub product: Option<RecordId>,
    /// `open`, `approved`, `rejected` or `withdrawn`.
    pub state: Option<&'a str>,
    /// The last request of the page before.
    pub after: Option<RecordId>,
    pub limit: usize,
}

/// A page of requests, the newest first.
#[derive(Debug)]
pub struct Page {
    pub requests: Vec<AccessRequest>,
    pub more: bool,
}

/// How many requests are looked at together, at first and at most.
const FIRST_BATCH: u32 = 50;
const BATCH: u32 = 1_000;

/// A request, with the names of all that it speaks of.
#[derive(Debug, Clone)]
pub struct AccessRequest {
    pub id: RecordId,
    /// What a decision can be held to.
    pub revision: Revision,
    pub product: Option<Arc<Card>>,
    pub requester: Option<Arc<Card>>,
    pub reason: String,
    pub wanted: Wanted,
    /// The assets whose rows are asked for.
    pub assets: Vec<Arc<Card>>,
    pub until: Option<Millis>,
    /// `open`, `approved`, `rejected` or `withdrawn`.
    pub state: String,
    pub asked_at: Millis,
    /// Who has decided it, or has taken it back.
    pub decided_by: Option<Arc<Card>>,
    pub decided_at: Option<Millis>,
    pub words: Option<String>,
    /// Made by the reader.
    pub is_own: bool,
    /// Open, and the reader's to decide.
    pub may_decide: bool,
}

impl AccessRequest {
    pub fn is_open(&self) -> bool {
        self.state == kind::OPEN
    }
}

impl Reading<'_> {
    /// A page of the requests that the caller sees.
    ///
    /// Cost: about as many are looked at as it takes to fill the page, all where the caller sees too few; and one question
    /// for all names.
    pub fn access_requests<'a>(&'a self, asked: &'a Asked<'a>) -> Boxed<'a, Result<Page, Problem>> {
        Box::pin(async move {
            let none = Page { requests: Vec::new(), more: false };
            let Some(mut query) = self.query_of(asked) else { return Ok(none) };
            if let Some(after) = asked.after {
                match self.record(after).await?.filter(|record| record.kind.is(KIND)) {
                    Some(last) => query.after = Some(query.keyset(&last)),
                    None => return Ok(none),
                }
            }
            query.limit = BATCH.min(u32::try_from(asked.limit.saturating_add(1)).unwrap_or(BATCH)).max(FIRST_BATCH);
            let mut found = Vec::new();
            loop {
                let batch = self.snapshot.list(&query).await?;
                let is_last = batch.len() < query.limit as usize;
                query.limit = BATCH.min(query.limit * 2);
                query.after = batch.last().map(|last| query.keyset(last));
                let of_sort = batch.into_iter().filter(|request| self.is_of(asked.which, request)).collect();
                found.extend(self.seen(of_sort).await?);
                if is_last || found.len() > asked.limit {
                    break;
                }
            }
            let more = found.len() > asked.limit;
            found.truncate(asked.limit);
            Ok(Page { requests: self.described(&found).await?, more })
        })
    }

    /// Of how many requests the pages are, from the first on.
    ///
    /// Cost: all of them are looked at, of those that wait and of the caller's own no others.
    pub fn number_of_requests<'a>(&'a self, asked: &'a Asked<'a>) -> Boxed<'a, Result<usize, Problem>> {
        Box::pin(async move {
            let Some(query) = self.query_of(asked) else { return Ok(0) };
            let found = self.all(query).await?;
            Ok(found.iter().filter(|request| self.is_of(asked.which, request)).count())
        })
    }

    /// What the store is asked. `None` where there is nothing for the caller.
    fn query_of(&self, asked: &Asked<'_>) -> Option<ListQuery> {
        let mut query = ListQuery {
            parent: asked.product,
            order: Order::Created,
            descending: true,
            ..ListQuery::of(self.account(), self.catalog.kind(KIND))
        };
        query.fields.extend(asked.state.map(|state| (kind::STATE, Value::from(state))));
        match asked.which {
            Which::Mine => query.fields.push((kind::REQUESTER, self.caller.principal.user.to_string().into())),
            Which::Waiting if !self.decides() => return None,
            Which::Waiting => query.fields.push((kind::STATE, kind::OPEN.into())),
            Which::Decided | Which::All => {}
        }
        Some(query)
    }

    /// What the store is not asked: of others, and decided.
    fn is_of(&self, which: Which, request: &Record) -> bool {
        let is_open = || request.body.get(kind::STATE).is_some_and(|state| state == kind::OPEN);
        let is_own = request.created.by.id == self.caller.principal.user;
        match which {
            Which::Mine | Which::All => true,
            Which::Waiting => !is_own,
            Which::Decided => !is_own && !is_open(),
        }
    }

    /// One request.
    ///
    /// Errors: `NotFound` for whoever is neither the one that asks nor one that may decide it.
    pub fn access_request(&self, id: RecordId) -> Boxed<'_, Result<AccessRequest, Problem>> {
        Box::pin(async move {
            let missing = || Problem::NotFound { kind: KIND, what: id.to_string() };
            let record = self.record(id).await?.filter(|record| record.kind.is(KIND)).ok_or_else(missing)?;
            self.described(&[record]).await?.pop().ok_or_else(missing)
        })
    }

    /// The filters that stay on whoever asks for a role: tables and conditions, for those who may give it.
    pub fn filters_that_stay<'a>(
        &'a self,
        request: &'a AccessRequest,
    ) -> Boxed<'a, Result<Vec<(String, String)>, Problem>> {
        Box::pin(async move {
            let (Some(product), Some(user)) = (&request.product, &request.requester) else { return Ok(Vec::new()) };
            if !request.may_decide || matches!(request.wanted, Wanted::Rows(_)) {
                return Ok(Vec::new());
            }
            let Some(product) = self.record(product.id).await? else { return Ok(Vec::new()) };
            let product = self.view(product, &Depth::of(&ROLES, false)).await?;
            Ok(match self.principal_of(user.id).await? {
                Some(who) => filters::of_principal(&product, &who),
                None => filters::of_user(&product, user.id),
            })
        })
    }

    /// Whether whoever asked has that by now, however he came to it. `product` is read with [`requests::READ_WITH`].
    pub fn has_what_he_asked_for<'a>(
        &'a self,
        request: &'a AccessRequest,
        product: &'a View,
    ) -> Boxed<'a, Result<bool, Problem>> {
        Box::pin(async move {
            let Some(user) = &request.requester else { return Ok(false) };
            let Some(who) = self.principal_of(user.id).await? else { return Ok(false) };
            let now = Some(self.catalog.now());
            requests::has_already((self.access(), &*self.snapshot), &who, product, &request.wanted, now).await
        })
    }

    /// Whether whoever asked may act: for who is disabled or gone nothing is approved.
    pub fn is_requester_there<'a>(&'a self, request: &'a AccessRequest) -> Boxed<'a, Result<bool, Problem>> {
        Box::pin(async move {
            let Some(user) = &request.requester else { return Ok(false) };
            Ok(self.principal_of(user.id).await?.is_some())
        })
    }

    /// Somebody as he may act now.
    pub(crate) async fn principal_of(&self, user: RecordId) -> Result<Option<Arc<Principal>>, Problem> {
        self.access().principal(&*self.snapshot, self.account(), user).await
    }

    /// Whether the caller decides anything: people do, in person.
    pub(super) fn decides(&self) -> bool {
        !self.caller.principal.is_bot && self.caller.through.is_none()
    }

    pub(crate) async fn described(&self, requests: &[Record]) -> Result<Vec<AccessRequest>, Problem> {
        let mut named: Vec<RecordId> = requests.iter().flat_map(named_by).collect();
        named.sort_unstable();
        named.dedup();
        let cards = self.names(&named).await?.into_iter().flatten();
        let cards: HashMap<RecordId, Arc<Card>> = cards.map(|card| (card.id, card)).collect();
        let user = self.caller.principal.user;
        let described = requests.iter().filter_map(|request| {
            let text = |field: &str| request.body.get(field).and_then(Value::as_str);
            let time = |field: &str| request.body.get(field).and_then(Value::as_i64).map(Millis);
            let card = |id: Option<RecordId>| id.and_then(|id| cards.get(&id)).cloned();
            let wanted = Wanted::of(request)?;
            let is_own = request.created.by.id == user;
            let state = text(kind::STATE)?.to_owned();
            Some(AccessRequest {
                id: request.id,
                revision: request.revision,
                product: card(request.parent),
                requester: card(Some(request.created.by.id)),
                reason: text(kind::REASON).unwrap_or_default().to_owned(),
                assets: match &wanted {
                    Wanted::Rows(assets) => assets.iter().filter_map(|id| card(Some(*id))).collect(),
                    _ => Vec::new(),
                },
                wanted,
                until: time(kind::UNTIL),
                may_decide: state == kind::OPEN && !is_own && self.decides(),
                state,
                asked_at: request.created.at,
                decided_by: card(text(kind::DECIDED_BY).and_then(|id| id.parse().ok())),
                decided_at: time(kind::DECIDED_AT),
                words: text(kind::WORDS).map(str::to_owned),
                is_own,
            })
        });
        Ok(described.collect())
    }
}

/// All that a request speaks of.
fn named_by(request: &Record) -> Vec<RecordId> {
    let mut named = vec![request.created.by.id];
    named.extend(request.parent);
    let decider = request.body.get(kind::DECIDED_BY).and_then(Value::as_str);
    named.extend(decider.and_then(|id| id.parse::<RecordId>().ok()));
    if let Some(Wanted::Rows(assets)) = Wanted::of(request) {
        named.extend(assets);
    }
    named
}
