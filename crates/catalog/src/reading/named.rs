//! What doors are told beside the caller's rights, each for a reason of its own. Of records none come out but the caller's
//! own, and what those hear who may change a product.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::{Reading, Seen, ids};
use crate::action::Action;
use crate::boxed::Boxed;
use crate::id::RecordId;
use crate::kind::Kind;
use crate::kinds::SETTING;
use crate::load::{self, Depth};
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::record::{Card, Edge, Record, View};
use crate::relation::{self, Relation};
use crate::rows::givers;
use crate::rows::grants::Grant;
use crate::rules::unique_email;

/// More than stands below anything that is counted so.
const MOST_BELOW: u32 = 100_000;
/// More than an account may have.
const MOST_SETTINGS: u32 = 1_000;

/// A place with the domains that it names itself, and what is above it.
#[derive(Debug)]
pub struct Placed {
    pub card: Card,
    pub domains: Vec<RecordId>,
    pub above: Vec<Arc<Card>>,
}

impl Reading<'_> {
    /// What visible records refer to: who refers to something names it, whoever else sees that.
    pub fn names<'a>(&'a self, referred: &'a [RecordId]) -> Boxed<'a, Result<Vec<Option<Arc<Card>>>, Problem>> {
        Box::pin(async move { Ok(self.snapshot.cards(self.account(), referred).await?) })
    }

    /// Those of the referred to that are alive: a reference to what is gone is not shown.
    pub fn alive_among<'a>(&'a self, referred: &'a [RecordId]) -> Boxed<'a, Result<HashSet<RecordId>, Problem>> {
        Box::pin(async move {
            let cards = self.names(referred).await?;
            Ok(cards.into_iter().flatten().filter(|card| card.state.is_alive()).map(|card| card.id).collect())
        })
    }

    /// Of grants that the caller knows of, each with the asset that it lends, those whose giver holds the rows no more: the
    /// asset and the giver. That says what somebody else has lost: doors tell it to those who hold the rows themselves, or
    /// see the asset with its owners.
    pub fn outlived<'a>(
        &'a self,
        grants: &'a [(RecordId, Grant)],
    ) -> Boxed<'a, Result<HashSet<(RecordId, RecordId)>, Problem>> {
        Box::pin(async move { givers::outlived(&self.catalog.context(&*self.snapshot, self.caller), grants).await })
    }

    /// How the ids that an answer names are spelled: `(id, alias)` of those that have an alias in the space.
    pub fn aliases<'a>(
        &'a self,
        space: &'a str,
        named: &'a [RecordId],
    ) -> Boxed<'a, Result<Vec<(RecordId, String)>, Problem>> {
        Box::pin(async move { Ok(self.snapshot.aliases(space, named).await?) })
    }

    /// The id behind an alias: another spelling of it, and as little worth without a look at the record.
    pub fn id_of_alias<'a>(&'a self, space: &'a str, alias: &'a str) -> Boxed<'a, Result<Option<RecordId>, Problem>> {
        Box::pin(async move { Ok(self.snapshot.by_alias(self.account(), space, alias).await?) })
    }

    /// The id of the user with an address: another spelling of it, too.
    pub fn id_of_address<'a>(&'a self, address: &'a str) -> Boxed<'a, Result<Option<RecordId>, Problem>> {
        Box::pin(async move { Ok(unique_email::holder(&*self.snapshot, self.account(), address).await?) })
    }

    /// Of the records of a kind, the one with the greatest alias in a space, with that: which one is marked is for the
    /// account to know, whoever sees it.
    pub fn greatest_alias<'a>(
        &'a self,
        kind: Kind,
        space: &'a str,
    ) -> Boxed<'a, Result<Option<(RecordId, String)>, Problem>> {
        Box::pin(async move { Ok(self.snapshot.greatest_alias(self.account(), kind, space, None).await?) })
    }

    /// Where a visible record has secrets, as JSON pointers; not what they are.
    pub fn secret_paths<'a>(&'a self, of: &'a dyn Seen) -> Boxed<'a, Result<BTreeSet<String>, Problem>> {
        Box::pin(async move {
            let secrets = self.snapshot.secrets(of.record_id()).await?;
            Ok(secrets.into_iter().map(|secret| secret.path).collect())
        })
    }

    /// A page of what everybody has said below a record, for those who may change that: they hear what was asked, and the
    /// door says nothing of who did.
    ///
    /// Errors: `Forbidden` for all others.
    pub fn said_below<'a>(&'a self, view: &'a View, query: ListQuery) -> Boxed<'a, Result<Vec<Record>, Problem>> {
        Box::pin(async move {
            self.require(Action::EditAll, &view.record).await?;
            Ok(self.snapshot.list(&ListQuery { within: Some(view.record.fqn.clone()), ..query }).await?)
        })
    }

    /// How many edges lead to each of the records, from hidden ones too: a number that tells how much something is used.
    pub fn uses<'a, T: Seen>(&'a self, of: &[T], relation: Relation) -> Boxed<'a, Result<Vec<u64>, Problem>> {
        self.uses_of(ids(of), relation)
    }

    fn uses_of(&self, of: Vec<RecordId>, relation: Relation) -> Boxed<'_, Result<Vec<u64>, Problem>> {
        Box::pin(async move {
            let edges = self.snapshot.edges_to(&of, &[relation], u32::MAX).await?;
            Ok(tally(&of, edges.iter().map(|edge| edge.to)))
        })
    }

    /// The same of each of the records with all of these kinds that stands below it.
    pub fn uses_below<'a>(
        &'a self,
        of: &'a [View],
        kinds: &'a [Kind],
        relation: Relation,
    ) -> Boxed<'a, Result<Vec<u64>, Problem>> {
        Box::pin(async move {
            let below = |kind: &Kind, view: &View| ListQuery {
                within: Some(view.record.fqn.clone()),
                limit: MOST_BELOW,
                ..ListQuery::of(self.account(), *kind)
            };
            let queries: Vec<ListQuery> =
                kinds.iter().flat_map(|kind| of.iter().map(move |view| below(kind, view))).collect();
            let lists = self.snapshot.lists(&queries).await?;
            let of = ids(of);
            let mut members: HashMap<RecordId, Vec<RecordId>> = HashMap::new();
            for (list, id) in lists.iter().zip(of.iter().cycle()) {
                for record in list {
                    members.entry(record.id).or_default().push(*id);
                }
            }
            for id in &of {
                members.entry(*id).or_default().push(*id);
            }
            let used: Vec<RecordId> = members.keys().copied().collect();
            let edges = self.snapshot.edges_to(&used, &[relation], u32::MAX).await?;
            let holders = edges.iter().flat_map(|edge| members.get(&edge.to).into_iter().flatten().copied());
            Ok(tally(&of, holders))
        })
    }

    /// A field of what a visible record stands below: whether a glossary is in use.
    pub fn field_above<'a>(
        &'a self,
        view: &'a View,
        above: &'a Card,
        field: &'a str,
    ) -> Boxed<'a, Result<Option<Value>, Problem>> {
        Box::pin(async move {
            Ok(self.fields_above(std::slice::from_ref(view), &[above.id], field).await?.remove(&above.id))
        })
    }

    /// The same of several that visible records stand below: the types of their services.
    pub fn fields_above<'a>(
        &'a self,
        views: &'a [View],
        above: &'a [RecordId],
        field: &'a str,
    ) -> Boxed<'a, Result<HashMap<RecordId, Value>, Problem>> {
        Box::pin(async move {
            let is_above = |id: &RecordId| views.iter().flat_map(|view| &view.ancestors).any(|card| card.id == *id);
            let asked: Vec<RecordId> = above.iter().copied().filter(is_above).collect();
            if asked.is_empty() {
                return Ok(HashMap::new());
            }
            let found = self.snapshot.by_id(self.account(), &asked).await?.into_iter().flatten();
            Ok(found.filter_map(|record| Some((record.id, record.body.get(field)?.clone()))).collect())
        })
    }

    /// The teams that the caller is in, whatever else of teams he sees.
    pub fn own_teams(&self) -> Boxed<'_, Result<Vec<View>, Problem>> {
        Box::pin(async move {
            let teams: Vec<RecordId> = self.caller.principal.teams.iter().map(|membership| membership.team).collect();
            if teams.is_empty() {
                return Ok(Vec::new());
            }
            let records = self.snapshot.by_id(self.account(), &teams).await?.into_iter().flatten().collect();
            self.catalog.views_for(&*self.snapshot, &self.caller.principal, records, &Depth::bare()).await
        })
    }

    /// Who is in the team that stewards a visible domain: whoever sees a domain may know who answers for it.
    pub fn stewards<'a>(&'a self, domain: &'a View) -> Boxed<'a, Result<Vec<Edge>, Problem>> {
        Box::pin(async move {
            let team = domain.targets(relation::STEWARD).next().map(|(_, card)| card.id);
            match team {
                Some(team) => Ok(self.snapshot.edges_from(&[team], Some(&[relation::MEMBER])).await?),
                None => Ok(Vec::new()),
            }
        })
    }

    /// The living domains that a visible record belongs to, by its own edges (where `own` counts) or by those of the
    /// nearest of its ancestors that has any: what belongs where is decided by all domains.
    pub fn domains_along<'a>(&'a self, view: &'a View, own: bool) -> Boxed<'a, Result<Vec<Arc<Card>>, Problem>> {
        Box::pin(async move {
            let mut line: Vec<RecordId> = view.ancestors.iter().map(|card| card.id).collect();
            if own {
                line.insert(0, view.id());
            }
            let edges = self.snapshot.edges_from(&line, Some(&[relation::IN_DOMAIN])).await?;
            let targets: Vec<RecordId> = edges.iter().map(|edge| edge.to).collect();
            let cards: HashMap<RecordId, Arc<Card>> =
                self.names(&targets).await?.into_iter().flatten().map(|card| (card.id, card)).collect();
            for place in line {
                let of_place = edges.iter().filter(|edge| edge.from == place && edge.at.is_empty());
                let living = of_place.filter_map(|edge| cards.get(&edge.to)).filter(|card| card.state.is_alive());
                let living: Vec<Arc<Card>> = living.cloned().collect();
                if !living.is_empty() {
                    return Ok(living);
                }
            }
            Ok(Vec::new())
        })
    }

    /// The places that a query finds, hidden ones too: what stands where is reckoned with all of them.
    pub fn places<'a>(&'a self, query: &'a ListQuery) -> Boxed<'a, Result<Vec<Card>, Problem>> {
        Box::pin(async move { Ok(self.snapshot.list(query).await?.iter().map(Card::of).collect()) })
    }

    /// The same with their domains and what is above them.
    pub fn placed<'a>(&'a self, query: &'a ListQuery) -> Boxed<'a, Result<Vec<Placed>, Problem>> {
        Box::pin(async move {
            let records = self.snapshot.list(query).await?;
            let views = load::views(&*self.snapshot, records, &Depth::of(&[relation::IN_DOMAIN], false)).await?;
            let placed = views.into_iter().map(|view| Placed {
                domains: view.targets(relation::IN_DOMAIN).map(|(edge, _)| edge.to).collect(),
                card: Card::of(&view.record),
                above: view.ancestors,
            });
            Ok(placed.collect())
        })
    }

    /// Whether anything but `besides` stands below a record, seen or not: what is to go has to be empty.
    pub fn has_below<'a>(
        &'a self,
        of: &'a dyn Seen,
        kind: Kind,
        besides: &'a [RecordId],
    ) -> Boxed<'a, Result<bool, Problem>> {
        Box::pin(async move {
            let limit = u32::try_from(besides.len()).unwrap_or(u32::MAX).saturating_add(1);
            let query = ListQuery { parent: Some(of.record_id()), limit, ..ListQuery::of(self.account(), kind) };
            Ok(self.snapshot.list(&query).await?.iter().any(|below| !besides.contains(&below.id)))
        })
    }

    /// The domain of the account that holds what names no other: where things go, whoever sees it.
    pub fn default_domain(&self) -> Boxed<'_, Result<RecordId, Problem>> {
        Box::pin(async move { self.catalog.default_domain(&*self.snapshot, self.caller).await })
    }

    /// What the account has set, with masks in the place of secrets: how things are to look is told to everybody, and which of
    /// it that is only the interface knows whose settings they are.
    pub fn settings(&self) -> Boxed<'_, Result<Vec<Record>, Problem>> {
        Box::pin(async move {
            let query = ListQuery {
                parent: Some(self.account().record()),
                limit: MOST_SETTINGS,
                ..ListQuery::of(self.account(), SETTING)
            };
            Ok(self.snapshot.list(&query).await?)
        })
    }

    /// Whether it is that domain.
    pub fn is_default_domain<'a>(&'a self, domain: &'a Record) -> Boxed<'a, Result<bool, Problem>> {
        Box::pin(async move {
            let account = self.snapshot.by_id(domain.account, &[domain.account.record()]).await?;
            let default = account.into_iter().flatten().next().as_ref().and_then(load::default_domain);
            Ok(default == Some(domain.id))
        })
    }
}

/// How often each of the ids was met.
pub fn tally(ids: &[RecordId], met: impl Iterator<Item = RecordId>) -> Vec<u64> {
    let mut numbers: HashMap<RecordId, u64> = HashMap::new();
    for id in met {
        *numbers.entry(id).or_default() += 1;
    }
    ids.iter().map(|id| numbers.get(id).copied().unwrap_or(0)).collect()
}
