//! What the core needs from outside: a store, a gate, a sealer. Nothing here speaks SQL, HTTP or a policy language.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use async_trait::async_trait;
use tokio::sync::watch;

use crate::action::Action;
use crate::caller::Principal;
use crate::change_set::{ChangeSet, Credential, CredentialClass, Event, Lost, RememberedAnswer, SealedSecret};
use crate::climb::Climb;
use crate::dependency::{CommitVersion, Dependency};
use crate::follower_state::FollowerState;
use crate::growth::{Grown, Interest};
use crate::id::{AccountId, CredentialId, EdgeId, Millis, RecordId, Revision, Seq};
use crate::kind::{Kind, Visibility};
use crate::observation::{Key, Observation, Observed, Range, Series};
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::record::{Card, Edge, Record};
use crate::relation::Relation;

/// What a store answers when it cannot.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    #[error("the store is not available: {0}")]
    Unavailable(String),
    #[error("no space left")]
    Full,
    /// The stored data or the statement is wrong: a fault of ours.
    #[error("{0}")]
    Internal(String),
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        match error {
            StoreError::Unavailable(reason) => Problem::Unavailable { reason },
            StoreError::Full => Problem::StorageFull,
            StoreError::Internal(detail) => Problem::Internal { detail },
        }
    }
}

pub type StoreResult<T> = Result<T, StoreError>;

/// The durable store. Every engine passes one conformance suite.
#[async_trait]
pub trait Store: Send + Sync {
    /// A consistent state, at least as new as every acknowledged commit.
    async fn snapshot(&self) -> StoreResult<Box<dyn Snapshot>>;

    /// Stores each change set by itself: all of it or none. The outer error means that nothing is known to be stored.
    ///
    /// A set is durable when its answer arrives. Sets of one call are applied in order and see one another.
    async fn commit(&self, sets: Vec<ChangeSet>) -> StoreResult<Vec<Result<Seq, Lost>>>;

    /// Plans and stores with no other commit in between: the way out for a plan that keeps losing its expectations.
    async fn commit_planned(&self, planner: &dyn Planner) -> StoreResult<Result<Seq, Lost>>;

    /// Whether reads and writes work now.
    async fn health(&self) -> StoreResult<Seq>;

    /// Where no commit that is acknowledged, or visible to anybody, has changed any of these since the version: the
    /// present version, up to which they are unchanged. Whatever is kept between requests is good only after this was
    /// asked by the request that uses it: then it does not matter who wrote meanwhile. An engine that cannot know says
    /// `None`.
    fn unchanged_until<'a>(&'a self, _since: CommitVersion, _dependencies: &'a [Dependency]) -> Freshness<'a> {
        Freshness::Known(None)
    }

    /// How far the log has grown, which changes when a snapshot would show a new line that is of interest. `None` from an
    /// engine that cannot tell: its log has to be looked at from time to time.
    fn grown(&self, _interest: Interest) -> Option<watch::Receiver<Grown>> {
        None
    }
}

/// The answer to [`Store::unchanged_until`]: at hand where every write goes through this process, so that nothing is
/// allocated and nobody waits; else on its way.
pub enum Freshness<'a> {
    Known(Option<CommitVersion>),
    Asked(Pin<Box<dyn Future<Output = StoreResult<Option<CommitVersion>>> + Send + 'a>>),
}

impl Future for Freshness<'_> {
    type Output = StoreResult<Option<CommitVersion>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Freshness::Known(answer) => Poll::Ready(Ok(*answer)),
            Freshness::Asked(answer) => answer.as_mut().poll(cx),
        }
    }
}

/// Decides over a snapshot. Pure: the same snapshot gives the same decision.
#[async_trait]
pub trait Planner: Send + Sync {
    /// An error is kept by the planner; an empty change set is then stored (which writes nothing).
    async fn plan(&self, snapshot: &dyn Snapshot) -> ChangeSet;
}

/// One consistent state of the store. Answers keep the order of the question.
#[async_trait]
pub trait Snapshot: Send + Sync {
    /// Records of the account, deleted ones included.
    async fn by_id(&self, account: AccountId, ids: &[RecordId]) -> StoreResult<Vec<Option<Record>>>;

    /// The same as cards, for those who need no more.
    async fn cards(&self, account: AccountId, ids: &[RecordId]) -> StoreResult<Vec<Option<Arc<Card>>>> {
        let found = self.by_id(account, ids).await?;
        Ok(found.iter().map(|record| record.as_ref().map(|record| Arc::new(Card::of(record)))).collect())
    }

    /// The cards of the records, and of those that are `standing` somewhere with everything above them; each once, in no
    /// order.
    async fn cards_and_above(
        &self,
        account: AccountId,
        ids: &[RecordId],
        standing: &[RecordId],
    ) -> StoreResult<Vec<Arc<Card>>> {
        level_by_level(self, account, ids, standing).await
    }

    /// What stands around records: their living edges, as of `edges_from`, and the cards of what these lead to. Of what
    /// is `standing` somewhere, and of what edges of the `places` lead to, with everything above. Edges `above`, with the
    /// same of what they lead to, follow those of the records. Each edge and each card once.
    async fn surroundings(&self, account: AccountId, asked: &Around<'_>) -> StoreResult<Surroundings> {
        step_by_step(self, account, asked).await
    }

    /// Records that hold these FQNs (alive, or deleted and still holding the name).
    async fn by_fqn(&self, account: AccountId, kind: Kind, fqns: &[&str]) -> StoreResult<Vec<Option<Record>>>;

    /// Records of the kind that hold this name in its folded form, at most `limit`.
    async fn by_folded_name(
        &self,
        account: AccountId,
        kind: Kind,
        folded: &str,
        limit: u32,
    ) -> StoreResult<Vec<Record>>;

    async fn by_alias(&self, account: AccountId, space: &str, value: &str) -> StoreResult<Option<RecordId>>;

    /// `(id, value)` of the aliases that the records have in the space.
    async fn aliases(&self, space: &str, ids: &[RecordId]) -> StoreResult<Vec<(RecordId, String)>>;

    /// Of the living records of the kind, the one with the greatest alias in the space, and that alias; where a value is
    /// given, of the aliases beneath it.
    async fn greatest_alias(
        &self,
        account: AccountId,
        kind: Kind,
        space: &str,
        beneath: Option<&str>,
    ) -> StoreResult<Option<(RecordId, String)>>;

    async fn list(&self, query: &ListQuery) -> StoreResult<Vec<Record>>;

    /// How many records the query matches without its place and limit.
    async fn count(&self, query: &ListQuery) -> StoreResult<u64>;

    /// Several lists at once.
    async fn lists(&self, queries: &[ListQuery]) -> StoreResult<Vec<Vec<Record>>> {
        let mut lists = Vec::with_capacity(queries.len());
        for query in queries {
            lists.push(self.list(query).await?);
        }
        Ok(lists)
    }

    /// Several counts at once.
    async fn counts(&self, queries: &[ListQuery]) -> StoreResult<Vec<u64>> {
        let mut counts = Vec::with_capacity(queries.len());
        for query in queries {
            counts.push(self.count(query).await?);
        }
        Ok(counts)
    }

    /// Living edges from the records; `None` means every relation. Ordered by source, relation, place, `ord`.
    async fn edges_from(&self, ids: &[RecordId], relations: Option<&[Relation]>) -> StoreResult<Vec<Edge>>;

    /// Living edges of a relation from records, from what those lead to, and so on; with those by which `members` are
    /// held, where these edges begin, too. The cards of all of these but the members. In no order.
    async fn edges_up(&self, account: AccountId, asked: &Upward<'_>) -> StoreResult<Surroundings> {
        let mut found = match asked.members {
            [] => Vec::new(),
            members => self.edges_to(members, &[asked.holding], u32::MAX).await?,
        };
        let mut seen: HashSet<RecordId> = HashSet::new();
        let mut level = asked.start(&found);
        loop {
            level.retain(|id| seen.insert(*id));
            if level.is_empty() {
                break;
            }
            let edges = self.edges_from(&level, Some(&[asked.relation])).await?;
            level = edges.iter().map(|edge| edge.to).collect();
            found.extend(edges);
        }
        let cards = self.cards(account, &unique(seen.into_iter())).await?;
        Ok((found, cards.into_iter().flatten().collect()))
    }

    /// Living edges to the records, at most `limit`, ordered by id.
    async fn edges_to(&self, ids: &[RecordId], relations: &[Relation], limit: u32) -> StoreResult<Vec<Edge>>;

    /// Those of all living edges to the records that bear an attribute, ordered by id. An engine keeps what few edges
    /// bear apart, so that it costs as much as there are such edges.
    async fn edges_bearing(
        &self,
        attribute: &'static str,
        ids: &[RecordId],
        relations: &[Relation],
    ) -> StoreResult<Vec<Edge>> {
        let mut edges = self.edges_to(ids, relations, u32::MAX).await?;
        edges.retain(|edge| edge.attributes.get(attribute).is_some_and(|value| !value.is_null()));
        Ok(edges)
    }

    /// The edges that were alive at a revision of their source.
    async fn edges_at(&self, id: RecordId, revision: Revision) -> StoreResult<Vec<Edge>>;

    /// Past and present states, newest first, at most `limit`, older than `before` where given.
    async fn history(&self, id: RecordId, before: Option<Revision>, limit: u32) -> StoreResult<Vec<Record>>;

    /// What was observed of one item of a record between two times, newest first.
    async fn observations(&self, range: &Range) -> StoreResult<Observed>;

    /// The newest observation of each item of these series, ordered by record, series and item.
    async fn newest_observations(
        &self,
        account: AccountId,
        records: &[RecordId],
        series: &[Series],
    ) -> StoreResult<Vec<Observation>>;

    /// What was observed at just these times.
    async fn observed_at(
        &self,
        account: AccountId,
        record: RecordId,
        keys: &[Key],
    ) -> StoreResult<Vec<Option<serde_json::Value>>>;

    /// The states that records had at revisions, each with the edges that were alive then: the newest state that is no
    /// newer than the revision.
    async fn states(&self, wanted: &[(RecordId, Revision)]) -> StoreResult<Vec<Option<PastState>>> {
        let mut states = Vec::with_capacity(wanted.len());
        for (id, revision) in wanted {
            let state = self.history(*id, Some(revision.next()), 1).await?.pop();
            states.push(match state {
                Some(record) => {
                    let edges = self.edges_at(*id, record.revision).await?;
                    Some((record, edges))
                }
                None => None,
            });
        }
        Ok(states)
    }

    async fn secrets(&self, id: RecordId) -> StoreResult<Vec<SealedSecret>>;

    /// Across accounts: what a caller shows does not say where he belongs.
    async fn credential(&self, class: CredentialClass, public: &str) -> StoreResult<Option<Credential>>;

    async fn credential_by_id(&self, id: CredentialId) -> StoreResult<Option<Credential>>;

    async fn credentials_of(&self, user: RecordId) -> StoreResult<Vec<Credential>>;

    /// Credentials of all accounts after this one, in the order of their ids: for whoever exchanges keys.
    async fn credentials_after(&self, after: Option<CredentialId>, limit: u32) -> StoreResult<Vec<Credential>>;

    /// Records of all accounts that have secrets, after this one, in the order of their ids.
    async fn with_secrets_after(&self, after: Option<RecordId>, limit: u32) -> StoreResult<Vec<(AccountId, RecordId)>>;

    /// Living records of all accounts with living edges that end by themselves, each with its first end, the soonest
    /// first.
    async fn ending(&self, limit: u32) -> StoreResult<Vec<Ending>>;

    async fn answer_for(&self, account: AccountId, scope: &str, key: &str) -> StoreResult<Option<RememberedAnswer>>;

    /// Records with a living edge to the target, with the relation of each, in the order of these and after the given
    /// one, at most `limit`: a page of those that refer to it.
    async fn referrers(
        &self,
        target: RecordId,
        after: Option<(Relation, RecordId)>,
        limit: u32,
    ) -> StoreResult<Vec<(Relation, RecordId)>>;

    /// What a follower keeps, under one key or under any, in the order of the keys.
    async fn follower_states(&self, follower: &str, key: Option<&str>) -> StoreResult<Vec<FollowerState>>;

    async fn access_epoch(&self, account: AccountId) -> StoreResult<u64>;

    /// Events after a place in the log, oldest first.
    async fn events(&self, after: Seq, limit: u32) -> StoreResult<Vec<(Seq, Event)>>;

    /// Events that are of interest between two places in the log, the later one among them, oldest first.
    async fn events_of(&self, after: Seq, until: Seq, of: &Interest, limit: u32) -> StoreResult<Vec<(Seq, Event)>>;

    /// The newest sequence number.
    async fn head(&self) -> StoreResult<Seq>;

    /// The moment that this state is of, for [`Store::unchanged_until`]; `None` from an engine that marks none.
    async fn version(&self) -> StoreResult<Option<CommitVersion>> {
        Ok(None)
    }
}

/// [`Snapshot::surroundings`] by one question for edges, and those for the cards; where edges above are asked for, twice.
pub async fn step_by_step<S: Snapshot + ?Sized>(
    snapshot: &S,
    account: AccountId,
    asked: &Around<'_>,
) -> StoreResult<Surroundings> {
    let (mut edges, mut cards) = in_two_steps(snapshot, account, asked).await?;
    if !asked.above.is_empty() {
        let above = asked.up(&edges, &cards);
        let farther = in_two_steps(snapshot, account, &asked.farther(&above)).await?;
        join((&mut edges, &mut cards), farther);
    }
    Ok((edges, cards))
}

async fn in_two_steps<S: Snapshot + ?Sized>(
    snapshot: &S,
    account: AccountId,
    asked: &Around<'_>,
) -> StoreResult<Surroundings> {
    let edges = snapshot.edges_from(asked.ids, asked.relations).await?;
    let (targets, standing) = asked.split(&edges);
    let cards = snapshot.cards_and_above(account, &targets, &standing).await?;
    Ok((edges, cards))
}

/// A record of which something ends by itself (see [`crate::relation::ENDING`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ending {
    pub at: Millis,
    pub account: AccountId,
    pub record: RecordId,
}

/// Edges, and the cards of what they lead to and of what that stands below.
pub type Surroundings = (Vec<Edge>, Vec<Arc<Card>>);

/// Adds what was found above, as far as it is not there.
pub fn join((edges, cards): (&mut Vec<Edge>, &mut Vec<Arc<Card>>), farther: Surroundings) {
    let known: HashSet<EdgeId> = edges.iter().map(|edge| edge.id).collect();
    edges.extend(farther.0.into_iter().filter(|edge| !known.contains(&edge.id)));
    let known: HashSet<RecordId> = cards.iter().map(|card| card.id).collect();
    cards.extend(farther.1.into_iter().filter(|card| !known.contains(&card.id)));
}

/// What is asked around records.
#[derive(Debug, Clone, Copy, Default)]
pub struct Around<'a> {
    pub ids: &'a [RecordId],
    /// `None`: all.
    pub relations: Option<&'a [Relation]>,
    pub standing: &'a [RecordId],
    pub places: &'a [Relation],
    /// What to read also of everything that is standing somewhere, of the places, and of all above these.
    pub above: &'a [Relation],
}

impl<'a> Around<'a> {
    /// Whose cards are asked for by these edges: of some by themselves, of others with everything above.
    pub fn split(&self, edges: &[Edge]) -> (Vec<RecordId>, Vec<RecordId>) {
        let (places, plain): (Vec<&Edge>, Vec<&Edge>) =
            edges.iter().partition(|edge| self.places.contains(&edge.relation));
        let standing = self.standing.iter().copied().chain(places.iter().map(|edge| edge.to));
        (unique(plain.iter().map(|edge| edge.to)), unique(standing))
    }

    /// What is standing somewhere and the places that the edges lead to, with all above them by these cards.
    pub fn up(&self, edges: &[Edge], cards: &[Arc<Card>]) -> Vec<RecordId> {
        let parents: HashMap<RecordId, Option<RecordId>> = cards.iter().map(|card| (card.id, card.parent)).collect();
        up(self.split(edges).1.into_iter(), |id| parents.get(&id).copied().flatten())
    }

    /// What is asked of all that is above.
    pub fn farther<'b>(&self, above: &'b [RecordId]) -> Around<'b>
    where
        'a: 'b,
    {
        Around { ids: above, relations: Some(self.above), places: self.places, ..Around::default() }
    }
}

/// What is followed upwards, from where to where.
#[derive(Debug, Clone, Copy)]
pub struct Upward<'a> {
    pub ids: &'a [RecordId],
    /// What begins where edges of another relation, `holding`, lead to these.
    pub members: &'a [RecordId],
    pub holding: Relation,
    pub relation: Relation,
}

impl Upward<'_> {
    /// The records that it begins with, by the edges that hold the members.
    pub fn start(&self, holding: &[Edge]) -> Vec<RecordId> {
        unique(self.ids.iter().copied().chain(holding.iter().map(|edge| edge.from)))
    }
}

/// Places with everything above them, in the order of their ids.
pub fn up(places: impl Iterator<Item = RecordId>, parent: impl Fn(RecordId) -> Option<RecordId>) -> Vec<RecordId> {
    let mut above: HashSet<RecordId> = HashSet::new();
    for place in places {
        let mut next = Some(place);
        while let Some(id) = next.filter(|id| above.insert(*id)) {
            next = parent(id);
        }
    }
    unique(above.into_iter())
}

fn unique(ids: impl Iterator<Item = RecordId>) -> Vec<RecordId> {
    let mut ids: Vec<RecordId> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// What a record was, with the edges that were alive then.
pub type PastState = (Record, Vec<Edge>);

/// [`Snapshot::cards_and_above`] by one question for each level.
pub async fn level_by_level<S: Snapshot + ?Sized>(
    snapshot: &S,
    account: AccountId,
    ids: &[RecordId],
    standing: &[RecordId],
) -> StoreResult<Vec<Arc<Card>>> {
    let mut climb = Climb::new(ids, standing);
    loop {
        let missing = climb.missing();
        if missing.is_empty() {
            return Ok(climb.into_cards());
        }
        let cards = snapshot.cards(account, &missing).await?;
        climb.learn(missing, cards);
    }
}

/// What rights can depend on, of one record (or of the place where one is to be made).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The record; absent where one is to be made.
    pub id: Option<RecordId>,
    /// Users and teams, own and inherited; the owning team too, unless it only stewards.
    pub owners: Vec<RecordId>,
    /// The team that holds the record, steward or not.
    pub owning_team: Option<RecordId>,
    /// FQNs of the teams among the owners and of all teams above them; filled only where [`Gate::asks_owner_teams`].
    pub owner_teams: Vec<String>,
    /// The same with the teams of owning users.
    pub owner_in_teams: Vec<String>,
    pub reviewers: Vec<RecordId>,
    pub editors: Vec<RecordId>,
    pub viewers: Vec<RecordId>,
    /// FQNs, own and inherited.
    pub domains: Vec<String>,
    /// FQNs.
    pub tags: Vec<String>,
    /// FQN of the tag that certifies the record.
    pub certification: Option<String>,
    /// The record is the caller himself.
    pub is_self: bool,
    /// `None`: the default of the kind.
    pub visibility: Option<Visibility>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Always,
    Never {
        /// The rule that decided, where one did.
        why: Option<String>,
    },
    /// The record's facts are needed.
    Depends,
}

/// A policy as the account holds it, with the roles and teams that carry it.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicySource {
    pub name: String,
    /// Names of the roles that include it; with no role, no team and `everybody` false it has no effect.
    pub roles: Vec<String>,
    /// FQNs of the teams that it is attached to.
    pub teams: Vec<String>,
    /// It applies to every active user of the account.
    pub everybody: bool,
    /// The rules as stored in the policy record.
    pub rules: serde_json::Value,
}

/// Decides. Default: no.
pub trait Gate: Send + Sync {
    /// Whether policies of this epoch, or of a newer one, are loaded for the account.
    fn is_loaded(&self, account: AccountId, epoch: u64) -> bool;

    /// Takes an account's policies, unless newer ones are loaded. What cannot be translated never widens access.
    fn load(&self, account: AccountId, epoch: u64, policies: &[PolicySource]);

    /// Whether decisions of the account can turn on the teams of owners: they cost reads of their own.
    fn asks_owner_teams(&self, _account: AccountId) -> bool {
        false
    }

    /// Whether nothing but owners, owning team, editors and viewers of a granted record of the kind decides if the
    /// principal sees it; lists then need no look at each record.
    fn is_seen_by_standing(&self, _principal: &Principal, _kind: Kind) -> bool {
        true
    }

    /// Checks the rules of a policy before they are stored: syntax of conditions, names of operations.
    fn check_rules(&self, rules: &serde_json::Value) -> Result<(), Problem>;

    /// Without facts: what holds for every record of the kind with that visibility. With facts: never `Depends`.
    fn decide(
        &self,
        principal: &Principal,
        action: Action,
        kind: Kind,
        visibility: Visibility,
        facts: Option<&Facts>,
    ) -> Verdict;
}

/// Sealed bytes and the fingerprint of what they hold.
pub type Resealed = (Vec<u8>, Vec<u8>);

/// Seals and opens secrets; the key never enters the core.
pub trait Sealer: Send + Sync {
    /// `context` binds the sealed bytes to their owner, so that they open nowhere else.
    fn seal(&self, context: &[u8], plain: &[u8]) -> Vec<u8>;
    fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Problem>;
    /// Tells whether two texts at one place are equal, while the key stays the same: to compare with what is stored,
    /// use `is_same`.
    fn fingerprint(&self, context: &[u8], plain: &[u8]) -> Vec<u8>;
    /// Whether `plain` is what was sealed here, under whichever key that was.
    fn is_same(&self, context: &[u8], plain: &[u8], sealed: &[u8], fingerprint: &[u8]) -> bool;
    /// The same secret under the present key, with its fingerprint; `None` where it is sealed with that already.
    fn reseal(&self, context: &[u8], sealed: &[u8]) -> Result<Option<Resealed>, Problem>;
}

/// Passwords and tokens: the slow or keyed parts of authentication.
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// Off the async worker: it takes tens of milliseconds by design. An empty or over-long password gives a text that
    /// no password matches. `name` is what the user logs in with: one password gives one hash for one name, so that all
    /// that were made for it are compared at the price of one.
    async fn hash_password(&self, name: String, plain: String) -> String;
    /// Which of the hashes the password is behind. Costs as much as one for all that were made for one name, and so it
    /// does where there are none.
    async fn verify_password(&self, plain: String, hashes: Vec<String>) -> Vec<bool>;
    /// Whether the hash is as `hash_password` would make it for the name today.
    fn is_made_for(&self, name: &str, hash: &str) -> bool;
    fn issue_token(&self, claims: &TokenClaims) -> Result<String, Problem>;
    /// Checks signature and expiry only; revocation is the core's business.
    fn verify_token(&self, token: &str) -> Result<TokenClaims, TokenFault>;
    /// The public keys as a JWK set.
    fn jwks(&self) -> serde_json::Value;
    fn random_password(&self) -> String;
    /// `(access key id, secret)`.
    fn random_access_key(&self) -> (String, String);
}

#[derive(Debug, Clone, PartialEq)]
pub struct TokenClaims {
    /// The user's name; what tokens of trusted foreign issuers carry.
    pub subject: String,
    pub email: Option<String>,
    /// Absent in foreign tokens.
    pub account: Option<AccountId>,
    pub user: Option<RecordId>,
    /// The credential that the token is; absent in foreign tokens, which live until they expire.
    pub id: Option<String>,
    pub is_bot: bool,
    pub token_type: &'static str,
    pub roles: Vec<String>,
    pub issued_ms: i64,
    pub expires_ms: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenFault {
    Malformed,
    UnknownKey,
    BadSignature,
    Expired,
}

/// Hands every question of a [`Snapshot`] but `count`, which one wrapper answers otherwise, to a macro that answers all
/// of them in one way: `answer! { with… } by_id(…) -> …; …`.
#[macro_export]
macro_rules! snapshot_questions {
    ($answer:ident $($with:tt)*) => {
        $answer! {
            { $($with)* }
            by_id(account: $crate::id::AccountId, ids: &[$crate::id::RecordId]) -> Vec<Option<$crate::record::Record>>;
            by_fqn(account: $crate::id::AccountId, kind: $crate::kind::Kind, fqns: &[&str]) -> Vec<Option<$crate::record::Record>>;
            by_folded_name(account: $crate::id::AccountId, kind: $crate::kind::Kind, folded: &str, limit: u32) -> Vec<$crate::record::Record>;
            by_alias(account: $crate::id::AccountId, space: &str, value: &str) -> Option<$crate::id::RecordId>;
            aliases(space: &str, ids: &[$crate::id::RecordId]) -> Vec<($crate::id::RecordId, String)>;
            greatest_alias(account: $crate::id::AccountId, kind: $crate::kind::Kind, space: &str, beneath: Option<&str>) -> Option<($crate::id::RecordId, String)>;
            list(query: &$crate::query::ListQuery) -> Vec<$crate::record::Record>;
            edges_from(ids: &[$crate::id::RecordId], relations: Option<&[$crate::relation::Relation]>) -> Vec<$crate::record::Edge>;
            edges_to(ids: &[$crate::id::RecordId], relations: &[$crate::relation::Relation], limit: u32) -> Vec<$crate::record::Edge>;
            edges_at(id: $crate::id::RecordId, revision: $crate::id::Revision) -> Vec<$crate::record::Edge>;
            history(id: $crate::id::RecordId, before: Option<$crate::id::Revision>, limit: u32) -> Vec<$crate::record::Record>;
            observations(range: &$crate::observation::Range) -> $crate::observation::Observed;
            newest_observations(account: $crate::id::AccountId, records: &[$crate::id::RecordId], series: &[$crate::observation::Series]) -> Vec<$crate::observation::Observation>;
            observed_at(account: $crate::id::AccountId, record: $crate::id::RecordId, keys: &[$crate::observation::Key]) -> Vec<Option<::serde_json::Value>>;
            secrets(id: $crate::id::RecordId) -> Vec<$crate::change_set::SealedSecret>;
            credential(class: $crate::change_set::CredentialClass, public: &str) -> Option<$crate::change_set::Credential>;
            credential_by_id(id: $crate::id::CredentialId) -> Option<$crate::change_set::Credential>;
            credentials_of(user: $crate::id::RecordId) -> Vec<$crate::change_set::Credential>;
            credentials_after(after: Option<$crate::id::CredentialId>, limit: u32) -> Vec<$crate::change_set::Credential>;
            with_secrets_after(after: Option<$crate::id::RecordId>, limit: u32) -> Vec<($crate::id::AccountId, $crate::id::RecordId)>;
            ending(limit: u32) -> Vec<$crate::ports::Ending>;
            answer_for(account: $crate::id::AccountId, scope: &str, key: &str) -> Option<$crate::change_set::RememberedAnswer>;
            referrers(target: $crate::id::RecordId, after: Option<($crate::relation::Relation, $crate::id::RecordId)>, limit: u32) -> Vec<($crate::relation::Relation, $crate::id::RecordId)>;
            follower_states(follower: &str, key: Option<&str>) -> Vec<$crate::follower_state::FollowerState>;
            access_epoch(account: $crate::id::AccountId) -> u64;
            events(after: $crate::id::Seq, limit: u32) -> Vec<($crate::id::Seq, $crate::change_set::Event)>;
            events_of(after: $crate::id::Seq, until: $crate::id::Seq, of: &$crate::growth::Interest, limit: u32) -> Vec<($crate::id::Seq, $crate::change_set::Event)>;
            head() -> $crate::id::Seq;
        }
    };
}
